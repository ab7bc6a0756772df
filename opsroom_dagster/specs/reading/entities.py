"""Key entities, with the fields that the data model states."""

import re

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.names import entity_key
from opsroom_dagster.specs.model import SpecEntity, SpecField
from opsroom_dagster.specs.reading.page import Page
from opsroom_dagster.specs.text import tidy, unescaped

_BULLET = re.compile(
    r"\*\*(?P<name>(?:\\.|[^*\\])+)\*\*(?:\s*\((?P<id>KE-[^)]*)\))?\s*[:：—–-]?\s*(?P<text>.*)", re.DOTALL
)
_FIELD_COLUMN = re.compile(r"(?:field|name|attribute|column|property)s?(?: name)?", re.IGNORECASE)
_MARKED = re.compile(r"`[^`]+`|\*\*[^*]+\*\*")
_NUMBERING = re.compile(r"^(?:\d+[.)]?)+\s*")


def read_entities(spec: Page, data_model: Page | None) -> tuple[SpecEntity, ...]:
    """The bullets under "Key Entities", then what only the data model has, each once."""
    found: dict[str, SpecEntity] = {}
    for block in spec.under(r"^\W*(?:\d[\d.]*\s+)?(?:(?:key|core|main|domain|data)\s+)*entities\b"):
        match = _BULLET.match(block.text) if block.kind == "list_item" and block.level == 0 else None
        if match:
            for name in _names(unescaped(match["name"]), alone=bool(match["id"])):
                found.setdefault(
                    _key(name),
                    SpecEntity(name=name, id=unescaped(match["id"] or ""), description=tidy(unescaped(match["text"]))),
                )
    for name, fields in _tables(data_model) if data_model else ():
        entity = found.get(_key(name), SpecEntity(name=name))
        found[_key(name)] = entity.model_copy(update={"fields": entity.fields or fields})
    return tuple(found.values())


def _names(written: str, *, alone: bool) -> list[str]:
    """``Site / Location / Bin`` are three; an explanation in brackets, full-width ones too, is no part of a name."""
    if alone:
        return [written]
    bare = re.sub(r"\s*[(（].*?[)）]", "", written).strip(" :：") or written
    return [part.strip() for part in re.split(r"\s+/\s+", bare) if part.strip()]


def _key(name: str) -> str:
    return entity_key(name) or name


def _tables(page: Page) -> list[tuple[str, tuple[SpecField, ...]]]:
    return [
        (
            _NUMBERING.sub(
                "", tidy(unescaped(plain(page.heading(block)) if "`" in page.heading(block) else page.heading(block)))
            ),
            fields,
        )
        for block in page.blocks
        if block.kind == "table" and block.heading and (fields := _fields(block))
    ]


def _unmarked(cell: str) -> str:
    return plain(cell) if _MARKED.fullmatch(cell) else unescaped(cell)


def _fields(table: Block) -> tuple[SpecField, ...]:
    header = [plain(cell) for cell in table.header]
    if not header or not _FIELD_COLUMN.fullmatch(header[0]):
        return ()
    kind = next((i for i, cell in enumerate(header) if cell.lower() in ("type", "data type")), None)
    return tuple(
        SpecField(
            name=_unmarked(row[0]),
            type=unescaped(row[kind]) if kind is not None and kind < len(row) else "",
        )
        for row in table.rows
        if row and row[0]
    )
