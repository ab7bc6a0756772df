"""Stage ``spec_bundle``: requirements → a specification in Spec Kit's form."""

from collections import Counter
from collections.abc import Iterator, Sequence
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
from opsroom_dagster.specs.writing.lines import page, section, table

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
    phases = Counter(task.phase for task in bundle.tasks)
    return page(
        [
            f"**{inline(bundle.title)}**: {len(bundle.requirements)} requirements, {len(bundle.stories)} user stories, "
            f"{len(bundle.entities)} entities, {len(bundle.tasks)} tasks, {len(bundle.clarifications)} open questions."
        ],
        section("## Needs clarification", [f"- {inline(question)}" for question in bundle.clarifications]),
        section("## Requirements", _rows(["id", "text"], [(cell(r.id), cell(r.text)) for r in bundle.requirements])),
        section("## User stories", [f"- {inline(story.id)} {inline(story.title)}" for story in bundle.stories]),
        section("## Tasks", _rows(["phase", "tasks"], [(cell(phase), str(n)) for phase, n in phases.items()])),
        section("## Files", table(["file", "lines"], _files(context.output))),
    )


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


def _rows(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return table(header, rows) if rows else []


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*.md")):
        yield f"`{path.relative_to(folder).as_posix()}`", str(len(path.read_text(encoding="utf-8").splitlines()))
