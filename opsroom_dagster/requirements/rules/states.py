"""Life cycles: chains of arrows, lists after "states", and tables of moves.

Arrows also draw data flows, menus and chains of command. Whether a chain is a life cycle is judged by its words
(``approved``, ``in_repair`` are states; ``Employee``, ``Odoo``, ``posting`` are none) and by what announces it.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.model import Fact, Transition, Workflow
from opsroom_dagster.requirements.names import label_of, snake_case, words_of
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules._chains import ARROW, chains_in, listed

RULE = "states"
_STATE = re.compile(
    r"^(?:in|not|to|un|on|for|ready|awaiting|waiting|partially|fully|pre|re)_\w+$|"
    r"(?:ed|paid|sent|sold|won|lost|done|held|open|taken|shown|drawn|given|written|broken|overdue|due|over)$|"
    r"^(?:new|draft|pending|active|inactive|live|idle|ready|complete|available|online|offline|quotation|processing|receiving|counting|running|stopped|waiting|hold|"
    r"final|valid|invalid|void|error|failure|success|ok|todo|backlog|doing|blocked|review|enabled|disabled|visible|hidden|"
    r"out|archive|trial|expired|quarantine|ambiguous|exception|cancel|cancelled|canceled|reject|lead|prospect|"
    r"preparing|shipping|cooking|delivering|reviewing|planning|testing)$"
)
_ANNOUNCED = re.compile(
    r"\b(?:states?|status(?:es)?|life ?cycle|transitions?|state machine|stages|workflow of)\b|"
    r"状态|狀態|ステータス|状態|\bestados?\b",
    re.IGNORECASE,
)
_EXPLICIT = re.compile(
    r"\b(?:states?|status(?:es)?|status changes?|life ?cycle|transitions?)\b[^→>]{0,30}$", re.IGNORECASE
)
_MOVES = re.compile(r"\b(?:move|moves|moved|advances?|goes|transitions?|changes?|becomes?)\b", re.IGNORECASE)
_FLOW = re.compile(
    r"\b(?:data ?flow|architecture|pipeline|navigat\w+|menu|deploy\w*|topology|network|dns|routing|hierarchy|"
    r"sequence diagram|dependenc\w+|round-trip|end-to-end|migration|mapping|url|path|import|sourcing|doctrine|phase)\b",
    re.IGNORECASE,
)
_FIELD = re.compile(r"^\W*`?([A-Za-z][a-z]*(?:[_ ][a-z]+)*[_ ](?:state|status))`?\s*[:：]\W*(?=[`\w])")
_LIST = re.compile(
    r"(?<!in )(?<!from )\b(?:states|statuses)\b\s*(?:\([^()]{0,40}\)\s*)?"
    r"(?:are|include|being|of|[:：=—–-])?[\s:：]*(?=[`\w])",
    re.IGNORECASE,
)
_FROM = re.compile(r"^(?:from|source|current)(?:[ _]?(?:state|status))?$", re.IGNORECASE)
_TO = re.compile(r"^(?:to|target|next|new)(?:[ _]?(?:state|status))?$", re.IGNORECASE)
ENOUGH = 200
"""Chains that a mention is compared with at most."""

_ACTION = re.compile(r"(?:action|event|trigger|transition)", re.IGNORECASE)
_ACTOR = re.compile(r"(?:role|who|actor|by)\b", re.IGNORECASE)


def find(reading: Reading) -> Iterator[Fact]:
    """Workflows; whose states they are is left to the merge, unless a field tells.

    A mention that only repeats moves of a longer chain of the same documents adds nothing but doubt about its owner.
    """
    found = list(_all(reading))
    holders: dict[tuple[str, Transition], list[Workflow]] = {}
    for workflow in found:
        for move in workflow.transitions:
            holders.setdefault((_folder(workflow), move), []).append(workflow)
    for workflow in found:
        moves = frozenset(workflow.transitions)
        rivals = [holders[_folder(workflow), move] for move in workflow.transitions]
        fewest = min(rivals, key=len)[:ENOUGH] if rivals else []
        if not any(len(other.states) > len(workflow.states) and moves < set(other.transitions) for other in fewest):
            yield workflow


def _folder(workflow: Workflow) -> str:
    return str(PurePosixPath(workflow.evidence[0].location.file).parent)


def _all(reading: Reading) -> Iterator[Workflow]:
    for block in reading.blocks:
        if block.kind == "table":
            yield from _from_table(reading, block)
        elif block.kind == "code":
            if not re.match(r"\s*(?:stateDiagram|graph|flowchart|sequenceDiagram|erDiagram|classDiagram)", block.text):
                yield from _from_chains(reading, block)
        elif block.kind in ("paragraph", "list_item"):
            yield from _from_chains(reading, block) if ARROW.search(block.text[:20000]) else _from_list(reading, block)


def _from_chains(reading: Reading, block: Block) -> Iterator[Workflow]:
    chains = chains_in(block.text)
    states = tuple(chains.labels)
    if len(states) < 2 or not chains.transitions:
        return
    confidence = _confidence(reading, block, states, chains.longest, marked=chains.marked)
    if confidence:
        yield Workflow(
            states=states,
            labels={key: label_of(name) for key, name in chains.labels.items()},
            transitions=tuple(chains.transitions),
            evidence=(reading.evidence(block, RULE, confidence),),
        )


def _confidence(reading: Reading, block: Block, states: tuple[str, ...], longest: int, *, marked: bool) -> float:
    """0 when it is surely no life cycle."""
    share = sum(1 for state in states if _STATE.search(state)) / len(states)
    lead = plain(ARROW.split(block.text[:2000], maxsplit=1)[0])
    parent = plain(reading.block(block.parent).text[:200]) if block.parent else ""
    before = reading.before(block)
    label = plain(before.text) if before is not None and before.kind != "heading" and len(before.text) < 120 else ""
    around = (plain(block.text[:400]), parent, label, reading.heading_text(block))
    announced = any(_ANNOUNCED.search(text) for text in around)
    explicit = any(_EXPLICIT.search(text) for text in (lead, parent, label))
    task = block.checked is not None
    if share == 0 or (_FLOW.search(f"{lead} {reading.heading_text(block)}") and share < 0.8):
        return 0
    if explicit and share >= 0.3 and longest > 2:
        return 0.6 if task else 0.9
    if announced and share >= 0.5 and (longest > 2 or marked):
        return 0.6 if task else 0.85
    if share >= 0.6 and (longest > 2 or _MOVES.search(lead)) and not task:
        return 0.7 if marked or block.kind == "code" else 0.6
    return 0.4 if explicit and longest > 2 and not task else 0


def _from_list(reading: Reading, block: Block) -> Iterator[Workflow]:
    """```order_state`: `open` / `closed` ``, and "the states open, sold and returned"."""
    text = block.text[:4000]
    field = _FIELD.match(text.replace("*", ""))
    found = _LIST.search(plain(text))
    if field is not None:
        names, key = list(listed(text.replace("*", "")[field.end() :])), snake_case(field.group(1))
    elif found is not None:
        names, key = list(listed(plain(text)[found.end() :])), "state"
    else:
        return
    labels = {snake_case(name): name for name in names}
    share = sum(1 for state in labels if _STATE.search(state)) / max(len(labels), 1)
    # A field with words that are no states, e.g. the outcome of a settlement, is a selection, not a life cycle.
    if len(labels) < (2 if field is not None else 3) or share < 0.5 or "" in labels:
        return
    yield Workflow(
        field="state" if key in ("state", "states") else key,
        states=tuple(labels),
        labels={state: label_of(name) for state, name in labels.items()},
        evidence=(reading.evidence(block, RULE, 0.75 if field is not None else 0.65),),
    )


def _from_table(reading: Reading, table: Block) -> Iterator[Workflow]:
    header = [plain(cell) for cell in table.header]
    source = next((i for i, cell in enumerate(header) if _FROM.match(cell)), None)
    target = next((i for i, cell in enumerate(header) if _TO.match(cell)), None)
    if source is None or target is None:
        return
    action = next((i for i, cell in enumerate(header) if _ACTION.match(cell)), None)
    role = next((i for i, cell in enumerate(header) if _ACTOR.match(cell)), None)
    labels: dict[str, str] = {}
    moves: list[Transition] = []
    for row in table.rows:
        cells = [plain(cell) for cell in row]
        if max(source, target) >= len(cells):
            continue
        names = cells[source], cells[target]
        if not all(1 <= len(words_of(name)) <= 3 for name in names):
            return
        labels |= {snake_case(name): name for name in names if snake_case(name) not in labels}
        extra = [cells[i] or None if i is not None and i < len(cells) else None for i in (action, role)]
        moves.append(
            Transition(source=snake_case(names[0]), target=snake_case(names[1]), action=extra[0], role=extra[1])
        )
    if any(_STATE.search(state) for state in labels):
        yield Workflow(
            states=tuple(labels),
            labels={state: label_of(name) for state, name in labels.items()},
            transitions=tuple(moves),
            evidence=(reading.evidence(table, RULE, 0.9),),
        )
