"""Is a written bundle complete, and does reading it back give what was written?"""

import re
from collections import Counter
from pathlib import Path

from opsroom_dagster.requirements.model import Requirements
from opsroom_dagster.specs.model import SpecBundle
from opsroom_dagster.specs.reading.page import Page
from opsroom_dagster.specs.tasks import plan_tasks
from opsroom_dagster.specs.text import bold, inline, tidy, unescaped

MANDATORY = {
    "spec.md": (
        "## User Scenarios & Testing *(mandatory)*", "### Edge Cases", "## Requirements *(mandatory)*",
        "## Success Criteria *(mandatory)*", "### Measurable Outcomes", "## Assumptions",
    ),
    "data-model.md": ("## Entities", "## Relationships"),
    "plan.md": (
        "## Summary", "## Technical Context", "## Constitution Check", "## Project Structure",
        "## Complexity Tracking",
    ),
    "tasks.md": ("## Phase 1: Setup",),
    "constitution.md": ("## Core Principles", "## Governance"),
}  # fmt: skip


def gaps(requirements: Requirements, files: dict[str, Path]) -> list[str]:
    """What is missing: mandatory sections, ids that are not defined exactly once, questions that nobody sees.

    Args:
        files: name of the file (``spec.md``) → where it lies.
    """
    found: list[str] = []
    for name, headings in MANDATORY.items():
        if name not in files:
            found.append(f"{name} is missing")
            continue
        page = Page(files[name], name)
        written = {f"{'#' * block.level} {block.text}" for block in page.blocks if block.kind == "heading"}
        found += [f"{name} has no section {heading!r}" for heading in headings if heading not in written]
        if page.unfilled:
            found.append(f"{name} is an unfilled template")
    if "spec.md" in files:
        text = files["spec.md"].read_text(encoding="utf-8")
        found += _definitions(requirements, text)
        markers = len(re.findall(r"(?<!\\)\[NEEDS CLARIFICATION:", text))
        if markers != len(requirements.clarifications):
            found.append(f"{len(requirements.clarifications)} open questions, but {markers} markers in spec.md")
    return found


def differences(requirements: Requirements, bundle: SpecBundle) -> list[str]:
    """How a bundle that was read back differs from the requirements that it was written from."""
    wanted = {item.id: tidy(item.text) for item in (*requirements.requirements, *requirements.constraints)}
    own = {item.id: item.text for item in bundle.outcomes if item.id in wanted}  # the bundle adds some of its own
    found = _compare("requirement", wanted, {**{item.id: item.text for item in bundle.requirements}, **own})
    wanted = {story.id: tidy(story.title) for story in requirements.user_stories}
    found += _compare("story", wanted, {story.id: story.title for story in bundle.stories})
    wanted = {entity.id: tidy(entity.name) for entity in requirements.entities}
    found += _compare("entity", wanted, {entity.id: entity.name for entity in bundle.entities})
    fields = {entity.id: [tidy(field.name) for field in entity.fields] for entity in requirements.entities}
    for entity in bundle.entities:
        if [field.name for field in entity.fields] != fields.get(entity.id, []):
            found.append(f"the fields of {entity.name} differ")
    tasks = {task.id: sorted(task.depends_on) for task in plan_tasks(requirements)}
    if tasks != {task.id: sorted(task.depends_on) for task in bundle.tasks}:
        found.append("the tasks or their dependencies differ")
    questions = Counter(tidy(question.question) for question in requirements.clarifications)
    if set(questions) != set(bundle.clarifications):
        found.append("the open questions differ")
    return found


def _definitions(requirements: Requirements, text: str) -> list[str]:
    lines = Counter[str]()
    for line in text.splitlines():
        for pattern in (r"- \*\*(.+?)\*\*: ", r"\*\*ID\*\*: (.+)", r"- (\*\*(?:\\.|[^*\\])+\*\* \(KE-[^)]*\))"):
            match = re.match(pattern, line)
            if match:
                lines[match.group(1)] += 1
    wanted = [inline(item.id) for item in (*requirements.requirements, *requirements.constraints)]
    wanted += [inline(story.id) for story in requirements.user_stories]
    wanted += [f"{bold(entity.name)} ({inline(entity.id)})" for entity in requirements.entities]
    return [f"{unescaped(item)} is defined {lines[item]} times in spec.md" for item in wanted if lines[item] != 1]


def _compare(kind: str, wanted: dict[str, str], found: dict[str, str]) -> list[str]:
    lost = [f"{kind} {item} was not read back" for item in wanted if item not in found]
    new = [f"{kind} {item} was read but never written" for item in found if item not in wanted]
    changed = [
        f"{kind} {item} reads {found[item]!r}" for item in wanted if item in found and wanted[item] != found[item]
    ]
    return lost + new + changed
