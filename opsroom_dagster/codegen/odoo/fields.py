"""Fields of requirements as fields of Odoo."""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from opsroom_dagster.codegen.odoo.design import FieldDesign
from opsroom_dagster.codegen.odoo.identifiers import field_name, key, number, one_line, title, unused
from opsroom_dagster.requirements.model import Field
from opsroom_dagster.requirements.names import guess_type


class Target(NamedTuple):
    """What a reference means: a model, and whether it is one that this addon makes."""

    model: str
    own: bool


KINDS = {
    "string": ("Char", None),
    "text": ("Text", None),
    "integer": ("Integer", None),
    "decimal": ("Float", None),
    "money": ("Monetary", None),
    "boolean": ("Boolean", None),
    "date": ("Date", None),
    "datetime": ("Datetime", None),
    "time": ("Float", "float_time"),
    "email": ("Char", "email"),
    "phone": ("Char", "phone"),
    "url": ("Char", "url"),
    "file": ("Binary", None),
    "image": ("Image", "image"),
    "json": ("Text", None),
    "uuid": ("Char", None),
}
"""Field type → (class in ``odoo.fields``, widget)."""

LARGEST_INTEGER = 2**31 - 1
"""Odoo's Integer is PostgreSQL's int4."""

MEANINGFUL = {
    "active": ("Boolean", None),
    "company_id": ("Many2one", "res.company"),
    "currency_id": ("Many2one", "res.currency"),
}
"""Names that Odoo gives a meaning → what a field of that name must be (class, comodel)."""
DEFAULTS = {
    "active": "True",
    "company_id": "lambda self: self.env.company",
    "currency_id": "lambda self: self.env.company.currency_id",
}
"""Their defaults, as Python expressions."""


def design_field(
    field: Field, resolve: Callable[[str], Target | None], ids: tuple[str, ...], fallback: str
) -> FieldDesign | None:
    """The Odoo field; None: what it refers to is not known, so it cannot be built.

    Args:
        field: as required.
        resolve: what the name of an entity, of a model or of a role means.
        ids: requirement ids that it serves.
        fallback: name when the document's has no Latin letter.
    """
    label = title(field.label) or title(field.name) or fallback
    base = FieldDesign(
        name=field_name(field.name, fallback=fallback),
        kind="Char",
        label=label,
        required=field.required,
        help=_help(field),
        ids=ids,
    )
    if field.type == "reference":
        design = _reference(field, base, resolve)
    elif field.type == "selection" and field.values:
        keys = selection_keys(field.values)
        options = tuple((keys[value], title(value) or one_line(value, 80) or keys[value]) for value in keys)
        default = repr(keys[field.default]) if field.default in keys else _like(field.default, options)
        design = base.model_copy(update={"kind": "Selection", "selection": options, "default": default})
    else:
        # A decimal that is named like an amount is one: Odoo's amounts carry their currency.
        money = field.type == "decimal" and guess_type(field.name) == "money"
        kind, widget = KINDS["money"] if money else KINDS.get(field.type, ("Char", None))
        required = field.required and kind != "Boolean"  # a required check box would have to be ticked
        default = _default(field, kind)
        design = base.model_copy(update={"kind": kind, "widget": widget, "default": default, "required": required})
    return _with_meaning(design) if design else None


def selection_keys(values: Iterable[str]) -> dict[str, str]:
    """Value as written → its key; keys are unique, so ``A+`` and ``A-`` stay two."""
    keys: dict[str, str] = {}
    for index, value in enumerate(values):
        if value not in keys:
            keys[value] = unused(key(value, fallback=f"value_{index + 1}"), keys.values())
    return keys


def _with_meaning(design: FieldDesign) -> FieldDesign:
    """A field with a name that means something to Odoo gets its default, or another name when it is of another kind."""
    if design.name not in MEANINGFUL:
        return design
    if (design.kind, design.comodel) == MEANINGFUL[design.name]:
        return design.model_copy(update={"default": DEFAULTS[design.name]})
    return design.model_copy(update={"name": f"{design.name.removesuffix('_id')}_value"})


def _help(field: Field) -> str | None:
    """The document's words, unless they only repeat what the field's attributes say."""
    text = one_line(field.help or "")
    said = re.fullmatch(r"(?:unique|required|optional|not null|primary key|default\W.*|[\W_]*)", text, re.IGNORECASE)
    return None if not text or said else text


def _reference(field: Field, base: FieldDesign, resolve: Callable[[str], Target | None]) -> FieldDesign | None:
    stem = base.name.removesuffix("_ids").removesuffix("_id")
    target = resolve(field.target or stem)
    if target is None:
        return None
    changes = {"comodel": target.model, "own_comodel": target.own}
    if field.many:
        return base.model_copy(update={**changes, "name": f"{stem}_ids", "kind": "Many2many", "required": False})
    return base.model_copy(update={**changes, "name": f"{stem}_id", "kind": "Many2one"})


def _like(text: str | None, options: tuple[tuple[str, str], ...]) -> str | None:
    """The default when it is written a little differently from the value."""
    wanted = key(text, fallback="") if text else ""
    return repr(wanted) if wanted in dict(options) else None


def _default(field: Field, kind: str) -> str | None:
    """The stated default as a Python expression, when it is one of the field's kind."""
    text = (field.default or "").strip().strip("'\"`")
    if kind == "Boolean" and text.lower() in ("true", "yes", "false", "no"):
        return str(text.lower() in ("true", "yes"))
    if kind in ("Integer", "Float", "Monetary"):
        value = number(text)
        if value is None or (kind == "Integer" and abs(value) > LARGEST_INTEGER):
            return None
        return str(int(value)) if value == int(value) else str(value)
    if kind in ("Date", "Datetime") and text.lower() in ("today", "now", "now()", "current_date", "current_timestamp"):
        return "fields.Date.context_today" if kind == "Date" else "fields.Datetime.now"
    literal = kind == "Char" and text and "(" not in text  # not a call such as gen_random_uuid()
    return repr(one_line(text)) if literal else None
