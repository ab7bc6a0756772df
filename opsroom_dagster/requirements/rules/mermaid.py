"""Mermaid: ``erDiagram`` and ``classDiagram`` give entities and relationships, ``stateDiagram`` gives a workflow."""

import re
from collections.abc import Iterator

from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.model import Entity, Fact, Field, Relationship, Transition, Workflow
from opsroom_dagster.requirements.names import entity_name, label_of, snake_case
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules._code import at_offset, code_blocks
from opsroom_dagster.requirements.types import make_field

RULE = "mermaid"
_BODY = re.compile(r"^[ \t]*(?:class\s+)?\"?([\w-]+)\"?(?:\[[^\]]*\])?\s*\{([^}]*)\}", re.MULTILINE)
_ER = re.compile(
    r"^[ \t]*\"?([\w-]+)\"?\s+([|}o]{2})(?:--|\.\.)([|{o]{2})\s+\"?([\w-]+)\"?\s*(?::\s*(.*))?$", re.MULTILINE
)
_CLASS = re.compile(
    r"^[ \t]*(\w+)\s*(?:\"([^\"]*)\")?\s*(?:<\|--|--\|>|\*--|o--|--\*|--o|-->|<--|--|\.\.>|\.\.\|>)\s*"
    r"(?:\"([^\"]*)\")?\s*(\w+)",
    re.MULTILINE,
)
_COLON_MEMBER = re.compile(r"^[ \t]*(\w+)\s*:\s*[+\-#~]?\s*([\w<>\[\]]+)\s+(\w+)\s*$", re.MULTILINE)
_MOVE = re.compile(r"^[ \t]*(\[\*\]|[\w-]+)\s*-->\s*(\[\*\]|[\w-]+)\s*(?::\s*(.+))?$", re.MULTILINE)
_ALIAS = re.compile(r"^[ \t]*state\s+\"([^\"]+)\"\s+as\s+(\w+)|^[ \t]*(\w+)\s*:\s*(.+)$", re.MULTILINE)
_HEAD = re.compile(r"^\s*(?:---.*?---\s*)?(?:%%[^\n]*\n\s*)*(erDiagram|classDiagram|stateDiagram(?:-v2)?)\b", re.DOTALL)


def find(reading: Reading) -> Iterator[Fact]:
    """Facts of each diagram, whatever language the fence names."""
    for block in code_blocks(reading):
        head = _HEAD.match(block.text)
        if head is None:
            continue
        if head.group(1) == "erDiagram":
            yield from _entities(reading, block, kind_first=True)
            yield from _er_relations(reading, block)
        elif head.group(1) == "classDiagram":
            yield from _entities(reading, block, kind_first=False)
            yield from _class_relations(reading, block)
        else:
            yield from _workflow(reading, block)


def _entities(reading: Reading, block: Block, *, kind_first: bool) -> Iterator[Entity]:
    for match in _BODY.finditer(block.text):
        fields: list[Field] = []
        offset = match.start(2)
        for line in match.group(2).split("\n"):
            evidence = at_offset(reading, block, RULE, 0.95, offset)
            offset += len(line) + 1
            name, kind, notes = _member(line, kind_first=kind_first)
            field = make_field(name, evidence, kind, notes) if name else None
            if field is not None:
                fields.append(field)
        if fields:
            evidence = at_offset(reading, block, RULE, 0.95, match.start(1))
            name = match.group(1)
            yield Entity(name=entity_name(name), label=label_of(name), fields=tuple(fields), evidence=(evidence,))


def _member(line: str, *, kind_first: bool) -> tuple[str, str, str]:
    """(name, type, notes) of ``uuid id PK``, ``+String name``, ``+name: String``; methods and stereotypes are none."""
    text = line.strip().lstrip("+-#~ ")
    sized = re.match(r"(?:varchar|decimal|numeric|char)\(", text)
    if not text or ("(" in text.split('"')[0] and not sized):
        return "", "", ""
    if text.startswith(("<<", "%%")):
        return "", "", ""
    colon = re.match(r"(\w+)\s*:\s*(.+)$", text)
    if colon and not kind_first:
        return colon.group(1), colon.group(2), ""
    parts = text.split(None, 2)
    if len(parts) < 2:
        return (parts[0], "", "") if parts and re.fullmatch(r"\w+", parts[0]) else ("", "", "")
    notes = re.sub(r"\bUK\b", "unique", parts[2] if len(parts) > 2 else "")
    # "FK" alone says reference; the name tells to what.
    if re.search(r"\bFK\b", notes):
        return parts[1], "reference", re.sub(r"\bFK\b,?", "", notes)
    return parts[1], parts[0], notes


def _er_relations(reading: Reading, block: Block) -> Iterator[Relationship]:
    for match in _ER.finditer(block.text):
        left, right = ("{" in match.group(3)), ("}" in match.group(2))
        cardinality = "n:m" if left and right else "1:n" if left else "n:1" if right else "1:1"
        yield _relation(reading, block, match.start(1), match.group(1), match.group(4), cardinality)


def _class_relations(reading: Reading, block: Block) -> Iterator[Relationship]:
    for match in _CLASS.finditer(block.text):
        many_left, many_right = ("*" in (match.group(2) or "")), ("*" in (match.group(3) or ""))
        if match.group(2) is None and match.group(3) is None:
            continue
        cardinality = "n:m" if many_left and many_right else "1:n" if many_right else "n:1" if many_left else "1:1"
        yield _relation(reading, block, match.start(1), match.group(1), match.group(4), cardinality)


def _relation(reading: Reading, block: Block, offset: int, source: str, target: str, cardinality: str) -> Relationship:
    evidence = at_offset(reading, block, RULE, 0.95, offset)
    return Relationship.model_validate(
        {"from": entity_name(source), "to": entity_name(target), "cardinality": cardinality, "evidence": (evidence,)}
    )


def _workflow(reading: Reading, block: Block) -> Iterator[Workflow]:
    labels: dict[str, str] = {}
    for alias in _ALIAS.finditer(block.text):
        if "-->" not in alias.group(0) and alias.group(3) not in ("note", "direction"):
            labels[alias.group(2) or alias.group(3)] = alias.group(1) or alias.group(4).strip()
    states: list[str] = []
    transitions: list[Transition] = []
    for move in _MOVE.finditer(block.text):
        source, target = move.group(1), move.group(2)
        states += [state for state in (source, target) if state != "[*]" and state not in states]
        if "[*]" not in (source, target):
            action = move.group(3).strip() if move.group(3) else None
            transitions.append(Transition(source=snake_case(source), target=snake_case(target), action=action))
    if len(states) > 1:
        yield Workflow(
            states=tuple(snake_case(state) for state in states),
            labels={snake_case(state): labels.get(state, label_of(state)) for state in states},
            transitions=tuple(transitions),
            evidence=(reading.evidence(block, RULE, 0.95),),
        )
