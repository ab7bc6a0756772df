"""``CREATE TABLE`` statements."""

import re
from collections.abc import Iterator
from typing import Any

from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.model import Entity, Evidence, Fact, Field
from opsroom_dagster.requirements.names import entity_name, label_of, snake_case
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules._code import at_offset, code_blocks
from opsroom_dagster.requirements.types import make_field

RULE = "sql_ddl"
_CREATE = re.compile(r"\bcreate\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+)?table\b", re.IGNORECASE)
_ENUM = re.compile(r"\bcreate\s+type\s+\"?([\w.]+)\"?\s+as\s+enum\s*\(([^)]*)\)", re.IGNORECASE)


def find(reading: Reading) -> Iterator[Fact]:
    """An entity a table; statements that do not parse are left to the ledger."""
    enums: dict[str, tuple[str, ...]] = {}
    for block in code_blocks(reading):
        for match in _ENUM.finditer(block.text):
            enums[match.group(1).lower()] = tuple(re.findall(r"'([^']*)'", match.group(2)))
    for block in code_blocks(reading):
        for match in _CREATE.finditer(block.text):
            yield from _table(reading, block, match.start(), enums)


def _table(reading: Reading, block: Block, start: int, enums: dict[str, tuple[str, ...]]) -> Iterator[Entity]:
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    statement = block.text[start : _end(block.text, start)]
    try:
        parsed: Any = sqlglot.parse_one(statement, read="postgres")
    except (SqlglotError, RecursionError):
        return
    table = parsed.find(exp.Table)
    columns = list(parsed.find_all(exp.ColumnDef))
    if table is None or not columns:
        return
    uniques = _alone(parsed, exp.UniqueColumnConstraint) | _alone(parsed, exp.PrimaryKey)
    foreign = _foreign_keys(parsed)
    fields: list[Field] = []
    for column in columns:
        offset = statement.lower().find(column.name.lower(), statement.find("("))
        found = re.search(rf"^\s*[\"`\[]?{re.escape(column.name)}\b", statement, re.MULTILINE)
        evidence = at_offset(reading, block, RULE, 0.95, start + (found.end() if found else max(offset, 0)))
        field = _field(column, evidence, enums)
        if field is not None:
            target = foreign.get(column.name.lower())
            if target:
                field = field.model_copy(update={"type": "reference", "target": target, "type_stated": True})
            if column.name.lower() in uniques:
                field = field.model_copy(update={"unique": True})
            fields.append(field)
    yield Entity(
        name=entity_name(table.name),
        label=label_of(table.name),
        fields=tuple(fields),
        evidence=(at_offset(reading, block, RULE, 0.95, start),),
    )


def _field(column: Any, evidence: Evidence, enums: dict[str, tuple[str, ...]]) -> Field | None:
    from sqlglot import exp

    kind = column.args.get("kind")
    text = kind.sql(dialect="postgres") if kind is not None else ""
    field = make_field(column.name, evidence, text)
    if field is None:
        return None
    update: dict[str, Any] = {"label": label_of(column.name)}
    if text.lower() in enums:
        update |= {"type": "selection", "values": enums[text.lower()], "type_stated": True}
    elif text and not field.type_stated and field.name != snake_case(text):
        update["type_stated"] = False
    for constraint in column.args.get("constraints", []):
        rule = constraint.args.get("kind")
        if isinstance(rule, exp.PrimaryKeyColumnConstraint):
            update |= {"required": True, "unique": True}
        elif isinstance(rule, exp.NotNullColumnConstraint):
            update["required"] = not rule.args.get("allow_null")
        elif isinstance(rule, exp.UniqueColumnConstraint):
            update["unique"] = True
        elif isinstance(rule, exp.DefaultColumnConstraint):
            update["default"] = rule.this.name or rule.this.sql(dialect="postgres")
        elif isinstance(rule, exp.Reference):
            target = rule.find(exp.Table)
            if target is not None:
                update |= {"type": "reference", "target": entity_name(target.name), "type_stated": True}
        elif isinstance(rule, exp.CheckColumnConstraint) and (values := _checked(rule, column.name)):
            update |= {"type": "selection", "values": values, "type_stated": True}
    return field.model_copy(update=update)


def _checked(rule: Any, column: str) -> tuple[str, ...]:
    from sqlglot import exp

    inside = rule.find(exp.In)
    if inside is None or inside.this.name.lower() != column.lower():
        return ()
    return tuple(value.name for value in inside.args.get("expressions", []) if value.is_string)


def _alone(parsed: Any, kind: Any) -> set[str]:
    """Columns that a table constraint makes unique by themselves."""
    found: set[str] = set()
    for constraint in parsed.find_all(kind):
        if constraint.find_ancestor(_column_def()) is None:
            names = [item.name.lower() for item in constraint.find_all(_identifier())]
            found |= {names[0]} if len(names) == 1 else set()
    return found


def _foreign_keys(parsed: Any) -> dict[str, str]:
    from sqlglot import exp

    found: dict[str, str] = {}
    for key in parsed.find_all(exp.ForeignKey):
        columns = [item.name.lower() for item in key.expressions]
        target = key.args["reference"].find(exp.Table) if key.args.get("reference") else None
        if len(columns) == 1 and target is not None:
            found[columns[0]] = entity_name(target.name)
    return found


def _column_def() -> Any:
    from sqlglot import exp

    return exp.ColumnDef


def _identifier() -> Any:
    from sqlglot import exp

    return exp.Identifier


def _end(text: str, start: int) -> int:
    """End of the statement: the semicolon, or the closing parenthesis, after which a new statement may stand."""
    depth, quoted = 0, False
    for position in range(start, len(text)):
        character = text[position]
        if character == "'":
            quoted = not quoted
        elif not quoted:
            depth += (character == "(") - (character == ")")
            if (character == ";" or (character == ")" and depth == 0)) and depth <= 0:
                return position + 1
    return len(text)
