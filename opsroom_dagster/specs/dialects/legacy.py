"""The older form: ``spec/<slug>/{constitution,prd,plan,tasks}.md``."""

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

NAME = "legacy"
NAMES = {"prd": "prd.md", "plan": "plan.md", "tasks": "tasks.md", "constitution": "constitution.md"}
_KIND = re.compile(r"^(?:PRD|Product Requirements(?: Document)?)\s*[:—–-]+\s*|\s*[:—–-]+\s*PRD$", re.IGNORECASE)


def find(folder: Path) -> dict[str, Files]:
    """Folders with ``prd.md``: the folder itself, or those in ``spec/``."""
    places = (
        folder,
        folder / "spec",
        *sorted(folder.glob("spec/*")),
        *(sorted(folder.glob("*")) if folder.name == "spec" else ()),
    )
    found = {place.name: present(place, NAMES) for place in places}
    return {slug: files for slug, files in found.items() if "prd" in files}


def read(slug: str, files: Files) -> SpecBundle:
    """The bundle; without ``tasks.md`` the check boxes of the plan are its tasks."""
    pages = {role: Page(path, path.name) for role, path in files.items()}
    prd, constitution = pages["prd"], pages.get("constitution")
    tasks = pages.get("tasks") or pages.get("plan")
    open_questions, answered = read_questions(*pages.values())
    return SpecBundle(
        dialect=NAME,
        title=_KIND.sub("", prd.title).strip() or slug,
        slug=slug,
        requirements=read_requirements(prd, loose=True),
        outcomes=read_outcomes(prd),
        stories=read_stories(prd),
        entities=read_entities(prd, None),
        tasks=read_tasks(tasks) if tasks else (),
        principles=read_principles(constitution) if constitution else (),
        clarifications=open_questions,
        answered=answered,
        unfilled=tuple(sorted(page.name for page in pages.values() if page.unfilled)),
        files=tuple(sorted(path.name for path in files.values())),
    )
