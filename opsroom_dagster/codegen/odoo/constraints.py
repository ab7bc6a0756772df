"""Stated constraints as constraints of the database table and of Python."""

import re
from collections.abc import Iterable, Iterator

from opsroom_dagster.codegen.odoo.design import FieldDesign, OrderCheck, SqlConstraint
from opsroom_dagster.codegen.odoo.identifiers import number, one_line, unused
from opsroom_dagster.requirements.model import Constraint, Field

NUMBERS = {"Integer", "Float", "Monetary"}
DATES = {"Date", "Datetime"}
EXPRESSION = re.compile(r"^\s*(\w+)\s*(>=|<=|!=|=|>|<)\s*(-?\d+(?:\.\d+)?|\w+)\s*$", re.ASCII)


def sql_constraints(
    stated: Iterable[Constraint], fields: Iterable[Field], designs: dict[str, FieldDesign], state: str | None
) -> Iterator[SqlConstraint]:
    """Unique and check constraints whose fields are columns of the model.

    Args:
        stated: constraints of the entity.
        fields: fields of the entity.
        designs: field in the requirements → its design.
        state: the field of the life cycle; alone it cannot be unique, or there would be one record a state.
    """
    seen: dict[str, str] = {}
    for constraint in [*_unique(stated, fields, designs), *_checks(stated, designs)]:
        if constraint.definition not in seen.values() and constraint.fields != (state,):
            name = unused(constraint.name, seen)
            seen[name] = constraint.definition
            yield constraint.model_copy(update={"name": name})


def without_forbidden_defaults(
    designs: dict[str, FieldDesign], sql: Iterable[SqlConstraint], sequence_field: str | None
) -> dict[str, FieldDesign]:
    """The fields whose default the table refuses, or takes once only, without it."""
    changed: dict[str, FieldDesign] = {}
    for constraint in sql:
        field = designs.get(constraint.fields[0])
        if field is None or field.default is None or len(constraint.fields) > 1 or field.name == sequence_field:
            continue
        value = number(field.default)
        if constraint.operator is None:
            forbidden = not field.default.startswith("lambda")  # a currency or a company
        else:
            forbidden = value is not None and not constraint.allows(value)
        if forbidden:
            changed[field.name] = field.model_copy(update={"default": None})
    return changed


def order_checks(stated: Iterable[Constraint], designs: dict[str, FieldDesign]) -> list[OrderCheck]:
    """``<date> >= <other date>`` and its like, one a pair."""
    pairs: dict[tuple[str, str], OrderCheck] = {}
    for constraint in stated:
        found = EXPRESSION.match(constraint.expression or "")
        if found is None or found[2] not in (">", ">=", "<", "<="):
            continue
        left, right = designs.get(found[1]), designs.get(found[3])
        if left and right and left is not right and left.kind == right.kind and left.kind in DATES:
            earlier, later = (right, left) if found[2].startswith(">") else (left, right)
            strict = not found[2].endswith("=")
            pair = (earlier.name, later.name)
            if pair not in pairs or (strict and not pairs[pair].strict):
                pairs[pair] = OrderCheck(
                    earlier=pair[0], later=pair[1], strict=strict, message=one_line(constraint.text),
                    stated=constraint.id,
                )  # fmt: skip
    return list(pairs.values())


def _unique(
    stated: Iterable[Constraint], fields: Iterable[Field], designs: dict[str, FieldDesign]
) -> Iterator[SqlConstraint]:
    unique: list[tuple[tuple[str, ...], str, str | None]]
    unique = [(rule.fields, rule.text, rule.id) for rule in stated if rule.kind == "unique"]
    unique += [((field.name,), "", None) for field in fields if field.unique]
    for names, text, rule in unique:
        wanted = list(dict.fromkeys(names))
        columns = [designs[name].name for name in wanted if name in designs and _is_column(designs[name])]
        if columns and len(columns) == len(wanted):
            labels = " and ".join(design.label for design in designs.values() if design.name in columns)
            yield SqlConstraint(
                name=f"{'_'.join(columns)[:40]}_unique",
                definition=f"UNIQUE({', '.join(columns)})",
                message=one_line(text) or f"{labels} must be unique.",
                fields=tuple(columns),
                stated=rule,
            )


def _checks(stated: Iterable[Constraint], designs: dict[str, FieldDesign]) -> Iterator[SqlConstraint]:
    for constraint in stated:
        found = EXPRESSION.match(constraint.expression or "")
        design = designs.get(found[1]) if found else None
        bound = number(found[3]) if found else None
        if found is None or design is None or bound is None:
            continue
        if design.kind not in NUMBERS or constraint.kind != "check":
            continue
        literal = str(int(bound)) if bound == int(bound) else str(bound)
        yield SqlConstraint(
            name=f"{design.name[:40]}_check",
            definition=f"CHECK({design.name} {found[2].replace('!=', '<>')} {literal})",
            message=one_line(constraint.text),
            fields=(design.name,),
            operator=found[2],
            bound=bound,
            stated=constraint.id,
        )


def _is_column(design: FieldDesign) -> bool:
    return design.kind not in ("One2many", "Many2many", "Binary", "Image")
