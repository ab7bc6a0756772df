"""Stage ``spec_bundle``: requirements → a specification in Spec Kit's form."""

from pathlib import Path

from opsroom_dagster.files import write_atomic
from opsroom_dagster.requirements.model import Requirements
from opsroom_dagster.runtime.context import StageContext
from opsroom_dagster.runtime.model import Verdict
from opsroom_dagster.specs.model import SpecBundle
from opsroom_dagster.specs.read import read_bundle
from opsroom_dagster.specs.text import cell, inline
from opsroom_dagster.specs.verify import differences, gaps
from opsroom_dagster.specs.write import bundle_files

PACKAGES = ("specs", "documents/readers", "documents/text.py", "requirements/model.py", "requirements/names.py")
SHOWN = 20


def run(context: StageContext) -> None:
    """Write the bundle."""
    requirements = _requirements(context)
    for name, text in bundle_files(context.project, requirements).items():
        write_atomic(context.output / name, text.encode())
    context.log(f"wrote specs/{context.project.slug} with {len(requirements.clarifications)} open questions")


def describe(context: StageContext) -> str:
    """What the bundle holds, its open questions, and its tasks by phase."""
    bundle = load(context.output, context.project.slug)
    parts = [
        f"**{inline(bundle.title)}**: {len(bundle.requirements)} requirements, {len(bundle.stories)} user stories, "
        f"{len(bundle.entities)} entities, {len(bundle.tasks)} tasks, {len(bundle.clarifications)} open questions.",
        "| file | lines |\n| --- | ---: |\n" + "\n".join(_files(context.output)),
    ]
    if bundle.clarifications:
        parts.append("### Needs clarification\n\n" + "\n".join(f"- {inline(q)}" for q in bundle.clarifications))
    if bundle.requirements:
        rows = "\n".join(f"| {cell(item.id)} | {cell(item.text)} |" for item in bundle.requirements)
        parts.append(f"### Requirements\n\n| id | text |\n| --- | --- |\n{rows}")
    if bundle.stories:
        parts.append("### User stories\n\n" + "\n".join(f"- {inline(s.id)} {inline(s.title)}" for s in bundle.stories))
    phases = dict.fromkeys(task.phase for task in bundle.tasks)
    rows = "\n".join(f"| {cell(phase)} | {sum(task.phase == phase for task in bundle.tasks)} |" for phase in phases)
    parts.append(f"### Tasks\n\n| phase | tasks |\n| --- | ---: |\n{rows}")
    return "\n\n".join(parts) + "\n"


def load(folder: Path, slug: str) -> SpecBundle:
    """The bundle that the stage wrote."""
    return read_bundle(folder, slug)


def spec_complete(context: StageContext) -> Verdict:
    """All mandatory sections are there; every requirement, story and entity has its id exactly once."""
    files = {path.name: path for path in sorted(context.output.rglob("*.md"))}
    found = gaps(_requirements(context), files)
    if found:
        return Verdict.failed(f"{len(found)} gaps: {found[0]}", gaps=found[:SHOWN])
    return Verdict.passed(f"{len(files)} files with all mandatory sections, every id defined once")


def spec_round_trip(context: StageContext) -> Verdict:
    """Reading the bundle back gives the same requirements."""
    requirements = _requirements(context)
    found = differences(requirements, load(context.output, context.project.slug))
    if found:
        return Verdict.failed(f"{len(found)} differences: {found[0]}", differences=found[:SHOWN])
    return Verdict.passed(
        f"read back {len(requirements.requirements)} requirements, {len(requirements.constraints)} rules, "
        f"{len(requirements.user_stories)} stories and {len(requirements.entities)} entities"
    )


def _requirements(context: StageContext) -> Requirements:
    return Requirements.model_validate_json((context.inputs["requirements"] / "requirements.json").read_bytes())


def _files(folder: Path) -> list[str]:
    return [
        f"| {path.relative_to(folder).as_posix()} | {len(path.read_text(encoding='utf-8').splitlines())} |"
        for path in sorted(folder.rglob("*.md"))
    ]
