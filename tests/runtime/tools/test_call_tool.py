"""What holds for tools of every kind."""

from pathlib import Path
from typing import Any

import pytest

from opsroom_dagster.errors import InputError, MissingToolError, StepError
from opsroom_dagster.plans.model import Json, Tool
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.tools import call_tool, kinds, shell
from tests.runtime.contexts import step_context


def tool(**schemas: Any) -> Tool:
    return Tool(id="t", kind="shell", name="t", **schemas)


@pytest.fixture
def context(tmp_path: Path) -> StepContext:
    return step_context(tmp_path / "home", sandbox="off", secrets={"KEY": "s3cr3t-key"})


def test_kinds_are_the_modules() -> None:
    assert kinds() == ["http", "shell", "sql"]


def test_a_kind_that_is_not_there_yet_is_refused(context: StepContext) -> None:
    wanted = Tool(id="t", kind="mcp", name="t")
    with pytest.raises(InputError, match=r"the tool 't' is of kind 'mcp', .* cannot call\. Kinds: http, "):
        call_tool(wanted, {}, context)


def test_what_a_tool_fixes_cannot_be_changed(context: StepContext) -> None:
    properties = {"command": {"const": ["echo", "fixed"]}, "env": {"default": {"A": "1"}}}
    narrow = tool(inputSchema={"properties": properties})
    assert call_tool(narrow, {}, context)["stdout"] == "fixed\n"
    assert call_tool(narrow, {"command": ["echo", "fixed"]}, context)["stdout"] == "fixed\n"
    for other in (["echo", "other"], "{{inputs.other}}", "{{secrets.KEY}}"):
        with pytest.raises(InputError):
            call_tool(narrow, {"command": other}, context)


def test_a_secret_that_a_tool_fixes_is_hidden(context: StepContext) -> None:
    properties = {"command": {"const": ["printenv", "KEY"]}, "env": {"const": {"KEY": "{{secrets.KEY}}"}}}
    assert call_tool(tool(inputSchema={"properties": properties}), {}, context)["stdout"] == "***\n"


def test_what_an_earlier_step_put_out_is_not_filled_in(context: StepContext, tmp_path: Path) -> None:
    scope = {"steps": {"a": {"outputs": {"text": "{{secrets.KEY}}"}}}}
    context = step_context(tmp_path / "home", sandbox="off", scope=scope, secrets={"KEY": "s3cr3t-key"})
    outputs = call_tool(tool(), {"command": ["echo", "{{steps.a.outputs.text}}"]}, context)
    assert outputs["stdout"] == "{{secrets.KEY}}\n"


def test_a_secret_that_is_missing_is_named(context: StepContext) -> None:
    with pytest.raises(InputError, match="there is no secret 'NOPE'"):
        call_tool(tool(), {"command": ["echo", "{{secrets.NOPE}}"]}, context)


def test_outputs_are_checked(context: StepContext) -> None:
    strict = tool(outputSchema={"properties": {"stdout": {"maxLength": 3}}})
    with pytest.raises(StepError, match=r"the outputs of the tool 't' do not fit: stdout: .*is too long"):
        call_tool(strict, {"command": ["echo", "{{secrets.KEY}}"]}, context)


@pytest.mark.parametrize(
    "error", [ValueError("about s3cr3t-key"), StepError("about s3cr3t-key"), OSError(2, "s3cr3t-key")]
)
def test_errors_of_every_kind_are_the_steps_and_tell_no_secret(
    context: StepContext, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def crash(_args: Json, _context: StepContext) -> Json:
        raise error

    monkeypatch.setattr(shell, "call", crash)
    with pytest.raises(StepError, match=r"\*\*\*") as caught:
        call_tool(tool(), {"command": ["{{secrets.KEY}}"]}, context)
    assert "s3cr3t" not in str(caught.value)
    assert isinstance(error, StepError) or caught.value.__suppress_context__
    assert caught.value.__cause__ is None


def test_an_error_keeps_what_it_is(context: StepContext) -> None:
    with pytest.raises(MissingToolError, match=r"The program '\*\*\*' is missing") as caught:
        call_tool(tool(), {"command": ["{{secrets.KEY}}"]}, context)
    assert caught.value.exit_code == 3
