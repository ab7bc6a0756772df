"""What a verifier shares with the tool that it is built on: the schemas of its arguments."""

from typing import Any

from pydantic import BaseModel

from opsroom_dagster.plans.model import Json


def arguments_schema(kind: type[BaseModel], *without: str) -> Json:
    """Name → JSON Schema of each argument that a kind of tool takes.

    Args:
        without: arguments that the verifier decides itself. The time of a try is every verifier's, see
            ``runtime.verifiers``.
    """
    properties: dict[str, Json] = kind.model_json_schema()["properties"]
    return {
        name: {key: value for key, value in rule.items() if key != "title"}
        for name, rule in properties.items()
        if name not in (*without, "timeoutMs")
    }


def split_expect(config: Json) -> tuple[Json, dict[str, Any]]:
    """The arguments of a config, and what it expects of the outcome."""
    return {key: value for key, value in config.items() if key != "expect"}, config.get("expect", {})
