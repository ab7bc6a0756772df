"""Values for the records that tests create and demo data shows."""

from collections.abc import Iterator
from typing import Any

from opsroom_dagster.codegen.odoo.design import AddonDesign, FieldDesign, ModelDesign

CORE_RECORDS = {
    "res.partner": "base.main_partner",
    "res.users": "base.user_admin",
    "res.company": "base.main_company",
    "res.currency": "base.USD",
    "res.country": "base.us",
    "hr.employee": "hr.employee_admin",
    "stock.location": "stock.stock_location_stock",
    "uom.uom": "uom.product_uom_unit",
}
"""Model → a record that its module always brings."""


def needed_fields(model: ModelDesign) -> list[FieldDesign]:
    """Fields that a record cannot be created without."""
    flow = model.workflow.field if model.workflow else None
    needed = [f for f in model.fields if f.required and not f.default and f.name != flow]
    bounded = {name for constraint in model.sql if constraint.bad_value is not None for name in constraint.fields}
    return needed + [f for f in model.fields if f.name in bounded and f not in needed]


def test_value(field: FieldDesign, model: ModelDesign, *, env: str = "env", module: str = "") -> str:
    """A Python expression; ``env`` is the environment's name in it, ``module`` a prefix such as ``common.``."""
    if field.kind == "Many2one" and field.own_comodel:
        return f"{env}[{field.comodel!r}].create({module}values_of({env}, {field.comodel!r})).id"
    if field.kind == "Many2one":
        return f"{module}any_record({env}, {field.comodel!r})"
    if field.kind in ("Char", "Text"):
        return f"{module}unique_text({env}, {field.label!r})"
    return repr(_plain(field, model, 0))


def unique_values(model: ModelDesign) -> dict[str, dict[str, str]]:
    """Constraint → what must be given beside the needed values, so that no column of it is empty."""
    needed = {field.name for field in needed_fields(model)} | {model.sequence_field}
    return {
        constraint.name: {
            field.name: test_value(field, model, env="self.env", module="common.")
            for field in model.fields
            if field.name in constraint.fields and field.name not in needed and not field.default
        }
        for constraint in model.sql
        if constraint.bad_value is None
    }


def demo_records(addon: AddonDesign, count: int = 2) -> Iterator[dict[str, Any]]:
    """Records in the order of their references; models that need a record that no module brings are left out."""
    made: set[str] = set()
    waiting = list(addon.new_models)
    while waiting:
        ready = [model for model in waiting if _references(model) <= made]
        if not ready:
            return
        for model in ready:
            waiting.remove(model)
            made.add(model.model)
            for index in range(count):
                values = [_demo_value(field, model, addon, index) for field in _demo_fields(model)]
                yield {"id": f"demo_{model.module}_{index + 1}", "model": model.model, "fields": values}


def _references(model: ModelDesign) -> set[str]:
    """Models whose records must be there first; a model that no one brings stands for itself and is never made."""
    links = [f for f in model.fields if f.kind == "Many2one" and f.required and not f.default]
    return {f.comodel for f in links if f.comodel and f.comodel not in CORE_RECORDS}


def _demo_fields(model: ModelDesign) -> list[FieldDesign]:
    needed = needed_fields(model)
    extra = [
        f
        for f in model.fields
        if f.kind in ("Char", "Selection", "Date", "Monetary") and not f.default and not f.readonly
    ]
    return [*needed, *(field for field in extra if field not in needed)]


def _demo_value(field: FieldDesign, model: ModelDesign, addon: AddonDesign, index: int) -> dict[str, Any]:
    value: dict[str, Any] = {"name": field.name, "ref": None, "eval": None, "text": None}
    if field.kind == "Many2one":
        target = addon.model(field.comodel or "")
        ref = f"demo_{target.module}_{index + 1}" if target and target.new else CORE_RECORDS[field.comodel or ""]
        return {**value, "ref": ref}
    plain = _plain(field, model, index)
    if isinstance(plain, str):
        return {**value, "text": plain}
    return {**value, "eval": repr(plain)}


def _plain(field: FieldDesign, model: ModelDesign, index: int) -> Any:
    bounds = [c for c in model.sql if c.bad_value is not None and field.name in c.fields]
    if bounds:
        return _allowed(bounds[0].definition, index)
    by_kind: dict[str, Any] = {
        "Char": _sample_text(field, index),
        "Text": _sample_text(field, index),
        "Integer": index + 1,
        "Float": float(index + 1),
        "Monetary": 100.0 * (index + 1),
        "Boolean": True,
        "Date": f"2030-01-{index + 10:02}",
        "Datetime": f"2030-01-{index + 10:02} 09:00:00",
    }
    if field.kind == "Selection":
        return field.selection[index % len(field.selection)][0]
    return by_kind.get(field.kind, False)


def _allowed(definition: str, index: int) -> float | int:
    """A value that the check accepts: one on the right side of its bound."""
    _, operator, bound = definition.removeprefix("CHECK(").removesuffix(")").split(" ")
    number = float(bound)
    value = number if operator in (">=", "<=", "=") else number + (-1 if operator == "<" else 1)
    value = value + index if operator in (">", ">=") else value
    return int(value) if value == int(value) else value


def _sample_text(field: FieldDesign, index: int) -> str:
    if field.widget == "email":
        return f"demo{index + 1}@example.com"
    if field.widget == "phone":
        return f"+1 555 010{index + 1}"
    if field.widget == "url":
        return f"https://example.com/{index + 1}"
    return f"{field.label} {index + 1}"
