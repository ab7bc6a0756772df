"""What documents leave open: "Open Questions", TBD, ``[NEEDS CLARIFICATION: …]`` and ``[ASSUMPTION: …]``."""

import re
from collections.abc import Iterator

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.model import Clarification, Fact
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules._statements import LONGEST, led_by_id

RULE = "open_questions"
_HEADING = re.compile(
    r"^\W*(?:\d+(?:\.\d+)*[.)]?\s*)?(?:open|unresolved|outstanding|remaining|pending)?\s*(?:open\s+)?(?:questions|issues|"
    r"points|items to (?:clarify|decide)|clarifications needed|decisions needed)"
    r"(?:\s*(?:&|and|/)\s*[\w ]{1,40})?(?:\s*\([^)]*\))?\W*$|"
    r"^\W*(?:[\d.]+\s*)?(?:tbd|to be (?:decided|defined|clarified)|待定|未决问题|未解決|preguntas abiertas)\W*$",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"open|unresolved|outstanding|remaining|pending|needed|tbd|to be|clarify|questions|待|未|abiertas", re.IGNORECASE
)
_MARK = re.compile(
    r"\[\s*(?P<kind>NEEDS CLARIFICATION|CLARIFY|ASSUMPTION|ASSUMED|TBD|TBC|OPEN QUESTION|QUESTION)\s*[:：-]\s*"
    r"(?P<text>(?:[^\[\]]|\[[^\[\]]{0,200}\]){1,600})\]",
    re.IGNORECASE,
)
_TBD = re.compile(r"\b(?:TBD|TBC|T\.B\.D\.|to be (?:determined|decided|defined|confirmed|clarified))\b|\btbd\b")
_ANSWERED = re.compile(r"→\s*(?:A|Answer)\s*[:：]|^\W*\[x\]|\b(?:resolved|decided|answered)\s*[:：]", re.IGNORECASE)


def find(reading: Reading) -> Iterator[Fact]:
    """Clarifications; answered questions are none."""
    for block in reading.blocks:
        if block.kind == "table":
            yield from _from_table(reading, block)
        elif block.kind in ("paragraph", "list_item"):
            yield from _from_text(reading, block)


def _from_text(reading: Reading, block: Block) -> Iterator[Clarification]:
    text = block.text[:LONGEST]
    marks = list(_MARK.finditer(text))
    led = led_by_id(text)
    about = led.id if led else None
    for mark in marks:
        words = plain(mark.group("text"))
        assumed = mark.group("kind").lower().startswith("assum")
        yield _question(reading, block, f"Is this assumption right: {words}" if assumed else words, about, 0.95)
    if marks or block.checked:
        return
    if _asks(reading, block):
        if not _ANSWERED.search(text):
            yield _question(reading, block, plain(re.sub(r"^\s*(?:Q\d*|OQ-?\d*)\s*[:.)]\s*", "", text)), None, 0.9)
    elif _TBD.search(plain(text)) and len(text) < 600:
        sentence = next(s for s in re.split(r"(?<=[.!?])\s+|\n", text) if _TBD.search(plain(s)))
        topic = plain(sentence) if len(plain(sentence).split()) > 1 else f"{plain(reading.heading_text(block))}: TBD"
        yield _question(reading, block, f"To be decided: {topic}", about, 0.8)


def _asks(reading: Reading, block: Block) -> bool:
    """Whether the block is a question in a section of open questions; plain sentences there must ask."""
    if block.level > 0 or block.parent is not None:
        return False
    heading = plain(reading.heading_text(block))
    if not _HEADING.match(heading) or not _OPEN.search(heading):
        return False
    asks = re.search(r"[?？]", block.text) is not None
    return asks or (block.kind == "list_item" and re.search(r"issues$|points$", heading, re.IGNORECASE) is None)


def _from_table(reading: Reading, table: Block) -> Iterator[Clarification]:
    asked = _HEADING.match(plain(reading.heading_text(table))) is not None
    titles = enumerate(map(plain, table.header))
    column = next((i for i, title in titles if re.match(r"(?:open )?question|issue", title, re.I)), None)
    for index, row in enumerate(table.rows):
        line = min(table.location.line_start + 2 + index, table.location.line_end)
        for position, cell in enumerate(row):
            for mark in _MARK.finditer(cell[:LONGEST]):
                yield _question(reading, table, plain(mark.group("text")), None, 0.95, line)
            if asked and position == column and plain(cell) and not _MARK.search(cell):
                yield _question(reading, table, plain(cell), None, 0.9, line)


def _question(
    reading: Reading, block: Block, text: str, about: str | None, confidence: float, line: int | None = None
) -> Clarification:
    return Clarification(question=text, about=about, evidence=(reading.evidence(block, RULE, confidence, line),))
