"""The examples of docs/writing-a-tool.md run."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from opsroom_dagster.errors import InputError
from opsroom_dagster.plans.model import Step, Tool
from opsroom_dagster.runtime.tools import call_tool, kinds
from tests.runtime.contexts import needs_bubblewrap, step_context
from tests.runtime.tools.server import serving

PAGE = (Path(__file__).parents[3] / "docs" / "writing-a-tool.md").read_text(encoding="utf-8")
COUNT, COMMENT, STEP = (yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.M | re.S))


@needs_bubblewrap
def test_a_narrow_tool_does_one_thing(tmp_path: Path) -> None:
    step = Step(idx=0, **STEP)
    tool = Tool(id="count-lines", **COUNT)
    assert step.tool == tool.id
    scope = {"steps": {"list": {"outputs": {"stdout": "a\nb\n"}}}}
    context = step_context(tmp_path / "home", scope=scope)
    assert call_tool(tool, step.args, context)["stdout"] == "2\n"
    for other in ({"command": ["ls"]}, {"network": True}):
        with pytest.raises(InputError):
            call_tool(tool, {**step.args, **other}, context)


def test_a_tool_keeps_its_secret(tmp_path: Path) -> None:
    context = step_context(tmp_path / "home", secrets={"TICKETS_TOKEN": "s3cr3t-token"})
    url = "https://tickets.example.com/api/tickets/1/comments"
    for args in (
        {"url": "https://evil.example/api/tickets/1/comments"},
        {"url": f"{url}?x"},
        {"url": url, "headers": {}},
        {"url": url, "json": {"text": "a", "more": 1}},
    ):
        with pytest.raises(InputError, match="do not fit"):
            call_tool(Tool(id="t", **COMMENT), {"json": {"text": "a"}, **args}, context)
    with serving() as server:
        properties: dict[str, Any] = {**COMMENT["inputSchema"]["properties"], "url": {}, "allowPrivate": {}}
        properties["expectStatus"] = {}
        here = {**COMMENT, "inputSchema": {"properties": properties}, "outputSchema": {}}
        args = {"url": f"{server.url}/echo", "json": {"text": "a"}, "allowPrivate": True}
        outputs = call_tool(Tool(id="t", **here), args, context)
    assert server.asked[0][2]["authorization"] == "Bearer s3cr3t-token"
    assert outputs["json"]["headers"]["authorization"] == "Bearer ***"


def test_every_kind_is_described() -> None:
    assert set(re.findall(r"^## (\w+)$", PAGE, re.M)) == set(kinds())
