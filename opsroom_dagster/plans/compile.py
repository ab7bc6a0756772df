"""A template and its parameters → a plan."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from opsroom_dagster.errors import InputError
from opsroom_dagster.plans.expand import as_title, expand_steps
from opsroom_dagster.plans.judges import parameter_mistakes
from opsroom_dagster.plans.model import Json, Plan, PlanMetadata
from opsroom_dagster.plans.schemas import with_schema_defaults
from opsroom_dagster.plans.templates import PlanTemplate


def compile_template(template: PlanTemplate, parameters: Mapping[str, Any]) -> Plan:
    """The plan with its parameters as inputs; defaults of the template are filled in.

    Raises:
        InputError: the parameters do not fit the template's schema; every mistake is named.
    """
    inputs = with_defaults(parameters, template)
    return Plan(
        id=template.id,
        kind=template.kind,
        title=as_title(template.title, inputs),
        description=as_title(template.description, inputs),
        steps=expand_steps(template, inputs),
        inputs=dict(sorted(inputs.items())),
        expectedOutputs=template.expected_outputs,
        metadata=PlanMetadata(source=f"template:{template.id}", tags=template.tags),
    )


def with_defaults(parameters: Mapping[str, Any], template: PlanTemplate) -> Json:
    """The parameters and the template's defaults, checked against its JSON Schema (draft 2020-12).

    Raises:
        InputError: they do not fit; every mistake is named.
    """
    inputs = with_schema_defaults(parameters, template.parameters)
    if found := parameter_mistakes(inputs, template.parameters):
        raise InputError(
            f"the parameters do not fit the template {template.id!r}: {'; '.join(found)}.",
            remedy=f"It takes: {', '.join(template.parameters.get('properties', {})) or 'none'}.",
        )
    return inputs


def parse_parameters(settings: Sequence[str], schema: Json, read: Callable[[str], str] | None = None) -> Json:
    """``K=V`` texts as typed values: lists (``a,b`` or JSON), numbers, booleans and objects as the schema says.

    Args:
        read: gives the text of the file that ``K=@FILE`` names; without it an at sign is an at sign. ``K=@@x`` is the
            text ``@x``.

    Raises:
        InputError: a text has no ``=``, or its value is not of the type that the schema names.
    """
    found: Json = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not name:
            raise InputError(f"{setting!r} is no setting.", remedy="Write --set NAME=VALUE.")
        if read is not None and value.startswith("@"):
            value = value[1:] if value.startswith("@@") else read(value[1:])
        kinds: Any = schema.get("properties", {}).get(name, {}).get("type", "string")
        found[name] = _typed(name, value, [kinds] if isinstance(kinds, str) else kinds)
    return found


def _typed(name: str, value: str, kinds: Sequence[str]) -> Any:
    import json

    if "string" in kinds:
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        if "array" in kinds and not value.lstrip().startswith("["):
            return [item.strip() for item in value.split(",")]
        raise InputError(f"{name}={value!r} is no {' or '.join(kinds)}.", remedy="Write the value as JSON.") from None
