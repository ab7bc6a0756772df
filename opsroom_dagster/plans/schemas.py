"""JSON Schemas (draft 2020-12) of parameters, arguments and outputs."""

from collections.abc import Mapping
from typing import Any

from opsroom_dagster.plans.model import Json


def mistakes(value: Any, schema: Json) -> list[str]:
    """``<path>: <what is wrong>`` of each mistake, sorted; an empty schema allows everything."""
    from jsonschema import Draft202012Validator

    if not schema:
        return []
    errors = Draft202012Validator(schema).iter_errors(value)  # pyright: ignore[reportUnknownMemberType]
    return sorted(f"{'.'.join(map(str, e.absolute_path)) or 'all'}: {e.message}" for e in errors)


def with_schema_defaults(values: Mapping[str, Any], schema: Json) -> Json:
    """The values of an object, and for names without one what its schema fixes (``const``) or gives as ``default``."""
    properties: Json = schema.get("properties", {})
    given = {name: rule[key] for name, rule in properties.items() for key in ("default", "const") if key in rule}
    return {**given, **values}
