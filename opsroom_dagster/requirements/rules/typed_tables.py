"""Tables of fields, decided by content: one column of identifiers and one column of types, in any language."""

from collections.abc import Iterator

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.model import Entity, Fact, Field
from opsroom_dagster.requirements.names import entity_name, snake_case
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules._scope import owner_of
from opsroom_dagster.requirements.types import looks_like_name, make_field, stated_type

RULE = "typed_tables"
YES = (
    "yes",
    "y",
    "✓",
    "✅",
    "✔",
    "true",
    "x",
    "required",
    "mandatory",
    "是",
    "必須",
    "○",
    "必填",
    "sí",
    "oui",
    "ja",
    "●",
)
NO = ("no", "n", "✗", "❌", "false", "optional", "否", "任意", "-", "", "可选", "×")
REQUIRED_HEADS = (
    "required",
    "mandatory",
    "req",
    "req.",
    "required?",
    "not null",
    "必須",
    "必填",
    "obligatorio",
    "requis",
)
NULLABLE_HEADS = ("null", "nullable", "null?", "optional", "nullable?", "空")
NAME_HEADS = ("field", "column", "attribute", "property", "name", "field name", "column name", "attribute name")
ENTITY_HEADS = ("entity", "table", "model", "object", "collection")


def find(reading: Reading) -> Iterator[Fact]:
    """One entity a table, or one an entity column's value."""
    for block in reading.blocks:
        if block.kind == "table" and (columns := _columns(block)):
            yield from _entities(reading, block, *columns)


def _columns(block: Block) -> tuple[int, int] | None:
    """(name column, type column): most cells of the first are names, most of the second state a type."""
    width = len(block.header)
    rows = [row for row in block.rows if any(row)]
    if width < 2 or not rows:
        return None

    def share(column: int) -> float:
        cells = [row[column] for row in rows if column < len(row) and row[column]]
        return sum(stated_type(cell, "") is not None for cell in cells) / len(rows) if cells else 0.0

    types = [(share(column), -column) for column in range(width)]
    best, negative = max(types)
    kind = -negative
    if best < 0.6:
        return None
    names = [column for column in range(width) if column != kind and _names(rows, column)]
    heads = [plain(head).lower() for head in block.header]
    preferred = [column for column in names if heads[column] in NAME_HEADS]
    chosen = preferred or [column for column in names if heads[column] not in ENTITY_HEADS]
    return (chosen[0], kind) if chosen else None


def _names(rows: list[tuple[str, ...]], column: int) -> bool:
    cells = [row[column] for row in rows]
    good = [cell for cell in cells if looks_like_name(cell) and snake_case(plain(cell))]
    typed = [cell for cell in good if stated_type(cell, "") is not None and not cell.startswith("`")]
    return len(good) >= 0.7 * len(cells) and len({*cells}) > 0.7 * len(cells) and len(typed) < 0.7 * len(cells)


def _entities(reading: Reading, block: Block, names: int, kind: int) -> Iterator[Entity]:
    heads = [plain(head).lower() for head in block.header]
    owner_column = next((i for i, head in enumerate(heads) if head in ENTITY_HEADS and i not in (names, kind)), None)
    owner = owner_of(reading, block)
    fields: dict[tuple[str, str], list[Field]] = {}
    last = ""
    for number, row in enumerate(block.rows):
        line = block.location.line_start + 2 + number
        field = _field(reading, block, row, names, kind, heads, line)
        if field is None:
            continue
        if owner_column is not None:
            last = plain(row[owner_column]) or last
            fields.setdefault((entity_name(last), last), []).append(field)
        elif owner is not None:
            fields.setdefault((owner[0], owner[1]), []).append(field)
    for (name, label), found in fields.items():
        if name:
            evidence = [reading.evidence(block, RULE, 0.93)]
            if owner is not None and owner_column is None:
                evidence.append(reading.evidence(owner[2], RULE, 0.93))
            yield Entity(name=name, label=label, fields=tuple(found), evidence=tuple(evidence))


def _field(
    reading: Reading, block: Block, row: tuple[str, ...], names: int, kind: int, heads: list[str], line: int
) -> Field | None:
    if names >= len(row) or not row[names]:
        return None
    notes = "; ".join(cell for i, cell in enumerate(row) if i not in (names, kind) and cell)
    field = make_field(row[names], reading.evidence(block, RULE, 0.93, line), row[kind], notes)
    if field is None:
        return None
    for head, cell in zip(heads, row, strict=False):
        value = plain(cell).strip().lower()
        if head in REQUIRED_HEADS and (value in YES or value in NO):
            field = field.model_copy(update={"required": value in YES})
        elif head in NULLABLE_HEADS and (value in YES or value in NO):
            field = field.model_copy(update={"required": value in NO and value != ""})
        elif head == "default" and value not in ("", "-", "—", "null", "none", "n/a"):
            field = field.model_copy(update={"default": plain(cell).strip(" '\"")})
        elif head in ("unique", "unique?") and value in YES:
            field = field.model_copy(update={"unique": True})
        elif head in (
            "description",
            "notes",
            "note",
            "comment",
            "comments",
            "meaning",
            "purpose",
            "说明",
            "描述",
            "説明",
        ):
            field = field.model_copy(update={"help": plain(cell) or None})
    return field
