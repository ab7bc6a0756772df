"""Do a step's arguments fit the schema of its tool or skill, and a plan's inputs that of its template?

Interpolations are not judged: only what can be known before the plan runs is.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from opsroom_dagster.plans.interpolate import escape_pointer, is_reference, references
from opsroom_dagster.plans.model import Json, Skill, Tool
from opsroom_dagster.plans.problems import Problem
from opsroom_dagster.plans.raw import Raw, Steps, a_text, an_object, calls
from opsroom_dagster.plans.schemas import with_schema_defaults

_STRUCTURE = (
    *("type", "required", "dependentRequired", "additionalProperties", "unevaluatedProperties", "propertyNames"),
    *("minProperties", "maxProperties", "minItems", "maxItems"),
)
"""Keywords that can be judged although a value inside is not known yet."""


def argument_problems(steps: Steps, tools: Mapping[str, Tool], skills: Mapping[str, Skill]) -> Iterator[Problem]:
    """Arguments that a tool or a skill does not take, that are of the wrong type, or that are missing."""
    judges = _Judges()
    for index, step in steps:
        name = a_text(step.get("id")) or None
        for tool, args, place in calls(step):
            if tool in tools:
                for below, message in judges.of_arguments(args, tools[tool].input_schema):
                    yield Problem(f"/steps/{index}{place}{below}", f"the tool {tool!r}: {message}", name)
        skill = a_text(step.get("skill"))
        if step.get("kind") == "skill" and skill in skills:
            for below, message in judges.of_arguments(an_object(step.get("args")), skills[skill].input_schema):
                yield Problem(f"/steps/{index}/args{below}", f"the skill {skill!r}: {message}", name)


def input_problems(raw: Raw, skills: Mapping[str, Skill]) -> Iterator[Problem]:
    """Inputs of a plan that the template or the skill that it was made from would not take."""
    from opsroom_dagster.plans.templates import load_template, template_names

    origin, _, slug = a_text(an_object(raw.get("metadata")).get("source")).partition(":")
    if origin == "template" and slug in template_names():
        schema = load_template(slug).parameters
    elif origin == "skill" and slug in skills:
        schema = skills[slug].input_schema
    else:
        return
    for below, message in _Judges().of_values(an_object(raw.get("inputs")), schema):
        yield Problem(f"/inputs{below}", f"the {origin} {slug!r}: {message}")


def parameter_mistakes(values: Raw, schema: Json) -> list[str]:
    """``<path>: <what is wrong>`` of each mistake in parameters, against a schema of our own."""
    found = _Judges().of_values(values, schema)
    return sorted(f"{place[1:].replace('/', '.') or 'parameters'}: {message}" for place, message in found)


class _Judges:
    """Validators by schema: making one costs more than using it.

    Their methods yield (JSON pointer below the values, what is wrong) for each mistake.
    """

    def __init__(self) -> None:
        self._known: dict[int, Any] = {}

    def of_values(self, values: Raw, schema: Json) -> Iterator[tuple[str, str]]:
        """Inputs: braces in them are data, so everything is judged."""
        for error in self._errors(values, schema):
            yield _pointer(error), error.message

    def of_arguments(self, args: Raw, schema: Json) -> Iterator[tuple[str, str]]:
        """Arguments: what is interpolated is not judged."""
        for error in self._errors(with_schema_defaults(args, schema), schema):
            if _can_be_judged(error.instance, error.validator):
                yield _pointer(error), error.message

    def _errors(self, values: Raw, schema: Json) -> Iterator[Any]:
        from jsonschema import Draft202012Validator

        if id(schema) not in self._known:
            self._known[id(schema)] = Draft202012Validator(schema)
        yield from self._known[id(schema)].iter_errors(values)


def _pointer(error: Any) -> str:
    return "".join(f"/{escape_pointer(str(part))}" for part in error.absolute_path)


def _can_be_judged(value: Any, keyword: str) -> bool:
    if isinstance(value, str):
        return not is_reference(value) and (keyword == "type" or "{{" not in value)
    return keyword in _STRUCTURE or next(references(value), None) is None
