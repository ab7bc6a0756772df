"""Plans from the tasks of spec bundles."""

import time
from pathlib import Path

import pytest

from opsroom_dagster.plans.check import check_plan
from opsroom_dagster.plans.model import Tool
from opsroom_dagster.plans.spec_plan import compile_spec_plan
from opsroom_dagster.specs.model import SpecBundle, SpecTask
from opsroom_dagster.specs.read import read_bundle

CORPUS = Path(__file__).parents[2] / "../shared/corpus"


def bundle(*tasks: SpecTask) -> SpecBundle:
    return SpecBundle(dialect="spec-kit", title="T", slug="t", tasks=tasks)


def task(
    name: str,
    phase: str = "One",
    text: str = "",
    parallel: bool = False,
    parent: str | None = None,
    depends_on: tuple[str, ...] = (),
) -> SpecTask:
    return SpecTask(id=name, text=text or name, phase=phase, parallel=parallel, parent=parent, depends_on=depends_on)


def needs(*tasks: SpecTask) -> dict[str, list[str]]:
    return {step.id: sorted(step.depends_on) for step in compile_spec_plan(bundle(*tasks)).steps}


def test_tasks_side_by_side_wait_for_what_is_above_and_hold_up_what_is_below() -> None:
    found = needs(task("A"), task("B", parallel=True), task("C", parallel=True), task("D"), task("E"))
    assert found == {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"], "e": ["d"]}


def test_stories_wait_for_the_foundation_and_not_for_each_other() -> None:
    found = needs(
        task("A", "Foundation"), task("B", "Phase 2: User Story 1 - x"), task("C", "Phase 3: User Story 2 - y"),
        task("D", "Polish"),
    )  # fmt: skip
    assert found == {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}


def test_stated_dependencies_replace_the_order_inside_a_phase() -> None:
    found = needs(task("A"), task("B"), task("C", depends_on=("A",)))
    assert found == {"a": [], "b": ["a"], "c": ["a"]}


def test_a_task_is_done_when_its_parts_are() -> None:
    found = needs(task("A"), task("B"), task("B1", parent="B"), task("B2", parent="B"), task("C"))
    assert found == {"a": [], "b1": ["a"], "b2": ["a"], "b": ["a", "b1", "b2"], "c": ["b"]}


def test_what_a_bundle_does_not_have_is_said() -> None:
    (step,) = compile_spec_plan(bundle(task("A", depends_on=("T999",)))).steps
    assert step.depends_on == ()
    assert "T999" in (step.description or "")


def test_a_contradiction_is_left_for_the_check_to_name() -> None:
    plan = compile_spec_plan(bundle(task("A", depends_on=("B",)), task("B", depends_on=("A",))))
    assert "depend on each other: a → b → a" in check_plan(plan)[0].message


def test_no_command_is_made_up_and_no_word_of_a_bundle_is_interpolated() -> None:
    text = "Run `rm -rf /` and {{secrets.TOKEN}} {{{inputs.x}}} with tool: unknown"
    plan = compile_spec_plan(bundle(task("T001", text=text, phase="{{inputs.y}}")))
    (step,) = plan.steps
    assert (step.kind, step.action, step.tool) == ("system", "approve", None)
    assert "{{" not in plan.model_dump_json()
    assert check_plan(plan) == []


def test_a_known_tool_is_called() -> None:
    tools = {"ping": Tool(id="ping", kind="http", name="Ping")}
    (step,) = compile_spec_plan(bundle(task("T001", text="Look (tool: `ping`)")), tools).steps
    assert (step.kind, step.tool) == ("tool", "ping")


def test_ids_that_differ_in_punctuation_stay_apart() -> None:
    assert [step.id for step in compile_spec_plan(bundle(task("T1.1"), task("T1-1"), task("作業"))).steps] == [
        "t1-1", "t1-1-2", "task",
    ]  # fmt: skip


def test_a_thousand_tasks_are_planned_quickly() -> None:
    tasks = [task(f"T{i:04}", f"Phase {i // 50}", parallel=i % 3 == 0) for i in range(1000)]
    started = time.perf_counter()
    plan = compile_spec_plan(bundle(*tasks))
    assert check_plan(plan) == []
    assert time.perf_counter() - started < 3


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real bundles is not beside this clone")
def test_real_bundles_become_plans_without_problems() -> None:
    for folder in [*sorted(CORPUS.glob("spec/*")), CORPUS / "documents/speckit-point-of-sale"]:
        found = read_bundle(folder)
        plan = compile_spec_plan(found)
        assert len(plan.steps) == len(found.tasks)
        assert [str(problem) for problem in check_plan(plan)] == []
