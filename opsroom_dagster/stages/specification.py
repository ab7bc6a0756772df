"""Steps that look at a spec bundle: what it says, and the plan that its tasks make."""

from pathlib import Path

from opsroom_dagster.digests import canonical_json
from opsroom_dagster.files import write_atomic
from opsroom_dagster.plans.check import check_plan
from opsroom_dagster.plans.file import plan_bytes
from opsroom_dagster.plans.model import APPROVE, Json
from opsroom_dagster.plans.skills import stock_skills
from opsroom_dagster.plans.spec_plan import compile_spec_plan
from opsroom_dagster.plans.tools import stock_tools
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.specs.model import SpecBundle
from opsroom_dagster.specs.read import read_bundle

BUNDLE, PLAN = "bundle.json", "plan.json"


def read(context: StepContext) -> Json:
    """Read the bundle in ``args.folder`` (with several in it, the one of ``args.bundle``) and say what is in it."""
    bundle = _bundle(context)
    write_atomic(context.output / BUNDLE, canonical_json(bundle.model_dump(mode="json")))
    return {
        "title": bundle.title,
        "slug": bundle.slug,
        "dialect": bundle.dialect,
        "files": list(bundle.files),
        "requirements": [item.id for item in bundle.requirements],
        "stories": [story.id for story in bundle.stories],
        "entities": [entity.name for entity in bundle.entities],
        "tasks": [task.id for task in bundle.tasks],
        "done": [task.id for task in bundle.tasks if task.done],
        "openQuestions": list(bundle.clarifications),
        "unfilled": list(bundle.unfilled),
    }


def plan(context: StepContext) -> Json:
    """Compile the bundle's tasks into a plan, kept as ``plan.json``, and say what is wrong with it."""
    compiled = compile_spec_plan(_bundle(context), stock_tools())
    write_atomic(context.output / PLAN, plan_bytes(compiled))
    return {
        "steps": len(compiled.steps),
        "byPeople": [step.id for step in compiled.steps if step.action == APPROVE],
        "problems": [str(problem) for problem in check_plan(compiled, stock_tools(), stock_skills())],
    }


def _bundle(context: StepContext) -> SpecBundle:
    return read_bundle(Path(context.step.args["folder"]), context.step.args.get("bundle"))
