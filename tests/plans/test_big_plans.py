"""Plans of a thousand steps cost bounded work: to check, to inline, to write and to read."""

import time
from typing import Any

from opsroom_dagster.plans.check import check_plan
from opsroom_dagster.plans.compile import compile_template
from opsroom_dagster.plans.file import plan_bytes
from opsroom_dagster.plans.model import Plan
from opsroom_dagster.plans.skill_steps import inline_skills
from opsroom_dagster.plans.skills import stock_skills
from opsroom_dagster.plans.templates import load_template
from opsroom_dagster.plans.tools import stock_tools
from tests.plans.test_check import plan, step
from tests.plans.test_skills import INPUTS, SKILLS

TOOLS = stock_tools()


def calls(count: int) -> dict[str, Any]:
    """Steps with arguments, verifiers and rollbacks that name what was put out before."""
    return plan(
        *(
            step(
                f"s{n}", n, *(f"s{m}" for m in range(max(0, n - 3), n)),
                kind="tool", tool="shell", action="call",
                args={"command": ["echo", "{{inputs.x}}", f"{{{{steps.s{n - 1}.outputs.stdout}}}}" if n else "-"]},
                verifiers=[{"id": "v", "kind": "json_schema",
                            "config": {"value": f"{{{{steps.s{n}.outputs.exitCode}}}}", "schema": {"const": 0}}}],
                rollback={"action": "call", "tool": "http", "args": {"url": "{{inputs.x}}"}},
            )
            for n in range(count)
        ),
        inputs={"x": "1"},
    )  # fmt: skip


def seconds(work: Any) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def test_a_thousand_calls_are_checked() -> None:
    small, large = calls(250), calls(1000)
    assert check_plan(large, TOOLS, stock_skills()) == []
    one, four = seconds(lambda: check_plan(small, TOOLS)), seconds(lambda: check_plan(large, TOOLS))
    assert four < 30
    assert four < 12 * max(one, 0.2)  # four times as many steps, and no square of them


def test_every_mistake_of_a_thousand_steps_is_named() -> None:
    broken = calls(1000)
    for each in broken["steps"]:
        each["args"]["command"].append("{{inputs.gone}}")
        each["tool"] = "telnet"
    places = {problem.place for problem in check_plan(broken, TOOLS)}
    assert {f"/steps/{n}/tool" for n in range(1000)} <= places
    assert {f"/steps/{n}/args/command/3" for n in range(1000)} <= places


def test_a_circle_through_a_thousand_steps_is_named_once() -> None:
    broken = calls(1000)
    broken["steps"][0]["dependsOn"] = ["s999"]
    found = [problem for problem in check_plan(broken, TOOLS) if "depend on each other" in problem.message]
    assert len(found) == 1


def test_hundreds_of_skills_are_inlined_and_checked() -> None:
    uses = plan(
        *(
            step(f"s{n}", n, *([f"s{n - 1}"] if n else []), kind="skill", skill="greet", action="run",
                 args={"who": f"{{{{steps.s{n - 1}.outputs.said}}}}" if n else "Ada"})
            for n in range(300)
        ),
        inputs={"environment": "ci"},
    )  # fmt: skip
    started = time.perf_counter()
    assert check_plan(uses, TOOLS, SKILLS) == []
    made = inline_skills(Plan.model_validate(uses), SKILLS, TOOLS)
    assert time.perf_counter() - started < 30
    assert len(made.steps) == 900
    assert made.steps[-2].args["command"][1] == "{{steps.s298-shout.outputs.stdout}}"


def test_a_template_of_many_items_is_compiled() -> None:
    probes = [{"url": f"https://{n}.example.org"} for n in range(100)]
    made = compile_template(load_template("healthcheck"), {"name": "all", "http": probes})
    assert len(made.steps) == 100
    assert check_plan(made, TOOLS, stock_skills()) == []


def test_a_large_value_is_carried_by_reference() -> None:
    big = "x" * 5_000_000
    skill = {"kind": "skill", "skill": "repo_mutation", "action": "run"}
    args = {**INPUTS["repo_mutation"], "patch": "{{inputs.patch}}"}
    uses = plan(step("s", 0, args=args, **skill), inputs={"patch": big, "environment": "ci"})
    made = inline_skills(Plan.model_validate(uses), stock_skills(), TOOLS)
    assert len(plan_bytes(made)) < len(big) + 50_000
