"""A project's specification → its executable doc-to-code plan."""

from opsroom_dagster.plans.compile import compile_template
from opsroom_dagster.plans.literal import literal
from opsroom_dagster.plans.model import Json, Plan, PlanMetadata, Step
from opsroom_dagster.plans.templates import load_template
from opsroom_dagster.project import Project
from opsroom_dagster.requirements.model import Entity, Requirements
from opsroom_dagster.specs.model import SpecBundle
from opsroom_dagster.specs.tasks import built_entities, plan_tasks

TEMPLATE = "doc-to-code"
TARGET_STEPS = {"odoo": "odoo_addon"}
"""Target → the step that generates it."""


def compile_project_plan(project: Project, requirements: Requirements, bundle: SpecBundle) -> Plan:
    """The template with what this project's specification asks of each step.

    Every step that fulfils tasks names them in ``args.tasks``; a target's step also names the entities that it makes,
    with the ids that they serve. No clock: equal arguments give an equal plan.
    """
    parameters = {"project": project.slug, "targets": list(project.targets), "odoo_series": project.odoo_series}
    plan = compile_template(load_template(TEMPLATE), parameters)
    tasks = tasks_by_step(requirements, bundle)
    entities = [_entity(entity, requirements) for entity in built_entities(requirements)]
    makes = {TARGET_STEPS[target] for target in project.targets}
    return plan.model_copy(
        update={
            "id": f"{TEMPLATE}-{project.slug}",
            "title": literal(f"{requirements.title or project.slug}: {plan.title}"),
            "steps": tuple(
                _step(step, tasks.get(step.id, []), entities if step.id in makes else []) for step in plan.steps
            ),
            "expected_outputs": _expected(project, requirements, entities),
            "metadata": PlanMetadata(source=f"template:{TEMPLATE}", tags=(project.slug, *project.targets)),
        }
    )


def tasks_by_step(requirements: Requirements, bundle: SpecBundle) -> dict[str, list[str]]:
    """Step id → ids of the bundle's tasks that it carries out, in the order of the bundle."""
    step_of = {task.id: task.step for task in plan_tasks(requirements)}
    found: dict[str, list[str]] = {}
    for task in bundle.tasks:
        if task.id in step_of:
            found.setdefault(step_of[task.id], []).append(task.id)
    return found


def _step(step: Step, tasks: list[str], entities: list[Json]) -> Step:
    more: Json = ({"tasks": tasks} if tasks else {}) | ({"entities": entities} if entities else {})
    return step.model_copy(update={"args": {**step.args, **more}}) if more else step


def _entity(entity: Entity, requirements: Requirements) -> Json:
    serves = [item.id for item in requirements.requirements if entity.name in item.entities]
    serves += [rule.id for rule in requirements.constraints if rule.entity == entity.name]
    found: Json = {
        "id": literal(entity.id),
        "name": literal(entity.name),
        "fields": [literal(field.name) for field in entity.fields],
        "requirements": [literal(item) for item in serves],
    }
    return found | ({"model": literal(entity.odoo_model)} if entity.odoo_model else {})


def _expected(project: Project, requirements: Requirements, entities: list[Json]) -> Json:
    folder = f"specs/{project.slug}"
    return {
        "specification": [f"{folder}/{name}.md" for name in ("data-model", "plan", "spec", "tasks")],
        "models": [entity["name"] for entity in entities],
        "openQuestions": len(requirements.clarifications),
        "proofs": ["bundle.intoto.jsonl"],
    }
