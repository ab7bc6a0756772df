"""The stage that compiles the plan."""

import json
from pathlib import Path

from opsroom_dagster.runtime.context import StageContext
from opsroom_dagster.stages import plan
from tests.stages.specified import specified, stage_context


def planned(root: Path) -> StageContext:
    specified(root)
    context = stage_context(root, "plan")
    plan.run(context)
    return context


def test_the_plan_is_valid_and_covers_the_specification(tmp_path: Path) -> None:
    context = planned(tmp_path)
    assert plan.plan_valid(context).status == "passed"
    assert plan.plan_covers_spec(context).status == "passed"


def test_a_broken_plan_fails(tmp_path: Path) -> None:
    context = planned(tmp_path)
    file = context.output / "plan.json"
    raw = json.loads(file.read_bytes())
    raw["steps"][0]["dependsOn"] = ["release"]
    file.write_text(json.dumps(raw), encoding="utf-8")
    verdict = plan.plan_valid(context)
    assert verdict.status == "failed"
    assert "depend on each other: document → release" in verdict.summary


def test_a_task_without_a_step_fails(tmp_path: Path) -> None:
    context = planned(tmp_path)
    tasks = tmp_path / "spec_bundle/specs/kennel/tasks.md"
    tasks.write_text(tasks.read_text(encoding="utf-8") + "\n- [ ] T999999 Something else\n", encoding="utf-8")
    verdict = plan.plan_covers_spec(context)
    assert verdict.status == "failed"
    assert verdict.evidence["missing"] == ["T999999"]


def test_people_see_the_graph_and_the_steps(tmp_path: Path) -> None:
    shown = plan.describe(planned(tmp_path))
    assert "](data:image/svg+xml;base64," in shown
    assert "| 5 | odoo_addon |" in shown
