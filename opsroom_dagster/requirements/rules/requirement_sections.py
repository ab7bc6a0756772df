"""Bullets without ids that stand under "Functional Requirements", "Business Rules", "Acceptance Criteria" and so on."""

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

import yaml

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.model import AcceptanceCriterion, Fact, Requirement, RequirementKind
from opsroom_dagster.requirements.names import words_of
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules._statements import LONGEST, MODAL, criterion, joined, led_by_id
from opsroom_dagster.requirements.rules._telling import below_stories, demanded, is_story
from opsroom_dagster.requirements.rules.roles import HEADING as ROLES

RULE = "requirement_sections"
_BEFORE = (
    r"^\W*(?:\d+(?:\.\d+)*[.)]?\s*|[A-Z][.)]\s+)?"
    r"(?:(?:the|key|core|main|mvp|selected|high-level|detailed|initial|product|system|software)\s+)*"
)
_AFTER = r"(?:\s*[(（][^)）]*[)）])?\W*$"
_OUT = re.compile(
    r"\b(?:non[- ]goals?|out[- ]of[- ]scope|future|deferred|post[- ]mvp|risks?|assumptions?|open questions?|glossary|"
    r"dependenc\w+|milestones?|measurement|traceab|revision|references?|tasks?|phase|roadmap|alternatives|not in scope|"
    r"personas?|roles)\b",
    re.IGNORECASE,
)
# Bold words that run into the sentence only stress it.
_TITLED = re.compile(
    r"^(?:\*\*|__)(.{2,90}?)(?:(?<=[:：.])(?:\*\*|__)|(?:\*\*|__)\s*(?:[:：–—-]+|\n|$))\s*(.*)$", re.DOTALL
)
_FIRST_COLUMN = re.compile(
    r"(?:metric|criteri|requirement|rule|category|quality|attribute|feature|measure|constraint|goal|指标|需求)"
)


def find(reading: Reading) -> Iterator[Fact]:
    """Requirements of outermost bullets; nested ones continue their text."""
    elsewhere = below_stories(reading) | demanded(reading).keys()
    for block in reading.blocks:
        if block.kind == "table":
            yield from _from_table(reading, block)
        if block.kind != "list_item" or block.level > 0 or block.checked:
            continue
        section = _section(reading, block) if block.id not in elsewhere else None
        if section is None or led_by_id(block.text) or is_story(block.text):
            continue
        yield from _from_item(reading, block, *section)


@lru_cache(maxsize=1)
def sections() -> tuple[tuple[re.Pattern[str], RequirementKind, float], ...]:
    """(pattern of the heading, kind, confidence) of each kind of section."""
    text = files("opsroom_dagster.requirements").joinpath("statement_sections.yaml").read_text(encoding="utf-8")
    return tuple(
        (re.compile(f"{_BEFORE}(?:{'|'.join(group['headings'])}){_AFTER}", re.I), group["kind"], group["confidence"])
        for group in yaml.safe_load(text)
    )


def _section(reading: Reading, block: Block) -> tuple[RequirementKind, float] | None:
    """What the innermost telling heading makes of its bullets; a subheading of a section is one of its topics."""
    headings = reading.headings_of(block)
    if headings and re.search(r"entit|实体|エンティティ", headings[-1].text, re.IGNORECASE):
        return None
    for depth, heading in enumerate(reversed(headings)):
        text = plain(heading.text)
        if heading.level == 1 and text == plain(reading.document(block).title or ""):
            return None
        if _OUT.search(text) or led_by_id(heading.text) or ROLES.match(text):
            return None
        for pattern, kind, confidence in sections():
            if pattern.match(text):
                return kind, round(confidence - 0.1 * min(depth, 2), 2)
    return None


def _from_item(reading: Reading, block: Block, kind: RequirementKind, confidence: float) -> Iterator[Requirement]:
    nested = _nested(reading, block)
    titled = _TITLED.match(block.text[:LONGEST])
    title, text = (
        (plain(titled.group(1)).strip(" :：."), plain(titled.group(2))) if titled else (None, plain(block.text))
    )
    if title and re.search(r"[.!?]$|\bmust\b|\bshall\b", plain(titled.group(1)) if titled else ""):
        title, text = None, plain(block.text)
    criteria: list[AcceptanceCriterion] = []
    points: list[Block] = []
    for child in nested:
        found = criterion(child.text, reading.evidence(child, RULE, confidence))
        if found is not None:
            criteria.append(found)
        elif child.kind in ("list_item", "paragraph"):
            points.append(child)
    if points:
        text = joined(f"{text.rstrip(' :.')}:" if text else "", points)
    own = criterion(text, reading.evidence(block, RULE, confidence))
    if not text or (text.isascii() and len(words_of(f"{title or ''} {text}")) < 2):
        return
    title = title or _topic(reading, block)
    yield Requirement(
        kind=kind,
        text=text,
        title=title,
        criteria=(*([own] if own else []), *criteria),
        evidence=tuple(reading.evidence(b, RULE, _surer(confidence, text)) for b in (block, *points)),
    )


def _topic(reading: Reading, block: Block) -> str | None:
    """The subheading of a section that a bullet stands under."""
    heading = plain(reading.heading_text(block))
    if any(pattern.match(heading) for pattern, _, _ in sections()):
        return None
    return re.sub(r"^\W*\d+(?:\.\d+)*[.)]?\s*", "", heading) or None


def _surer(confidence: float, text: str) -> float:
    return round(min(confidence + 0.1, 0.95), 2) if MODAL.search(text) else confidence


def _nested(reading: Reading, block: Block) -> list[Block]:
    found: list[Block] = []
    for child in reading.children(block):
        found.append(child)
        found += _nested(reading, child) if len(found) < 100 else []
    return found[:100]


def _from_table(reading: Reading, table: Block) -> Iterator[Requirement]:
    """``| Criterion | Measure |`` and ``| Requirement | Description |`` rows under such a heading."""
    section = _section(reading, table)
    if section is None or not table.header or len(table.header) > 5:
        return
    kind, confidence = section
    header = [plain(cell).lower() for cell in table.header]
    if not _FIRST_COLUMN.match(header[0]):
        return
    for index, row in enumerate(table.rows):
        cells = [plain(cell) for cell in row]
        if len(cells) < 2 or not cells[0] or not cells[1] or led_by_id(row[0]) or led_by_id(f"{row[0]}: {row[1]}"):
            continue
        line = min(table.location.line_start + 2 + index, table.location.line_end)
        extra = [f"{title}: {cell}" for title, cell in zip(header[2:], cells[2:], strict=False) if cell]
        yield Requirement(
            kind=kind,
            title=cells[0],
            text="; ".join([cells[1], *extra]),
            evidence=(reading.evidence(table, RULE, confidence, line),),
        )
