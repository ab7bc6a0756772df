"""Mistakes in plans."""

import copy
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsroom_dagster.plans.check import check_plan
from opsroom_dagster.plans.model import Plan, Tool
from opsroom_dagster.plans.templates import doc_to_code_steps

TOOLS = {
    "ping": Tool(id="ping", kind="http", name="Ping", outputSchema={"properties": {"latency": {"type": "number"}}}),
}


def step(name: str, idx: int, *needs: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "idx": idx,
        "title": name,
        "kind": "system",
        "action": "approve",
        "dependsOn": list(needs),
        **more,
    }


def plan(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "p", "kind": "k", "title": "t", "steps": list(steps), "metadata": {"source": "test"}, **more}


GOOD = plan(
    step("a", 0, kind="tool", tool="ping", action="call", args={"host": "{{inputs.host}}"}),
    step(
        "b", 1, "a",
        action="opsroom_dagster.stages.plan:run",
        args={"ms": "{{steps.a.outputs.latency}}", "key": "{{secrets.KEY}}"},
        verifiers=[{"id": "v", "kind": "custom", "config": {
            "entrypoint": "opsroom_dagster.stages.plan:plan_valid", "args": {"own": "{{steps.b.outputs.x}}"}}}],
    ),
    inputs={"host": "example.org"},
    expectedOutputs={"ms": "{{steps.a.outputs.latency}}"},
)  # fmt: skip


def test_a_good_plan_has_no_problem() -> None:
    assert check_plan(GOOD, TOOLS) == []
    assert check_plan(Plan.model_validate(GOOD), TOOLS) == []


def test_every_mistake_is_found_at_once() -> None:
    broken = copy.deepcopy(GOOD)
    first, second = broken["steps"]
    first["tool"] = "pong"
    first["args"]["host"] = "{{inputs.hostname}}"
    second["idx"] = 7
    second["dependsOn"] = ["a", "nowhere"]
    second["args"]["ms"] = "{{7*7}}"
    second["verifiers"].append({"id": "v", "kind": "custom", "config": {"entrypoint": "os:system"}})
    second["colour"] = "red"
    broken["steps"].append(step("a", 2))
    del broken["title"]
    assert [(problem.place, problem.step) for problem in check_plan(broken, TOOLS)] == [
        ("/steps/0/args/host", "a"),
        ("/steps/0/tool", "a"),
        ("/steps/1/args/ms", "b"),
        ("/steps/1/colour", "b"),
        ("/steps/1/dependsOn/1", "b"),
        ("/steps/1/idx", "b"),
        ("/steps/1/verifiers/1/config/entrypoint", "b"),
        ("/steps/1/verifiers/1/id", "b"),
        ("/steps/2/id", "a"),
        ("/title", None),
    ]


@pytest.mark.parametrize(
    ("change", "place", "message"),
    [
        ({"action": "os.system:call"}, "/steps/1/action", "inside opsroom_dagster"),
        ({"action": "opsroom_dagster.runtime._private:run"}, "/steps/1/action", "inside opsroom_dagster"),
        ({"action": "opsroom_dagster_evil:run"}, "/steps/1/action", "inside opsroom_dagster"),
        ({"kind": "tool"}, "/steps/1", "names its tool"),
        ({"kind": "skill", "skill": "fly", "action": "x"}, "/steps/1/skill", "no skill 'fly'"),
        ({"tool": "ping"}, "/steps/1/tool", "has no tool"),
        ({"dependsOn": ["a", "a"]}, "/steps/1/dependsOn/1", "named twice"),
        ({"dependsOn": []}, "/steps/1/args/ms", "does not depend on 'a'"),
        ({"args": {"x": "{{steps.a.outputs.colour}}"}}, "/steps/1/args/x", "it has latency"),
        ({"args": {"x": "{{steps.b.outputs.y}}"}}, "/steps/1/args/x", "does not depend on 'b'"),
        ({"args": {"x": [{"y": "{{steps.zzz.outputs.y}}"}]}}, "/steps/1/args/x/0/y", "no step 'zzz'"),
        ({"rollback": {"action": "rm"}}, "/steps/1/rollback/action", "inside opsroom_dagster"),
        ({"rollback": {"action": "x", "tool": "pong"}}, "/steps/1/rollback/tool", "known: ping"),
    ],
)
def test_one_mistake(change: dict[str, Any], place: str, message: str) -> None:
    broken = copy.deepcopy(GOOD)
    broken["steps"][1].update(change)
    problems = check_plan(broken, TOOLS)
    assert [problem.place for problem in problems] == [place]
    assert message in problems[0].message


def test_cycles_are_named() -> None:
    broken = plan(step("a", 0, "c"), step("b", 1, "a"), step("c", 2, "b"), step("d", 3, "d"), step("e", 4, "c"))
    assert [problem.message for problem in check_plan(broken)] == [
        "the steps depend on each other: a → c → b → a",
        "the steps depend on each other: d → d",
    ]


def test_a_step_that_comes_before_what_it_needs_is_named() -> None:
    assert [str(p) for p in check_plan(plan(step("a", 0, "b"), step("b", 1)))] == [
        "/steps/0/dependsOn/0 (step a): 'b' comes later; put steps after what they depend on"
    ]


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"steps": 3},
        {"steps": [None, 7, "x", []]},
        {"steps": [{"id": 5, "dependsOn": "a", "verifiers": {"a": 1}, "args": [], "rollback": []}]},
        {"steps": [{"id": "a", "dependsOn": [None, {}], "kind": "tool", "tool": ["x"], "preconditions": [None]}]},
    ],
)
def test_what_is_no_plan_at_all_is_reported_not_raised(raw: dict[str, Any]) -> None:
    assert check_plan(raw)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
paths = st.sampled_from(
    ["id", "idx", "kind", "tool", "action", "args", "dependsOn", "verifiers", "rollback", "preconditions"]
)


@given(st.integers(0, 1), paths, json_values)
@settings(max_examples=300, deadline=None)
def test_any_damage_is_survived(index: int, key: str, value: Any) -> None:
    broken = copy.deepcopy(GOOD)
    broken["steps"][index][key] = value
    problems = check_plan(broken, TOOLS)
    assert problems == check_plan(broken, TOOLS)
    if not problems:
        Plan.model_validate(broken)


@given(
    st.integers(2, 30).flatmap(lambda n: st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=60))
)
@settings(deadline=None)
def test_a_graph_passes_exactly_when_its_order_fits(pairs: list[tuple[int, int]]) -> None:
    needs: dict[int, set[int]] = {}
    for one, other in pairs:
        needs.setdefault(one, set()).add(other)
    steps = [step(f"s{i}", i, *(f"s{need}" for need in sorted(needs.get(i, ())))) for i in range(30)]
    assert bool(check_plan(plan(*steps))) == any(need >= one for one, found in needs.items() for need in found)


def test_a_thousand_steps_are_checked_quickly() -> None:
    steps = [
        step(f"s{i}", i, *(f"s{j}" for j in range(max(0, i - 5), i)), args={"x": "{{steps.s0.outputs.y}}"} if i else {})
        for i in range(1000)
    ]
    started = time.perf_counter()
    assert check_plan(plan(*steps)) == []
    assert time.perf_counter() - started < 2


def test_the_main_job_has_no_problem() -> None:
    names = {"project": "p", "targets": ["odoo"], "odoo_series": "18.0"}
    raw = plan(*(s.model_dump(mode="json", by_alias=True) for s in doc_to_code_steps()), inputs=names)
    assert check_plan(raw) == []
