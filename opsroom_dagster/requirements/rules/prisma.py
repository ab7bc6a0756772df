"""Prisma models and enums."""

import re
from collections.abc import Iterator

from opsroom_dagster.requirements.model import Entity, Evidence, Fact, Field
from opsroom_dagster.requirements.names import entity_name
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules._code import at_offset, code_blocks
from opsroom_dagster.requirements.types import make_field

RULE = "prisma"
_MODEL = re.compile(r"^[ \t]*model\s+(\w+)\s*\{(.*?)^[ \t]*\}", re.MULTILINE | re.DOTALL)
_ENUM = re.compile(r"^[ \t]*enum\s+(\w+)\s*\{(.*?)\}", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^[ \t]*(\w+)[ \t]+(\w+)(\[\])?(\?)?[ \t]*((?:@[^/\n]*)?)(?://.*)?$", re.MULTILINE)
_TYPES = {
    "String": "string", "Int": "integer", "BigInt": "integer", "Float": "decimal", "Decimal": "decimal",
    "Boolean": "boolean", "DateTime": "datetime", "Json": "json", "Bytes": "file",
}  # fmt: skip


def find(reading: Reading) -> Iterator[Fact]:
    """An entity a model; relation fields become references, their scalar keys are left out."""
    blocks = [block for block in code_blocks(reading) if _MODEL.search(block.text)]
    enums = {
        match.group(1): tuple(re.findall(r"^\s*(\w+)", match.group(2), re.MULTILINE))
        for block in code_blocks(reading)
        for match in _ENUM.finditer(block.text)
    }
    for block in blocks:
        for model in _MODEL.finditer(block.text):
            members = list(_FIELD.finditer(model.group(2)))
            keys = _keys(members)
            fields = [
                field
                for member in members
                if member.group(1) not in keys
                and (
                    field := _field(
                        member, at_offset(reading, block, RULE, 0.95, model.start(2) + member.start(1)), enums, keys
                    )
                )
            ]
            if fields:
                evidence = at_offset(reading, block, RULE, 0.95, model.start(1))
                yield Entity(
                    name=entity_name(model.group(1)), label=model.group(1), fields=tuple(fields), evidence=(evidence,)
                )


def _keys(members: list[re.Match[str]]) -> dict[str, str]:
    """Scalar key → relation field: ``ownerId`` → ``owner`` of ``owner Owner @relation(fields: [ownerId])``."""
    found: dict[str, str] = {}
    for member in members:
        key = re.search(r"fields:\s*\[(\w+)\]", member.group(5))
        if key:
            found[key.group(1)] = member.group(1)
    return found


def _field(
    member: re.Match[str], evidence: Evidence, enums: dict[str, tuple[str, ...]], keys: dict[str, str]
) -> Field | None:
    name, kind, many, optional, attributes = member.groups()
    scalar = _TYPES.get(kind)
    if scalar is None and kind not in enums and (many or name not in keys.values()):
        return None
    field = make_field(name, evidence, scalar or "")
    if field is None:
        return None
    update: dict[str, object] = {
        "required": not optional and not many,
        "unique": "@unique" in attributes or "@id" in attributes,
    }
    default = re.search(r"@default\(\"?([\w.]+)\"?\)", attributes)
    if default:
        update["default"] = default.group(1)
    if kind in enums:
        update |= {"type": "selection", "values": enums[kind], "type_stated": True}
    if name in keys.values():
        update |= {"type": "reference", "target": entity_name(kind), "type_stated": True}
    return field.model_copy(update=update)
