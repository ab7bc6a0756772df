"""Convex schemas: ``orders: defineTable({ customerId: v.id("customers") })``."""

import re
from collections.abc import Iterator

from opsroom_dagster.requirements.model import Entity, Evidence, Fact, Field
from opsroom_dagster.requirements.names import entity_name, label_of
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules._code import at_offset, code_blocks
from opsroom_dagster.requirements.types import make_field

RULE = "convex"
_TABLE = re.compile(r"(\w+)\s*[:=]\s*defineTable\(\s*\{(.*?)\}\s*\)", re.DOTALL)
_FIELD = re.compile(r"^[ \t]*(\w+)\s*:\s*(v\..+?),?[ \t]*(?://.*)?$", re.MULTILINE)
_TYPES = {
    "string": "string",
    "number": "number",
    "float64": "decimal",
    "int64": "integer",
    "boolean": "boolean",
    "bytes": "file",
    "array": "json",
    "object": "json",
    "record": "json",
    "any": "json",
}


def find(reading: Reading) -> Iterator[Fact]:
    """An entity a table."""
    for block in code_blocks(reading):
        for table in _TABLE.finditer(block.text):
            fields = [
                field
                for member in _FIELD.finditer(table.group(2))
                if (
                    field := _field(
                        member.group(1),
                        member.group(2),
                        at_offset(reading, block, RULE, 0.95, table.start(2) + member.start(1)),
                    )
                )
            ]
            if fields:
                evidence = at_offset(reading, block, RULE, 0.95, table.start(1))
                name = table.group(1)
                yield Entity(name=entity_name(name), label=label_of(name), fields=tuple(fields), evidence=(evidence,))


def _field(name: str, kind: str, evidence: Evidence) -> Field | None:
    optional = kind.startswith("v.optional(")
    target = re.search(r"v\.id\(\s*['\"](\w+)['\"]", kind)
    literals = re.findall(r"v\.literal\(\s*['\"]([^'\"]+)['\"]", kind)
    if target:
        text = f"reference({target.group(1)})"
    elif len(literals) > 1:
        text = "enum: " + " | ".join(literals)
    else:
        word = re.search(r"v\.(?!optional)(\w+)", kind)
        text = _TYPES.get(word.group(1), "") if word else ""
    field = make_field(name, evidence, text)
    return field.model_copy(update={"required": not optional}) if field else None
