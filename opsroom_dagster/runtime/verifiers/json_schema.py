"""A value, a JSON text or a JSON file of the step's folder fits a JSON Schema (draft 2020-12)."""

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from opsroom_dagster.plans.model import Json
from opsroom_dagster.plans.schemas import mistakes as schema_mistakes
from opsroom_dagster.plans.schemas import schema_problems
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.model import Verdict
from opsroom_dagster.runtime.verifiers import _documents

CONFIG: Json = {
    "type": "object",
    "additionalProperties": False,
    "required": ["schema"],
    "properties": {
        "value": {"description": "The value, usually an interpolation."},
        "text": {"description": "The value as JSON text: what a command has printed.", "type": "string"},
        "file": {"description": "A JSON file inside the step's folder.", "type": "string"},
        "schema": {"description": "What it must fit; references lead inside this schema only.", "type": "object"},
    },
    "oneOf": [{"required": ["value"]}, {"required": ["text"]}, {"required": ["file"]}],
    "$comment": "give one of `value`, `text` and `file`",
}
_MOST = 20
_FOREVER = 1e9


def mistakes(config: Json) -> Iterator[tuple[str, str]]:
    """The schema is one."""
    schema = config.get("schema")
    if isinstance(schema, dict):
        yield from ((f"/schema{place}", message) for place, message in schema_problems(schema))  # pyright: ignore[reportUnknownArgumentType]


def judge(config: Json, context: StepContext) -> Verdict:
    """The schema has nothing to say; the evidence holds its first mistakes."""
    name, value = _value(config, context)
    found = schema_mistakes(value, config["schema"], most=_MOST, seconds=context.remaining(_FOREVER))
    looked_at = {"looked_at": name, "tool": f"jsonschema {version('jsonschema')}"}
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        return Verdict.failed(f"{found[0]}{more}", **looked_at, mistakes=found, found=value)
    return Verdict.passed(f"{name} fits the schema", **looked_at)


def _value(config: Json, context: StepContext) -> tuple[str, Any]:
    if "file" in config:
        return config["file"], _documents.read(context.output, config["file"])
    if "text" in config:
        return "the text", _documents.parse(config["text"], "the text")
    return "the value", config["value"]
