"""JSON Schemas (draft 2020-12) of parameters, arguments and outputs; they may be anyone's."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, cast

from opsroom_dagster.errors import InputError, StepError
from opsroom_dagster.plans.interpolate import escape_pointer, references
from opsroom_dagster.plans.model import Json

MOST = 50
"""Mistakes that are told."""
SECONDS = 10.0
_COSTLY = {
    *("pattern", "patternProperties", "$ref", "$dynamicRef"),
    *("uniqueItems", "unevaluatedItems", "unevaluatedProperties"),
}
"""Keywords whose cost is not bounded by the sizes of schema and value."""


def mistakes(value: Any, schema: Json, *, most: int = MOST, seconds: float = SECONDS) -> list[str]:
    """``<path>: <what is wrong>`` of each mistake, sorted; an empty schema allows everything.

    Raises:
        InputError: the schema is none, or refers to something outside of itself.
        StepTimeoutError: a pattern or a reference in it takes longer than ``seconds``.
        StepError: schema or value are nested too deeply.
    """
    if not schema:
        return []
    found = _apart if _costly(schema) else _here
    told = found({"schema": schema, "value": value, "most": most}, seconds)
    return sorted(f"{'.'.join(path) or 'all'}: {message}" for path, message in told)


def schema_problems(schema: Json) -> Iterator[tuple[str, str]]:
    """JSON pointer → what is wrong there, for a schema that is to be filled in: interpolated texts are not judged."""
    from jsonschema import Draft202012Validator

    meta = Draft202012Validator(Draft202012Validator.META_SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
    errors: Iterator[Any] = meta.iter_errors(schema)
    for error in itertools.islice(errors, MOST):
        if not (isinstance(error.instance, str) and any(references(error.instance))):
            yield "".join(f"/{escape_pointer(str(part))}" for part in error.absolute_path), error.message


def with_schema_defaults(values: Mapping[str, Any], schema: Json) -> Json:
    """The values of an object, and for names without one what its schema fixes (``const``) or gives as ``default``.

    Objects inside, also those of a list, are filled in the same way.
    """
    properties: Json = schema.get("properties", {})
    given = {name: rule[key] for name, rule in properties.items() for key in ("default", "const") if key in rule}
    return {name: _filled(value, properties.get(name)) for name, value in {**given, **values}.items()}


def _filled(value: Any, schema: Any) -> Any:
    if not isinstance(schema, dict):
        return value
    if isinstance(value, Mapping):
        return with_schema_defaults(cast(Mapping[str, Any], value), cast(Json, schema))
    if isinstance(value, list):
        return [_filled(item, cast(Json, schema).get("items")) for item in cast(list[Any], value)]
    return value


def _here(question: Json, seconds: float) -> list[tuple[list[str], str]]:
    from opsroom_dagster.apart.schema import answer

    del seconds
    try:
        return answer(question)
    except ValueError as error:
        raise InputError(f"{error}.") from error
    except RecursionError as error:
        raise StepError("the schema could not be matched: it or the value is nested too deeply.") from error


def _apart(question: Json, seconds: float) -> list[tuple[list[str], str]]:
    from opsroom_dagster.apart import run_apart

    return run_apart("schema", question, seconds)


def _costly(schema: Any) -> bool:
    stack = [schema]
    while stack:
        item = stack.pop()
        if isinstance(item, Mapping):
            if not _COSTLY.isdisjoint(cast(Mapping[str, Any], item)):
                return True
            stack.extend(cast(Mapping[str, Any], item).values())
        elif isinstance(item, list | tuple):
            stack.extend(cast(list[Any], item))
    return False
