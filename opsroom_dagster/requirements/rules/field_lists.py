"""Lists of fields: bullets with types, bullets under "Fields:" or "Attributes:", and comma lists after such a label."""

import re
from collections.abc import Iterator

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.coverage import about_data
from opsroom_dagster.requirements.model import Entity, Fact, Field
from opsroom_dagster.requirements.names import guess_type, snake_case
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules._lists import bullet_fields, fields_in, is_typed
from opsroom_dagster.requirements.rules._scope import owner_of
from opsroom_dagster.requirements.rules.odoo_models import is_model

RULE = "field_lists"
LABEL = re.compile(
    r"^(?:(?:key|main|core|data|required|optional|additional|basic|important|entity|typical|form)\s+)*"
    r"(?:fields?|attributes?|properties|columns?|data fields|data elements|data points)"
    r"(?:\s+(?:include|are|list|captured|to capture|of \w+))?\s*[:：]?\s*$|^(?:字段|属性|項目|フィールド|カラム|campos|"
    r"atributos|attributs|felder)\s*[:：]?$",
    re.IGNORECASE,
)
INLINE = re.compile(
    r"^\W*(?:(?:key|main|core|data|required|optional|basic)\s+)*(?:fields?|attributes?|properties|columns?|字段|属性)\W*[:：]\W*(.+)$",
    re.IGNORECASE | re.DOTALL,
)
_PLACEHOLDER = re.compile(r"^(?:field|attribute|column|property)_?\d+$")


def find(reading: Reading) -> Iterator[Fact]:
    """One entity a list, named by what stands above it."""
    for group in sibling_lists(reading):
        yield from _list(reading, group)
    for block in reading.blocks:
        if block.kind in ("paragraph", "list_item") and (inline := INLINE.match(block.text)):
            yield from _inline(reading, block, inline.group(1))


def sibling_lists(reading: Reading) -> Iterator[list[Block]]:
    """List items with one parent that follow each other, only blocks nested in them between."""
    groups: dict[tuple[str | None, str | None, int], list[Block]] = {}
    run = 0
    for block in reading.blocks:
        if block.kind != "list_item" and block.parent is None:
            run += 1
        if block.kind == "list_item":
            groups.setdefault((block.parent, block.heading, run if block.parent is None else -1), []).append(block)
    yield from groups.values()


def announced(reading: Reading, first: Block) -> Block | None:
    """The block that says that fields follow: a label just above, or the item that the list is nested in."""
    above = reading.block(first.parent) if first.parent is not None else reading.before(first)
    if above is not None and above.kind in ("paragraph", "list_item", "heading") and LABEL.match(plain(above.text)):
        return above
    return None


def _list(reading: Reading, group: list[Block]) -> Iterator[Entity]:
    label = announced(reading, group[0])
    typed = sum(is_typed(block.text) for block in group)
    marked = sum(bool(re.match(r"[\W]*`\(?[A-Za-z_]\w*", block.text)) for block in group)
    in_data = any(about_data(heading.text) for heading in reading.headings_of(group[0])) or _names_table(
        reading, group[0]
    )
    if label is not None:
        sure = 0.9
    elif typed >= max(1, 0.6 * len(group)) and (in_data or typed > 1):
        sure = 0.92
    elif marked and _names_table(reading, group[0]) and reading.before(group[0]) == _heading(reading, group[0]):
        sure = 0.88
    else:
        return
    owner = owner_of(reading, group[0]) if label is None else owner_of(reading, label) or owner_of(reading, group[0])
    if owner is None or is_model(reading, owner[2]):
        return
    name, title, naming = owner
    fields: list[Field] = []
    for block in group:
        evidence = reading.evidence(block, RULE, sure)
        fields += bullet_fields(block.text, evidence, loose=label is not None)
    fields = [field for field in fields if not _PLACEHOLDER.match(field.name)]
    if not fields or _are_values(fields, name):
        return
    where = [reading.evidence(block, RULE, sure) for block in (naming, *([label] if label else []))]
    yield Entity(name=name, label=title, fields=tuple(fields), evidence=tuple(where))


def _heading(reading: Reading, block: Block) -> Block | None:
    return reading.block(block.heading) if block.heading is not None else None


def _names_table(reading: Reading, block: Block) -> bool:
    heading = _heading(reading, block)
    return heading is not None and re.fullmatch(r"[\d.\s]*`[a-z_][\w.]*`.*", heading.text) is not None


def _are_values(fields: list[Field], owner: str) -> bool:
    """The list holds the entity's records (``Category 9``), not its fields."""
    stem = snake_case(owner)
    return sum(re.fullmatch(rf"{stem}_?\d+", field.name) is not None for field in fields) * 4 >= len(fields)


def _inline(reading: Reading, block: Block, text: str) -> Iterator[Entity]:
    owner = owner_of(reading, block)
    if owner is None:
        return
    # In running text an enumeration is less sure than a labelled one.
    sure = 0.8 if block.text.lstrip().startswith("**") else 0.6
    evidence = reading.evidence(block, RULE, sure)
    fields = tuple(fields_in(text, evidence))
    prose = sum(guess_type(field.name) == "string" and not field.type_stated for field in fields)
    if fields and (len(fields) > 1 or prose == 0):
        where = (evidence, reading.evidence(owner[2], RULE, sure))
        yield Entity(name=owner[0], label=owner[1], fields=fields, evidence=where)
