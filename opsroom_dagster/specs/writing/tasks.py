"""``tasks.md``: ordered, traceable tasks."""

from itertools import groupby

from opsroom_dagster.project import Project
from opsroom_dagster.requirements.model import Requirements
from opsroom_dagster.specs.tasks import PlannedTask, plan_tasks
from opsroom_dagster.specs.text import inline
from opsroom_dagster.specs.writing.lines import page, section, title_of


def tasks_md(project: Project, requirements: Requirements) -> str:
    """The tasks by phase. Paths are relative to the addon."""
    phases = [(phase, list(tasks)) for phase, tasks in groupby(plan_tasks(requirements), key=lambda task: task.phase)]
    priorities = {story.id: story.priority for story in requirements.user_stories if story.priority}
    return page(
        [f"# Tasks: {inline(title_of(requirements, project.slug))}"],
        [
            f"**Input**: Design documents from `specs/{project.slug}/`  ",
            "**Prerequisites**: [plan.md](plan.md), [spec.md](spec.md), [data-model.md](data-model.md)",
        ],
        [
            "Format: id, then P in brackets for tasks that can run in parallel, then the story in brackets, then the "
            "description. An id stays the same as long as what the task is for does."
        ],
        *(
            section(f"## Phase {number}: {inline(phase)}{_priority(tasks[0], priorities)}", list(map(_task, tasks)))
            for number, (phase, tasks) in enumerate(phases, 1)
        ),
    )


def _priority(task: PlannedTask, priorities: dict[str, str]) -> str:
    return f" (Priority: {inline(priorities[task.story])})" if task.story and task.story in priorities else ""


def _task(task: PlannedTask) -> str:
    parts = [
        f"- [ ] {task.id}",
        "[P]" if task.parallel else "",
        f"[{inline(task.story)}]" if task.story else "",
        inline(task.text),
        f"in `{task.path}`" if task.path else "",
        f"(serves {', '.join(map(inline, task.implements))})" if task.implements else "",
        f"(depends on {', '.join(task.depends_on)})" if task.depends_on else "",
    ]
    return " ".join(part for part in parts if part)
