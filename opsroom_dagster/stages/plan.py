"""Stage ``plan``: requirements and specification → the project's executable plan."""

from collections.abc import Sequence

from opsroom_dagster.diagrams import picture
from opsroom_dagster.files import write_atomic
from opsroom_dagster.plans.check import check_plan
from opsroom_dagster.plans.file import plan_bytes, read_raw_plan
from opsroom_dagster.plans.model import Plan, Step
from opsroom_dagster.plans.project_plan import compile_project_plan
from opsroom_dagster.plans.show import doing, plan_svg
from opsroom_dagster.requirements.model import Requirements
from opsroom_dagster.runtime.context import StageContext
from opsroom_dagster.runtime.model import Verdict
from opsroom_dagster.specs.model import SpecBundle
from opsroom_dagster.specs.read import read_bundle
from opsroom_dagster.specs.text import cell
from opsroom_dagster.specs.writing.lines import page, section, table

PACKAGES = ("plans", "specs", "diagrams", "requirements/model.py", "requirements/names.py")
FILE = "plan.json"
SHOWN = 20


def run(context: StageContext) -> None:
    """Compile the plan and write it as canonical JSON."""
    data = (context.inputs["requirements"] / "requirements.json").read_bytes()
    plan = compile_project_plan(context.project, Requirements.model_validate_json(data), _bundle(context))
    write_atomic(context.output / FILE, plan_bytes(plan))
    context.log(f"compiled {len(plan.steps)} steps")


def describe(context: StageContext) -> str:
    """The graph of the plan and a table of its steps."""
    plan = Plan.model_validate(read_raw_plan(context.output / FILE))
    header = ["", "step", "does", "after", "verified by", "tasks", "action"]
    return page(
        [
            f"**{cell(plan.title)}**: {len(plan.steps)} steps, "
            f"{sum(len(step.verifiers) for step in plan.steps)} verifiers"
        ],
        section("## Graph", [picture("The order of the steps", plan_svg(plan))]),
        section("## Steps", table(header, map(_row, plan.steps))),
    )


def _row(step: Step) -> Sequence[str]:
    return (
        str(step.idx + 1),
        cell(step.id),
        cell(step.title),
        cell(", ".join(step.depends_on)),
        cell(", ".join(verifier.id for verifier in step.verifiers)),
        str(len(step.args.get("tasks", [])) or ""),
        cell(doing(step)),
    )


def plan_valid(context: StageContext) -> Verdict:
    """Ids unique, dependencies acyclic, interpolations resolvable, tools known."""
    raw = read_raw_plan(context.output / FILE)
    problems = [str(problem) for problem in check_plan(raw)]
    if problems:
        return Verdict.failed(f"{len(problems)} problems: {problems[0]}", problems=problems[:SHOWN])
    return Verdict.passed(f"{len(raw['steps'])} steps, no problem")


def plan_covers_spec(context: StageContext) -> Verdict:
    """Every task of the specification belongs to a step, and no step names a task that the specification lacks."""
    plan = Plan.model_validate(read_raw_plan(context.output / FILE))
    covered = {task for step in plan.steps for task in step.args.get("tasks", [])}
    tasks = {task.id for task in _bundle(context).tasks}
    missing, unknown = sorted(tasks - covered), sorted(covered - tasks)
    if missing or unknown:
        return Verdict.failed(
            f"{len(missing)} tasks belong to no step, {len(unknown)} are not in the specification",
            missing=missing[:SHOWN],
            unknown=unknown[:SHOWN],
        )
    return Verdict.passed(f"all {len(tasks)} tasks belong to a step")


def _bundle(context: StageContext) -> SpecBundle:
    return read_bundle(context.inputs["spec_bundle"], context.project.slug)
