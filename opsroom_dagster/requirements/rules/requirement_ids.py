"""Statements with ids: ``- **FR-001**: The system MUST …``, rows of ``| ID | Requirement |``, and headings with ids."""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.model import AcceptanceCriterion, Evidence, Fact, Requirement
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules._statements import (
    MODAL,
    criterion,
    gherkin,
    headings_text,
    is_family,
    is_statement_id,
    joined,
    kind_of,
    led_by_id,
)

RULE = "requirement_ids"
_REQUIRED = re.compile(
    r"requirement|functional|feature|business rule|specification|user stor|criteria|需求|要件|规则|requisito|exigence",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(r"traceab|coverage|depend|mapping|revision|change ?log|history|task|phase|test", re.IGNORECASE)
_ID_COLUMN = re.compile(
    r"^(?:req(?:uirement)?\.?\s*)?(?:id|no\.?|number|#|ref(?:erence)?|code|编号|番号)$", re.IGNORECASE
)
_TEXT_COLUMN = re.compile(
    r"requirement|description|statement|rule|text|detail|specification|criteri|需求|描述|要件", re.IGNORECASE
)


def find(reading: Reading) -> Iterator[Fact]:
    """Requirements; of one id in one folder the first statement, a demanding one ("must") before others."""
    best: dict[tuple[str, str], Requirement] = {}
    for block in reading.blocks:
        for found in _in_block(reading, block):
            key = (str(PurePosixPath(block.location.file).parent), found.id)
            if key not in best or (MODAL.search(found.text) and not MODAL.search(best[key].text)):
                best[key] = found
    yield from best.values()


def _in_block(reading: Reading, block: Block) -> Iterator[Requirement]:
    if block.kind in ("list_item", "paragraph"):
        yield from _from_text(reading, block)
    elif block.kind == "heading":
        yield from _from_heading(reading, block)
    elif block.kind == "table":
        yield from _from_table(reading, block)


def _from_text(reading: Reading, block: Block) -> Iterator[Requirement]:
    # Several statements may stand in one paragraph, a line each.
    lines = block.text.split("\n") if block.kind == "paragraph" else [block.text]
    statements: list[tuple[int, str]] = []
    for number, line in enumerate(lines[:500]):
        if led_by_id(line) or not statements:
            statements.append((number, line))
        else:
            first, text = statements[-1]
            statements[-1] = (first, f"{text}\n{line}")
    for number, text in statements:
        led = led_by_id(text)
        if led is None or not _believed(led.id, led.text, headings_text(reading, block)):
            continue
        line = block.location.line_start + number if len(statements) > 1 else None
        yield Requirement(
            id=led.id,
            kind=kind_of(led.id, headings_text(reading, block)),
            text=_with_points(led.text, reading, block),
            title=led.title,
            criteria=tuple(_criteria(reading, [block.model_copy(update={"text": led.text}), *reading.children(block)])),
            evidence=(reading.evidence(block, RULE, 0.95, line), *_points_evidence(reading, block)),
        )


def _believed(id_: str, text: str, headings: tuple[str, ...]) -> bool:
    if headings and _ELSEWHERE.search(headings[-1]) and not _REQUIRED.search(headings[-1]):
        return False
    return is_family(id_) or MODAL.search(text) is not None or any(map(_REQUIRED.search, headings))


def _points(reading: Reading, block: Block) -> list[Block]:
    """Nested items that continue a statement, as opposed to criteria."""
    return [
        child
        for child in reading.children(block)
        if child.kind == "list_item" and criterion(child.text, reading.evidence(child, RULE, 0.9)) is None
    ]


def _with_points(text: str, reading: Reading, block: Block) -> str:
    points = _points(reading, block)
    return joined(f"{text.rstrip(' :.')}:", points) if points else text


def _points_evidence(reading: Reading, block: Block) -> tuple[Evidence, ...]:
    return tuple(reading.evidence(child, RULE, 0.9) for child in _points(reading, block))


def _from_heading(reading: Reading, heading: Block) -> Iterator[Requirement]:
    led = led_by_id(heading.text)
    if led is None or not _believed(led.id, led.text, headings_text(reading, heading)):
        return
    body = [b for b in reading.section(heading) if b.kind in ("paragraph", "list_item", "code")]
    criteria = tuple(_criteria(reading, body))
    tested = {evidence.block for c in criteria for evidence in c.evidence}
    texts = [b for b in body if b.kind != "code" and b.id not in tested and not led_by_id(b.text)][:40]
    yield Requirement(
        id=led.id,
        kind=kind_of(led.id, headings_text(reading, heading)),
        text=joined("", texts) or led.text,
        title=led.text if texts else led.title,
        criteria=criteria,
        evidence=(reading.evidence(heading, RULE, 0.95), *(reading.evidence(b, RULE, 0.9) for b in texts)),
    )


def _from_table(reading: Reading, table: Block) -> Iterator[Requirement]:
    headings = headings_text(reading, table)
    header = [plain(cell) for cell in table.header]
    column = next((i for i, cell in enumerate(header) if _ID_COLUMN.match(cell)), 0)
    wanted = next((i for i, cell in enumerate(header) if i != column and _TEXT_COLUMN.search(cell)), None)
    for index, row in enumerate(table.rows):
        id_ = plain(row[column]).strip("[]") if len(row) > column else ""
        if not is_statement_id(id_) or len(row) < 2:
            continue
        others = [plain(cell) for i, cell in enumerate(row) if i != column]
        text = plain(row[wanted]) if wanted is not None and wanted < len(row) else max(others, key=len)
        believed = wanted is not None or MODAL.search(text) is not None
        if not text or not believed or not _believed(id_, text, headings):
            continue
        line = min(table.location.line_start + 2 + index, table.location.line_end)
        titles = [i for i, cell in enumerate(header) if re.fullmatch(r"title|name|feature|category", cell, re.I)]
        title = next((plain(row[i]) for i in titles if i < len(row) and i != wanted), None)
        yield Requirement(
            id=id_,
            kind=kind_of(id_, headings),
            text=text,
            title=title or None,
            evidence=(reading.evidence(table, RULE, 0.95, line),),
        )


def _criteria(reading: Reading, blocks: Sequence[Block]) -> Iterator[AcceptanceCriterion]:
    for block in blocks:
        if block.kind == "code":
            yield from gherkin(reading, block, RULE, 0.9)
        elif (found := criterion(block.text, reading.evidence(block, RULE, 0.9))) is not None:
            yield found
