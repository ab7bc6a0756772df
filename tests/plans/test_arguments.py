"""Arguments against the schemas of tools and skills, and inputs against those of templates."""

from typing import Any

import pytest

from opsroom_dagster.plans.check import check_plan
from opsroom_dagster.plans.model import Skill, Step, Tool
from tests.plans.test_check import plan, step

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["command", "host"],
    "properties": {
        "command": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "host": {"type": "string", "pattern": "^[a-z.]+$"},
        "port": {"type": "integer", "minimum": 1},
        "mode": {"enum": ["fast", "slow"], "default": "fast"},
        "verb": {"const": "GET"},
        "target": {"oneOf": [{"type": "string"}, {"type": "object", "required": ["id"]}]},
    },
}
OUTPUTS = {"properties": {"code": {"type": "integer", "x-from": "{{inputs.port}}"}}}
TOOLS = {"run": Tool(id="run", kind="shell", name="Run", inputSchema=SCHEMA, outputSchema=OUTPUTS)}
LAST = Step(id="last", idx=0, title="Last", kind="system", action="approve")
SKILLS = {"do": Skill(id="do", slug="do", name="Do", inputSchema=SCHEMA, outputSchema=OUTPUTS, steps=(LAST,))}
X = "{{inputs.x}}"


def problems(args: Any, kind: str = "tool") -> list[tuple[str, str]]:
    named = {"tool": "run"} if kind == "tool" else {"skill": "do"}
    raw = plan(step("a", 0, kind=kind, action="call", args=args, **named), inputs={"x": 1})
    return [(problem.place, problem.message) for problem in check_plan(raw, TOOLS, SKILLS)]


GOOD = {"command": ["ls"], "host": "a.b", "port": 1}


@pytest.mark.parametrize(
    "change",
    [{}, {"port": 80}, {"port": X}, {"command": X}, {"command": ["ls", X]}, {"host": X}, {"host": f"{X}.org"},
     {"mode": X}, {"target": {"id": X}}, {"verb": "GET"}],
)  # fmt: skip
def test_what_fits_or_is_not_known_yet_is_no_problem(change: dict[str, Any]) -> None:
    assert problems({**GOOD, **change}) == []


@pytest.mark.parametrize(
    ("change", "place", "word"),
    [
        ({"port": "80"}, "/steps/0/args/port", "integer"),
        ({"port": f"8{X}"}, "/steps/0/args/port", "integer"),
        ({"port": 0}, "/steps/0/args/port", "minimum"),
        ({"command": []}, "/steps/0/args/command", "non-empty"),
        ({"command": [X, 3]}, "/steps/0/args/command/1", "3 is not of type"),
        ({"command": {"a": X}}, "/steps/0/args/command", "array"),
        ({"host": "A"}, "/steps/0/args/host", "does not match"),
        ({"colour": X}, "/steps/0/args", "colour"),
        ({"verb": "POST"}, "/steps/0/args/verb", "GET"),
        ({"target": 3}, "/steps/0/args/target", "not valid"),
    ],
)
@pytest.mark.parametrize("kind", ["tool", "skill"])
def test_what_cannot_fit_is_named(kind: str, change: dict[str, Any], place: str, word: str) -> None:
    ((found, message),) = problems({**GOOD, **change}, kind)
    assert found == place
    assert word in message
    assert {"tool": "the tool 'run'", "skill": "the skill 'do'"}[kind] in message


def test_every_mistake_is_named() -> None:
    assert [place for place, _ in problems({"port": "x", "mode": "odd", "n": 1})] == [
        "/steps/0/args", "/steps/0/args", "/steps/0/args", "/steps/0/args/mode", "/steps/0/args/port",
    ]  # fmt: skip


def test_rollbacks_are_judged_too() -> None:
    raw = plan(step("a", 0, rollback={"tool": "run", "action": "call", "args": {"command": "ls", "host": "a"}}))
    assert [problem.place for problem in check_plan(raw, TOOLS)] == ["/steps/0/rollback/args/command"]


@pytest.mark.parametrize("kind", [{"kind": "tool", "tool": "run"}, {"kind": "skill", "skill": "do"}])
def test_outputs_that_are_not_there_are_named(kind: dict[str, str]) -> None:
    raw = plan(
        step("a", 0, action="call", args=GOOD, **kind),
        step("b", 1, "a", args={"x": "{{steps.a.outputs.colour}}", "y": "{{steps.a.outputs.code}}"}),
    )
    (problem,) = check_plan(raw, TOOLS, SKILLS)
    assert problem.place == "/steps/1/args/x"
    assert "it has code" in problem.message


def test_an_unknown_tool_or_skill_is_named_with_those_that_exist() -> None:
    raw = plan(
        step("a", 0, kind="tool", tool="fly", action="call"), step("b", 1, kind="skill", skill="swim", action="run")
    )
    assert [problem.message for problem in check_plan(raw, TOOLS, SKILLS)] == [
        "there is no tool 'fly'; known: run",
        "there is no skill 'swim'; known: do",
    ]


def test_inputs_are_held_against_the_template_that_they_were_made_for() -> None:
    raw = plan(
        step("a", 0),
        inputs={"project": "No Slug", "targets": ["odoo"], "odoo_series": "18.0"},
        metadata={"source": "template:doc-to-code"},
    )
    (problem,) = check_plan(raw)
    assert problem.place == "/inputs/project"
    assert "the template 'doc-to-code'" in problem.message


def test_inputs_are_held_against_the_skill_that_they_were_made_for() -> None:
    raw = plan(step("a", 0), inputs={"command": []}, metadata={"source": "skill:do"})
    assert [problem.place for problem in check_plan(raw, TOOLS, SKILLS)] == ["/inputs", "/inputs/command"]
