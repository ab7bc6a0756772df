"""GitHub Spec Kit: ``specs/<slug>/{spec,plan,data-model,tasks}.md`` and ``.specify/memory/constitution.md``."""

import re
from pathlib import Path

from opsroom_dagster.specs.dialects import Files, present
from opsroom_dagster.specs.model import SpecBundle
from opsroom_dagster.specs.reading.constitution import read_principles
from opsroom_dagster.specs.reading.entities import read_entities
from opsroom_dagster.specs.reading.page import Page
from opsroom_dagster.specs.reading.statements import read_outcomes, read_questions, read_requirements
from opsroom_dagster.specs.reading.stories import read_stories
from opsroom_dagster.specs.reading.tasks import read_tasks
from opsroom_dagster.specs.text import unescaped

NAME = "spec-kit"
NAMES = {"spec": "spec.md", "plan": "plan.md", "data_model": "data-model.md", "tasks": "tasks.md"}
MEMORY = Path(".specify/memory/constitution.md")


def find(folder: Path) -> dict[str, Files]:
    """Feature folders hold ``spec.md``: the folder itself, or those in ``specs/``."""
    found: dict[str, Files] = {}
    for feature in (
        folder,
        *sorted(folder.glob("specs/*")),
        *(sorted(folder.glob("*")) if folder.name == "specs" else ()),
    ):
        files = present(feature, NAMES)
        if "spec" in files:
            places = (folder / MEMORY, feature / "constitution.md", feature.parent.parent / MEMORY)
            constitution = next((place for place in places if place.is_file()), None)
            found[feature.name] = files | ({"constitution": constitution} if constitution else {})
    return found


def read(slug: str, files: Files) -> SpecBundle:
    """The bundle of one feature."""
    pages = {role: Page(path, path.name) for role, path in files.items()}
    spec, constitution, tasks = pages["spec"], pages.get("constitution"), pages.get("tasks")
    open_questions, answered = read_questions(*pages.values())
    return SpecBundle(
        dialect=NAME,
        title=unescaped(re.sub(r"^Feature Specification\s*[:：]\s*", "", _heading(spec))),
        slug=slug,
        requirements=read_requirements(spec),
        outcomes=read_outcomes(spec),
        stories=read_stories(spec),
        entities=read_entities(spec, pages.get("data_model")),
        tasks=read_tasks(tasks) if tasks else (),
        principles=read_principles(constitution) if constitution and not constitution.unfilled else (),
        clarifications=open_questions,
        answered=answered,
        unfilled=tuple(sorted(page.name for page in pages.values() if page.unfilled)),
        files=tuple(sorted(path.name for path in files.values())),
    )


def _heading(page: Page) -> str:
    """The first heading as written, escapes included."""
    return next((block.text for block in page.blocks if block.kind == "heading"), page.title)
