"""Fields of requirements as fields of Odoo."""

import re
from collections.abc import Mapping

from opsroom_dagster.codegen.odoo.design import FieldDesign
from opsroom_dagster.codegen.odoo.identifiers import field_name, one_line, snake, title
from opsroom_dagster.requirements.model import Field

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


def design_field(field: Field, models: Mapping[str, str], ids: tuple[str, ...], fallback: str) -> FieldDesign | None:
    """The Odoo field; None: what it refers to is not known, so it cannot be built.

    Args:
        field: as required.
        models: entity name → technical name of its model.
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
        return _reference(field, base, models)
    if field.type == "selection":
        options = selection(field.values)
        changes = {"kind": "Selection", "selection": options, "default": _selected(field, options)}
        return base.model_copy(update=changes) if options else base
    kind, widget = KINDS[field.type]
    required = field.required and kind != "Boolean"  # a required check box would have to be ticked
    default = _default(field, kind)
    return base.model_copy(update={"kind": kind, "widget": widget, "default": default, "required": required})


def _help(field: Field) -> str | None:
    """The document's words, unless they only repeat what the field's attributes say."""
    text = one_line(field.help or "")
    said = re.fullmatch(r"(?:unique|required|optional|not null|primary key|default\W.*|[\W_]*)", text, re.IGNORECASE)
    return None if not text or said else text


def selection(values: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """(key, label) of each value, keys unique."""
    options: dict[str, str] = {}
    for index, value in enumerate(values):
        options.setdefault(snake(value, fallback=f"value_{index + 1}"), title(value) or f"Value {index + 1}")
    return tuple(options.items())


def _reference(field: Field, base: FieldDesign, models: Mapping[str, str]) -> FieldDesign | None:
    comodel = models.get(field.target or "", field.target if field.target and "." in field.target else None)
    if comodel is None:
        return None
    stem = base.name.removesuffix("_ids").removesuffix("_id")
    changes = {"comodel": comodel, "own_comodel": comodel in models.values()}
    if field.many:
        return base.model_copy(update={**changes, "name": f"{stem}_ids", "kind": "Many2many", "required": False})
    return base.model_copy(update={**changes, "name": f"{stem}_id", "kind": "Many2one"})


def _selected(field: Field, options: tuple[tuple[str, str], ...]) -> str | None:
    wanted = snake(field.default, fallback="") if field.default else ""
    return repr(wanted) if wanted in dict(options) else None


def _default(field: Field, kind: str) -> str | None:
    """The stated default as a Python expression, when it is one of the field's kind."""
    text = (field.default or "").strip().strip("'\"`")
    if kind == "Boolean" and text.lower() in ("true", "yes", "false", "no"):
        return str(text.lower() in ("true", "yes"))
    if kind in ("Integer", "Float", "Monetary") and text:
        try:
            number = float(text)
        except ValueError:
            return None
        return str(int(number)) if number == int(number) else str(number)
    if kind in ("Date", "Datetime") and text.lower() in ("today", "now", "now()", "current_date", "current_timestamp"):
        return "fields.Date.context_today" if kind == "Date" else "fields.Datetime.now"
    return repr(one_line(text)) if kind == "Char" and text else None
