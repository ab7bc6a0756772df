"""Stated constraints as constraints of the database table and of Python."""

import re
from collections.abc import Iterable, Iterator

from opsroom_dagster.codegen.odoo.design import FieldDesign, OrderCheck, SqlConstraint
from opsroom_dagster.codegen.odoo.identifiers import one_line
from opsroom_dagster.requirements.model import Constraint, Field

NUMBERS = {"Integer", "Float", "Monetary"}
DATES = {"Date", "Datetime"}
EXPRESSION = re.compile(r"^\s*(\w+)\s*(>=|<=|!=|=|>|<)\s*(-?\d+(?:\.\d+)?|\w+)\s*$", re.ASCII)
BREAKS = {">": 0.0, ">=": -1.0, "<": 0.0, "<=": 1.0, "=": 1.0, "!=": 0.0}
"""Operator → what added to its right side breaks it."""


def sql_constraints(
    stated: Iterable[Constraint], fields: Iterable[Field], designs: dict[str, FieldDesign]
) -> Iterator[SqlConstraint]:
    """Unique and check constraints whose fields are columns of the model."""
    seen: set[str] = set()
    unique = [((field.name,), "") for field in fields if field.unique]
    unique += [(constraint.fields, constraint.text) for constraint in stated if constraint.kind == "unique"]
    for names, text in unique:
        columns = [designs[name].name for name in names if name in designs and _is_column(designs[name])]
        name = f"{'_'.join(columns)[:40]}_unique"
        if columns and len(columns) == len(names) and name not in seen:
            seen.add(name)
            labels = " and ".join(design.label for design in designs.values() if design.name in columns)
            message = one_line(text) or f"{labels} must be unique."
            yield SqlConstraint(
                name=name, definition=f"UNIQUE({', '.join(columns)})", message=message, fields=tuple(columns)
            )
    for constraint in stated:
        found = EXPRESSION.match(constraint.expression or "")
        if constraint.kind != "check" or found is None:
            continue
        design = designs.get(found[1])
        if (
            design and design.kind in NUMBERS and (check := _number_check(design, found[2], found[3], constraint))
        ) and check.name not in seen:
            seen.add(check.name)
            yield check


def order_checks(stated: Iterable[Constraint], designs: dict[str, FieldDesign]) -> Iterator[OrderCheck]:
    """``<date> >= <other date>`` and its like."""
    for constraint in stated:
        found = EXPRESSION.match(constraint.expression or "")
        if found is None or found[2] not in (">", ">=", "<", "<="):
            continue
        left, right = designs.get(found[1]), designs.get(found[3])
        if left and right and left.kind == right.kind and left.kind in DATES:
            earlier, later = (right, left) if found[2].startswith(">") else (left, right)
            yield OrderCheck(earlier=earlier.name, later=later.name, message=one_line(constraint.text))


def _number_check(
    design: FieldDesign | None, operator: str, right: str, constraint: Constraint
) -> SqlConstraint | None:
    if design is None or design.kind not in NUMBERS:
        return None
    try:
        bound = float(right)
    except ValueError:
        return None
    literal = str(int(bound)) if bound == int(bound) else str(bound)
    return SqlConstraint(
        name=f"{design.name[:40]}_check",
        definition=f"CHECK({design.name} {operator.replace('!=', '<>')} {literal})",
        message=one_line(constraint.text),
        fields=(design.name,),
        bad_value=bound + BREAKS[operator],
    )


def _is_column(design: FieldDesign) -> bool:
    return design.kind not in ("One2many", "Many2many", "Binary", "Image")
