"""The stock tools: data that says what their kinds do."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from opsroom_dagster.plans.model import Tool
from opsroom_dagster.plans.tools import FOLDER, stock_tools
from opsroom_dagster.runtime.tools import kinds
from opsroom_dagster.runtime.tools._arguments import Arguments
from opsroom_dagster.runtime.tools.http import HttpArguments
from opsroom_dagster.runtime.tools.shell import ShellArguments
from opsroom_dagster.runtime.tools.sql import SqlArguments

TOOLS = stock_tools()
ARGUMENTS: dict[str, type[Arguments]] = {"shell": ShellArguments, "http": HttpArguments, "sql": SqlArguments}


def test_each_file_is_a_tool() -> None:
    assert len(TOOLS) == len(list(FOLDER.iterdir())) - len(list(FOLDER.glob("__*__*")))
    assert list(TOOLS) == sorted(TOOLS)
    assert {"shell", "http", "sql", "git-status", "http-get", "sql-select"} <= set(TOOLS)
    assert stock_tools() is TOOLS


@pytest.mark.parametrize("tool", TOOLS.values(), ids=lambda tool: tool.id)
def test_a_tool_is_of_a_kind_that_can_be_called_and_has_valid_schemas(tool: Tool) -> None:
    assert tool.kind in kinds()
    assert tool.description
    for schema in (tool.input_schema, tool.output_schema):
        Draft202012Validator.check_schema(schema)
        assert schema["type"] == "object"
    assert tool.input_schema["additionalProperties"] is False


@pytest.mark.parametrize("tool", TOOLS.values(), ids=lambda tool: tool.id)
def test_what_a_schema_allows_its_kind_takes(tool: Tool) -> None:
    fields = {field.alias: field for field in ARGUMENTS[tool.kind].model_fields.values()}
    for name, rule in tool.input_schema["properties"].items():
        assert name in fields
        for value in (rule[key] for key in ("default", "const") if key in rule):
            needed = {alias: _example(alias) for alias, field in fields.items() if field.is_required()}
            ARGUMENTS[tool.kind].model_validate({**needed, name: value})


@pytest.mark.parametrize("kind", ARGUMENTS)
def test_the_tool_of_a_kind_offers_all_of_it_with_the_same_defaults(kind: str) -> None:
    schema, own = TOOLS[kind].input_schema, ARGUMENTS[kind].model_json_schema()
    assert schema["properties"].keys() == own["properties"].keys()
    assert schema["required"] == own["required"]
    for name, rule in own["properties"].items():
        told = schema["properties"][name]
        assert told.get("default") == rule.get("default")
        for limit in ("minimum", "maximum", "minItems", "minLength"):
            assert told.get(limit, rule.get(limit)) == rule.get(limit, told.get(limit))


def _example(name: str) -> Any:
    return ["true"] if name == "command" else "x"
