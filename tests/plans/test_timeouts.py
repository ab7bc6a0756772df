"""Times that contradict each other."""

from typing import Any

import pytest

from opsroom_dagster.plans.check import check_plan
from opsroom_dagster.plans.model import Constraints, Skill, Step, Tool
from tests.plans.test_check import plan, step

TOOLS = {"run": Tool(id="run", kind="shell", name="Run")}
LAST = Step(id="last", idx=0, title="Last", kind="system", action="approve")
SKILLS = {"do": Skill(id="do", slug="do", name="Do", constraints=Constraints(max_runtime_ms=5_000), steps=(LAST,))}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"verifiers": [{"id": "v", "kind": "http", "config": {"url": "x", "deadlineMs": 2_000}}]},
         "verifiers/0/config/deadlineMs"),
        ({"preconditions": [{"id": "v", "kind": "http", "config": {"url": "x", "timeoutMs": 2_000}}]},
         "preconditions/0/config/timeoutMs"),
        ({"kind": "tool", "tool": "run", "action": "call", "args": {"timeoutMs": 2_000}}, "args/timeoutMs"),
        ({"kind": "skill", "skill": "do", "action": "run", "timeoutMs": 6_000}, "timeoutMs"),
    ],
)  # fmt: skip
def test_what_is_inside_may_not_take_longer(change: dict[str, Any], place: str) -> None:
    raw = plan(step("a", 0, **{"timeoutMs": 1_000, **change}))
    assert [problem.place for problem in check_plan(raw, TOOLS, SKILLS)] == [f"/steps/0/{place}"]


def test_what_fits_is_no_problem() -> None:
    verifier = {"id": "v", "kind": "http", "config": {"url": "x", "deadlineMs": 1_000}}
    raw = plan(
        step("a", 0, kind="tool", tool="run", action="call", args={"timeoutMs": 1_000}, timeoutMs=1_000),
        step("b", 1, verifiers=[verifier]),
        step("c", 2, kind="skill", skill="do", action="run", timeoutMs=5_000),
    )
    assert check_plan(raw, TOOLS, SKILLS) == []
