"""Values against JSON Schemas of our own (draft 2020-12), every mistake with its place.

Foreign schemas are matched by ``plans.schemas``, in a process of their own.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, cast

from opsroom_dagster.plans.interpolate import escape_pointer, is_reference, references
from opsroom_dagster.plans.model import Json
from opsroom_dagster.plans.schemas import with_schema_defaults

_STRUCTURE = (
    *("type", "required", "dependentRequired", "additionalProperties", "unevaluatedProperties", "propertyNames"),
    *("minProperties", "maxProperties", "minItems", "maxItems"),
)
"""Keywords that can be judged although a value inside is not known yet."""
_ALTERNATIVES = ("oneOf", "anyOf", "not")
_PATTERN_PARTS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\$", re.DOTALL)
"""What stands for itself whatever it holds (an escape, a class of characters), and the dollars outside of these."""


class Judges:
    """Validators by schema: making one costs more than using it.

    Their methods yield (JSON pointer below the values, what is wrong) for each mistake.
    """

    def __init__(self) -> None:
        self._known: dict[int, Any] = {}

    def of_values(self, values: Mapping[str, Any], schema: Json) -> Iterator[tuple[str, str]]:
        """Inputs: braces in them are data, so everything is judged."""
        for error in self._errors(values, schema):
            yield _pointer(error), _message(error)

    def of_arguments(self, args: Mapping[str, Any], schema: Json) -> Iterator[tuple[str, str]]:
        """Arguments: what is interpolated is not judged."""
        for error in self._errors(with_schema_defaults(args, schema), schema):
            if _can_be_judged(error.instance, error.validator):
                yield _pointer(error), _message(error)

    def _errors(self, values: Mapping[str, Any], schema: Json) -> Iterator[Any]:
        if id(schema) not in self._known:
            self._known[id(schema)] = _validator()(schema)
        yield from self._known[id(schema)].iter_errors(values)


def parameter_mistakes(values: Mapping[str, Any], schema: Json) -> list[str]:
    """``<path>: <what is wrong>`` of each mistake in parameters."""
    found = Judges().of_values(values, schema)
    return sorted(f"{place[1:].replace('/', '.') or 'parameters'}: {message}" for place, message in found)


@cache
def _validator() -> Any:
    """Python's ``$`` also matches before a newline at the end; JSON Schema's does not, and values stand in commands."""
    import jsonschema
    from jsonschema import validators

    def pattern(validator: Any, wanted: str, value: Any, schema: Json) -> Iterator[Any]:
        del schema
        if validator.is_type(value, "string") and not re.search(_with_real_end(wanted), value):
            yield jsonschema.ValidationError(f"{value!r} does not match {wanted!r}")

    library: Any = validators
    return library.extend(jsonschema.Draft202012Validator, {"pattern": pattern})


@cache
def _with_real_end(pattern: str) -> str:
    return _PATTERN_PARTS.sub(lambda part: r"\Z" if part.group(0) == "$" else part.group(0), pattern)


def _pointer(error: Any) -> str:
    return "".join(f"/{escape_pointer(str(part))}" for part in error.absolute_path)


def _message(error: Any) -> str:
    """In the schema's own words where it has some: no one understands which of several alternatives was not met."""
    told = cast(Json, error.schema).get("$comment") if isinstance(error.schema, dict) else None
    if told and error.validator in _ALTERNATIVES:
        return str(told)
    return f"{error.instance!r} is not allowed: {told}" if told and error.validator == "pattern" else error.message


def _can_be_judged(value: Any, keyword: str) -> bool:
    if isinstance(value, str):
        return not is_reference(value) and (keyword == "type" or "{{" not in value)
    return keyword in _STRUCTURE or next(references(value), None) is None
