"""``plan.md``: technical context, gates and project structure."""

from opsroom_dagster.project import Project
from opsroom_dagster.requirements.model import Requirements
from opsroom_dagster.specs.tasks import ordered_by_reference, plan_tasks
from opsroom_dagster.specs.text import cell, inline
from opsroom_dagster.specs.writing.constitution import principles_of
from opsroom_dagster.specs.writing.lines import page, section, table, title_of


def plan_md(project: Project, requirements: Requirements) -> str:
    """The implementation plan of the project's target."""
    return page(
        [f"# Implementation Plan: {inline(title_of(requirements, project.slug))}"],
        [f"**Feature**: `{project.slug}` | **Spec**: [spec.md](spec.md)"],
        section("## Summary", [_summary(requirements)]),
        section("## Technical Context", _context(project, requirements)),
        section(
            "## Constitution Check",
            table(("Principle", "Checked by"), ((cell(p.title), p.check) for p in principles_of(requirements))),
        ),
        ["## Project Structure"],
        _tree("### Documentation", f"specs/{project.slug}/", ["spec.md", "data-model.md", "plan.md", "tasks.md"]),
        _tree("### Source Code (the addon)", "", _paths(requirements)),
        ["**Structure Decision**: One Odoo addon; one model file an entity, in the order of their references."],
        section("## Complexity Tracking", ["No deviation from the constitution."]),
    )


def _summary(requirements: Requirements) -> str:
    names = ", ".join(inline(entity.name) for entity in ordered_by_reference(list(requirements.entities)))
    return f"An Odoo addon that keeps {names}." if names else "No entity was found, so nothing can be generated yet."


def _context(project: Project, requirements: Requirements) -> list[str]:
    fields = sum(len(entity.fields) for entity in requirements.entities)
    qualities = [inline(item.id) for item in requirements.requirements if item.kind == "non_functional"]
    limits = [inline(item.id) for item in requirements.requirements if item.kind == "constraint"]
    limits += [inline(rule.id) for rule in requirements.constraints]
    foreign = {field.target for entity in requirements.entities for field in entity.fields if field.target}
    models = sorted(foreign - {entity.name for entity in requirements.entities})
    context = {
        "Language/Version": "Python 3.10 or newer",
        "Primary Dependencies": f"Odoo {project.odoo_series}" + "".join(f", {inline(model)}" for model in models),
        "Storage": "PostgreSQL, through Odoo's ORM",
        "Testing": "Odoo's TransactionCase",
        "Target Platform": f"Odoo {project.odoo_series} server",
        "Project Type": "Odoo addon",
        "Performance Goals": ", ".join(qualities) or "none are stated",
        "Constraints": ", ".join(limits) or "none are stated",
        "Scale/Scope": f"{len(requirements.entities)} entities, {fields} fields, {len(requirements.roles)} roles, "
        f"{len(requirements.user_stories)} user stories, {len(requirements.requirements)} requirements",
    }
    return [f"**{key}**: {value}  " for key, value in context.items()]


def _paths(requirements: Requirements) -> list[str]:
    return sorted({task.path for task in plan_tasks(requirements) if task.path})


def _tree(heading: str, root: str, paths: list[str]) -> list[str]:
    return section(heading, ["```text", *(f"{root}{path}" for path in paths), "```"])
