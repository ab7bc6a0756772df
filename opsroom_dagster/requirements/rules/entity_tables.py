"""Tables with one entity a row: ``Entity | Key fields``."""

import re
from collections.abc import Iterator

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.model import Entity, Fact
from opsroom_dagster.requirements.names import entity_name
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules._lists import fields_in
from opsroom_dagster.requirements.types import looks_like_name

RULE = "entity_tables"
_ENTITY = re.compile(
    r"^(?:(?:key|core|main|domain|data)\s+)?(?:entity|entities|table|model|object|collection|record|class|"
    r"entity name|table name)$|^实体|^エンティティ|^テーブル|^entidad",
    re.I,
)
_FIELDS = re.compile(r"\b(?:fields?|attributes?|columns?|properties|data)\b|字段|属性|項目|campos|attributs", re.I)
_ABOUT = re.compile(r"\b(?:description|purpose|meaning|role|responsibility|notes?)\b|说明|描述|説明", re.I)


def find(reading: Reading) -> Iterator[Fact]:
    """An entity a row, with the fields that its row lists."""
    for block in reading.blocks:
        if block.kind != "table" or len(block.header) < 2:
            continue
        heads = [plain(head).strip() for head in block.header]
        owner = next((i for i, head in enumerate(heads) if _ENTITY.search(head)), None)
        listing = next((i for i, head in enumerate(heads) if i != owner and _FIELDS.search(head)), None)
        about = next((i for i, head in enumerate(heads) if i != owner and _ABOUT.search(head)), None)
        if owner is not None and (listing is not None or about is not None):
            yield from _rows(reading, block, owner, listing, about)


def _rows(reading: Reading, block: Block, owner: int, listing: int | None, about: int | None) -> Iterator[Entity]:
    names = [row[owner] for row in block.rows]
    if not all(looks_like_name(name) for name in names if name) or len(set(names)) < len(names):
        return
    for number, row in enumerate(block.rows):
        label = plain(row[owner]).strip()
        dotted = "." in label and label.islower()
        name = entity_name(re.sub(r"\s*[(（].*$", "", label))
        if not name or dotted:
            continue
        line = block.location.line_start + 2 + number
        sure = 0.9 if listing is not None else 0.75
        evidence = reading.evidence(block, RULE, sure, line)
        fields = tuple(fields_in(row[listing], evidence)) if listing is not None else ()
        description = plain(row[about]) if about is not None else None
        yield Entity(name=name, label=label, description=description or None, fields=fields, evidence=(evidence,))
