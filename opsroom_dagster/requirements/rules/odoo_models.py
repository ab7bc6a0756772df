"""Odoo models named in back-ticks, with their fields: `` `hr.expense` `` above or beside `` `employee_id`, `date` ``.

Types follow Odoo's naming conventions (``_id`` many2one, ``_ids`` x2many, ``state`` selection).
"""

import re
from collections.abc import Iterator

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.model import Entity, Fact, Field
from opsroom_dagster.requirements.names import entity_name, label_of
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules._lists import bullet_fields
from opsroom_dagster.requirements.types import ODOO_NAMESPACES

RULE = "odoo_models"
MODEL = re.compile(r"^[\W_]*(?:\d[\d.]*\s+)?(?:model\s*:?\s*)?`([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+)`", re.IGNORECASE)
_ANY = re.compile(r"`([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+)`")
_FILE = re.compile(
    r"\.(?:py|md|js|ts|tsx|json|ya?ml|xml|csv|sh|sql|txt|html?|css|com|net|org|io|app|toml|env|conf|cfg|ini|log|pdf|png|local|dev)$"
)


def find(reading: Reading) -> Iterator[Fact]:
    """Models with fields, and models that a table of models names."""
    models = frozenset(_ANY.findall("\n".join(cell for b in reading.blocks for cell in (b.text, *_first_cells(b)))))
    for block in reading.blocks:
        if block.kind in ("list_item", "heading", "paragraph"):
            yield from _model(reading, block, models)
        elif block.kind == "table" and plain(block.header[0]).lower() in ("model", "odoo model", "technical name"):
            yield from _table(reading, block, models)


def name_of_model(model: str, models: frozenset[str] = frozenset()) -> str:
    """``hr.expense.report`` → ``ExpenseReport``: without ``hr`` and without a vendor's prefix before two more words.

    ``models``: all models of the documents; ``cash`` is no vendor when there is a ``cash.advance``.
    """
    parts = model.split(".")
    short = any(other.count(".") == 1 and other.startswith(parts[0] + ".") for other in models)
    if parts[0] in ("hr", "x") or (len(parts) > 2 and parts[0] not in ODOO_NAMESPACES and not short):
        parts = parts[1:]
    return entity_name(" ".join(parts))


def is_model(reading: Reading, block: Block) -> bool:
    """Whether a block begins with the name of an Odoo model, not of a file or of a table in a database schema."""
    match = MODEL.match(block.text)
    return (
        match is not None
        and not _FILE.search(match.group(1))
        and not any("schema" in plain(heading.text).lower() for heading in reading.headings_of(block))
    )


def _model(reading: Reading, block: Block, models: frozenset[str]) -> Iterator[Entity]:
    match = MODEL.match(block.text)
    if match is None or not is_model(reading, block):
        return
    model = match.group(1)
    sources = [(block, _after_name(block.text[match.end() :]))]
    sources += [(child, child.text) for child in _below(reading, block)]
    fields: list[Field] = []
    for source, text in sources:
        evidence = reading.evidence(source, RULE, 0.95)
        if text.lstrip(" *").startswith("`"):
            fields += bullet_fields(text.replace("\n", " "), evidence, loose=True)
    if len(fields) > 1:
        yield Entity(
            name=name_of_model(model, models),
            label=label_of(name_of_model(model, models)),
            odoo_model=model,
            fields=tuple(fields),
            evidence=(reading.evidence(block, RULE, 0.95),),
        )


def _first_cells(block: Block) -> list[str]:
    return [row[0] for row in block.rows if row]


def _after_name(text: str) -> str:
    """What follows the model's name: only a list of fields, not a sentence."""
    found = re.match(
        r"^[\s*_]*(?:model|object)?\s*(?:[:：–—-]|with|has|fields?)?\s*(?:fields?)?\s*[:：]?\s*", text, re.I
    )
    return text[found.end() :] if found else text


def _below(reading: Reading, block: Block) -> list[Block]:
    """What can list the fields: nested items, or for a heading or a paragraph the list that follows."""
    if block.kind in ("list_item", "heading"):
        return [child for child in reading.children(block) if child.kind in ("list_item", "paragraph")]
    below: list[Block] = []
    following = reading.after(block)
    while following is not None and following.kind == "list_item":
        below.append(following)
        following = reading.after(following)
    return below


def _table(reading: Reading, block: Block, models: frozenset[str]) -> Iterator[Entity]:
    for number, row in enumerate(block.rows):
        match = MODEL.match(row[0])
        if match and not _FILE.search(match.group(1)):
            evidence = reading.evidence(block, RULE, 0.85, block.location.line_start + 2 + number)
            yield Entity(
                name=name_of_model(match.group(1), models),
                label=label_of(name_of_model(match.group(1), models)),
                odoo_model=match.group(1),
                description=plain(row[1]) if len(row) > 1 and row[1] else None,
                evidence=(evidence,),
            )
