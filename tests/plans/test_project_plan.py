"""The doc-to-code plan of a project."""

from pathlib import Path

from opsroom_dagster.plans.check import check_plan
from opsroom_dagster.plans.file import plan_bytes
from opsroom_dagster.plans.model import Plan
from opsroom_dagster.plans.project_plan import compile_project_plan
from opsroom_dagster.plans.show import plan_mermaid, plan_svg
from opsroom_dagster.requirements.model import Requirements
from tests.specs.examples import HOSTILE, KENNEL, PROJECT, hostile
from tests.specs.test_write import round_trip


def compiled(folder: Path, requirements: Requirements = KENNEL) -> Plan:
    return compile_project_plan(PROJECT, requirements, round_trip(folder, requirements))


def test_the_target_knows_its_entities_and_tasks(tmp_path: Path) -> None:
    plan = compiled(tmp_path)
    step = next(step for step in plan.steps if step.id == "odoo_addon")
    assert step.args["series"] == "{{inputs.odoo_series}}"
    assert step.args["entities"] == [
        {"id": "KE-stay", "name": "Stay", "fields": ["dog_id", "state"], "requirements": ["FR-001"]},
        {"id": "KE-dog", "name": "Dog", "fields": ["name"], "requirements": ["FR-001", "C-000009"]},
    ]
    assert step.args["tasks"]
    assert plan.expected_outputs["models"] == ["Stay", "Dog"]
    assert check_plan(plan) == []


def test_every_task_belongs_to_exactly_one_step(tmp_path: Path) -> None:
    named = [task for step in compiled(tmp_path).steps for task in step.args.get("tasks", [])]
    assert sorted(named) == sorted(task.id for task in round_trip(tmp_path, KENNEL).tasks)


def test_equal_specifications_give_equal_bytes(tmp_path: Path) -> None:
    assert plan_bytes(compiled(tmp_path / "a")) == plan_bytes(compiled(tmp_path / "b"))
    assert compiled(tmp_path).created_at is None


def test_hostile_names_never_become_interpolations(tmp_path: Path) -> None:
    for number, text in enumerate((*HOSTILE, "{{secrets.TOKEN}}", "{{{inputs.project}}}")):
        plan = compiled(tmp_path / str(number), hostile(text))
        assert check_plan(plan) == []
        assert "{{secrets" not in plan.model_dump_json()


def test_drawings_name_every_step(tmp_path: Path) -> None:
    plan = compiled(tmp_path)
    assert all(step.id in plan_svg(plan) for step in plan.steps)
    assert "s0 --> s1" in plan_mermaid(plan)
