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

DEMO_RECORDS = 2
DISTINCT = ("Char", "Text", "Integer", "Float", "Monetary", "Date", "Datetime", "Many2one")
"""Kinds of which every record can have another value, the easiest first."""


def needed_fields(model: ModelDesign) -> list[FieldDesign]:
    """Fields that a record cannot be created without, those that must differ, and those whose values a check bounds."""
    flow = model.workflow.field if model.workflow else None
    distinct = distinct_fields(model)
    bounded = {name for check in model.checks for name in check.fields}
    bounded |= {name for order in model.order_checks for name in (order.earlier, order.later)}
    needed = [
        f
        for f in model.fields
        if f.name != flow and ((f.required and not f.default) or (f.default and f.name in distinct))
    ]
    return needed + [f for f in model.fields if f.name in bounded and f not in needed]


def distinct_fields(model: ModelDesign) -> frozenset[str]:
    """One field of each unique constraint; records that differ in it never break the constraint."""
    return frozenset(field.name for fields in _unique_fields(model) if (field := _distinct(fields)))


def can_repeat(model: ModelDesign) -> bool:
    """There can be as many records as one likes: no unique constraint is over choices only."""
    return all(_distinct(fields) for fields in _unique_fields(model))


def test_value(field: FieldDesign, model: ModelDesign, *, env: str = "env", module: str = "") -> str:
    """A Python expression; ``env`` is the environment's name in it, ``module`` a prefix such as ``common.``."""
    distinct = field.name in distinct_fields(model)
    if field.kind == "Many2one" and field.own_comodel:
        return f"{env}[{field.comodel!r}].create({module}values_of({env}, {field.comodel!r})).id"
    if field.kind == "Many2one":
        return f"{module}{'new' if distinct else 'any'}_record({env}, {field.comodel!r})"
    if field.kind in ("Char", "Text"):
        return f"{module}unique_text({env}, {field.label!r})"
    plain = _plain(field, model, DEMO_RECORDS)
    if not distinct:
        return repr(plain)
    if field.kind in ("Date", "Datetime"):
        return f"{module}later_date({env}, {plain!r})"
    sign = "-" if any(check.operator in ("<", "<=") for check in model.checks if field.name in check.fields) else "+"
    return f"{plain!r} {sign} {module}next_number({env})"


def unique_values(model: ModelDesign) -> dict[str, dict[str, str]]:
    """Constraint → what must be given beside the needed values, so that no column of it is empty."""
    needed = {field.name for field in needed_fields(model)} | {model.sequence_field}
    distinct = distinct_fields(model)
    return {
        constraint.name: {
            field.name: test_value(field, model, env="self.env", module="common.")
            for field in model.fields
            if field.name in constraint.fields
            and field.name not in needed
            and (not field.default or field.name in distinct)
        }
        for constraint in model.unique
    }


def demo_records(addon: AddonDesign) -> Iterator[dict[str, Any]]:
    """Records in the order of their references; models that need a record that no module brings are left out."""
    made: dict[str, int] = {}
    waiting = list(addon.new_models)
    while waiting:
        ready = [model for model in waiting if _references(model) <= made.keys()]
        if not ready:
            return
        for model in ready:
            waiting.remove(model)
            if not can_repeat(model):
                continue  # the choices are left to the tests
            made[model.model] = DEMO_RECORDS if _demo_repeats(model, made) else 1
            for index in range(made[model.model]):
                values = [_demo_value(field, model, addon, index, made) for field in _demo_fields(model)]
                yield {"id": f"demo_{model.module}_{index + 1}", "model": model.model, "fields": values}


def _unique_fields(model: ModelDesign) -> Iterator[list[FieldDesign]]:
    """Fields of each unique constraint that no sequence and no state keeps apart already."""
    for constraint in model.unique:
        if model.sequence_field not in constraint.fields:
            yield [field for field in model.fields if field.name in constraint.fields]


def _distinct(fields: list[FieldDesign]) -> FieldDesign | None:
    """The field that is easiest to give another value in each record; an own comodel's record is made anew."""
    able = [field for field in fields if field.kind in DISTINCT and field.name != "currency_id"]
    own = [field for field in able if field.own_comodel]
    return min([*own, *able], key=lambda field: 0 if field in own else 1 + DISTINCT.index(field.kind), default=None)


def _demo_repeats(model: ModelDesign, made: dict[str, int]) -> bool:
    """A second record of demonstration data breaks no unique constraint."""
    given = _demo_fields(model)
    return all(any(_differs(field, made) for field in fields if field in given) for fields in _unique_fields(model))


def _differs(field: FieldDesign, made: dict[str, int]) -> bool:
    if field.kind == "Many2one":
        return made.get(field.comodel or "", 1) > 1
    return field.kind in DISTINCT or len(field.selection) > 1


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


def _demo_value(
    field: FieldDesign, model: ModelDesign, addon: AddonDesign, index: int, made: dict[str, int]
) -> dict[str, Any]:
    value: dict[str, Any] = {"name": field.name, "ref": None, "eval": None, "text": None}
    if field.kind == "Many2one":
        target = addon.model(field.comodel or "")
        if target and target.new:
            return {**value, "ref": f"demo_{target.module}_{min(index + 1, made[target.model])}"}
        return {**value, "ref": CORE_RECORDS[field.comodel or ""]}
    plain = _plain(field, model, index)
    if isinstance(plain, str):
        return {**value, "text": plain}
    return {**value, "eval": repr(plain)}


def _plain(field: FieldDesign, model: ModelDesign, index: int) -> Any:
    if field.kind in ("Integer", "Float", "Monetary"):
        return _number(field, model, index)
    if field.kind in ("Date", "Datetime"):
        date = f"{2030 + _rank(field.name, model)}-01-{index + 10:02}"
        return date if field.kind == "Date" else f"{date} 09:00:00"
    if field.kind in ("Char", "Text"):
        return _sample_text(field, index)
    if field.kind == "Selection":
        return field.selection[index % len(field.selection)][0]
    return field.kind == "Boolean"


def _number(field: FieldDesign, model: ModelDesign, index: int) -> float | int:
    """A number that every check of the field accepts."""
    checks = [check for check in model.checks if field.name in check.fields]
    usual = float(index + 1) * (100 if field.kind == "Monetary" else 1)
    near = [check.bound + step for check in checks for step in (index + 1, -index - 1, 1, -1, 0.5, -0.5, 0)]
    allowed = [value for value in [usual, *near] if all(check.allows(value) for check in checks)]
    value = allowed[0] if allowed else usual
    return int(value) if field.kind == "Integer" else value


def _rank(name: str, model: ModelDesign, seen: frozenset[str] = frozenset()) -> int:
    """How many dates must come before this one."""
    before = [check.earlier for check in model.order_checks if check.later == name and check.earlier not in seen]
    return max((1 + _rank(earlier, model, seen | {name}) for earlier in before), default=0)


def _sample_text(field: FieldDesign, index: int) -> str:
    if field.widget == "email":
        return f"demo{index + 1}@example.com"
    if field.widget == "phone":
        return f"+1 555 010{index + 1}"
    if field.widget == "url":
        return f"https://example.com/{index + 1}"
    return f"{field.label} {index + 1}"
