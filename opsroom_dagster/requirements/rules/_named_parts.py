"""Named things under a heading: bullets ``**Name**: text``, subheadings, tables with the name in the first column."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.reading import Reading

_BOLD = re.compile(r"^(?:\*\*|__)([^*\n]{2,60}?)(?:\*\*|__)\s*[:：–—-]*\s*(.*)$", re.DOTALL)
_COLON = re.compile(r"^([A-Z][\w /&'.-]{1,50}?)(?:\s*[:：]\s|\s[–—-]\s)\s*(.+)$", re.DOTALL)


@dataclass(frozen=True)
class Part:
    """A named thing: its block, the line of its row in a table, further cells by lower-case title."""

    name: str
    text: str
    blocks: tuple[Block, ...]
    line: int | None
    cells: dict[str, str]


def parts_under(reading: Reading, heading: re.Pattern[str], column: re.Pattern[str]) -> Iterator[Part]:
    """Parts of sections whose heading matches; tables also count when only their first title matches ``column``."""
    for block in reading.blocks:
        above = plain(reading.heading_text(block))
        announced = heading.match(above) is not None
        if block.kind == "table" and block.header and (announced or column.match(plain(block.header[0]))):
            yield from _rows(block)
        elif announced and block.kind == "list_item" and block.level == 0:
            yield from _item(reading, block)
        elif announced and block.kind == "heading":
            below = [b for b in reading.children(block) if b.kind in ("paragraph", "list_item")]
            if below:
                name = re.sub(r"^\W*\d+(?:\.\d+)*[.)]?\s*", "", plain(block.text))
                yield Part(name, "\n".join(plain(b.text) for b in below[:20]), (block, *below[:20]), None, {})


def _item(reading: Reading, block: Block) -> Iterator[Part]:
    nested = reading.children(block)
    match = _BOLD.match(block.text) or _COLON.match(block.text)
    name = match.group(1) if match else block.text if len(block.text) < 50 else ""
    if name:
        texts = [match.group(2) if match else "", *(b.text for b in nested)]
        yield Part(plain(name).strip(" :："), "\n".join(t for t in map(plain, texts) if t), (block, *nested), None, {})


def _rows(table: Block) -> Iterator[Part]:
    header = [plain(cell).lower() for cell in table.header]
    for index, row in enumerate(table.rows):
        cells = [plain(cell) for cell in row]
        if not cells or not cells[0]:
            continue
        line = min(table.location.line_start + 2 + index, table.location.line_end)
        led = _BOLD.match(row[1]) if len(row) > 1 and re.fullmatch(r"id|no\.?|#", header[0]) else None
        if led:
            yield Part(plain(led.group(1)).strip(" :："), plain(led.group(2)), (table,), line, {})
        elif not re.fullmatch(r"id|no\.?|#", header[0]):
            others = dict(zip(header[1:], cells[1:], strict=False))
            yield Part(cells[0], cells[1] if len(cells) > 1 else "", (table,), line, others)
