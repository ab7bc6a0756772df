"""``data-model.md``: a typed table an entity, relationships, and state transitions as Mermaid and as a list."""

import re

from opsroom_dagster.project import Project
from opsroom_dagster.requirements.model import Entity, Field, Requirements, Workflow
from opsroom_dagster.specs.text import cell, inline
from opsroom_dagster.specs.writing.lines import page, section, table, title_of

HEADER = ("Field", "Type", "Required", "Values or target", "Default", "Notes")


def data_model_md(project: Project, requirements: Requirements) -> str:
    """The data model; entities in the order of the requirements."""
    relationships = table(
        ("From", "To", "Cardinality", "Through"),
        (
            (cell(link.source), cell(link.target), link.cardinality, cell(link.name or ""))
            for link in requirements.relationships
        ),
    )
    return page(
        [f"# Data Model: {inline(title_of(requirements, project.slug))}"],
        ["Specification: [spec.md](spec.md)"],
        ["## Entities"],
        *([_entity(entity, requirements) for entity in requirements.entities] or [["No entity was found."]]),
        section("## Relationships", relationships if requirements.relationships else [], empty="None are stated."),
        *([["## State Transitions"]] if requirements.workflows else []),
        *(_workflow(flow) for flow in requirements.workflows),
    )


def _entity(entity: Entity, requirements: Requirements) -> list[str]:
    serves = [entity.id] if entity.id else []
    serves += [item.id for item in requirements.requirements if entity.name in item.entities]
    serves += [rule.id for rule in requirements.constraints if rule.entity == entity.name]
    lines = [
        f"### {inline(entity.name)}",
        "",
        f"Serves: {', '.join(map(inline, serves)) or 'no stated requirement'}",
        "",
    ]
    if entity.odoo_model:
        lines += [f"Odoo model: {inline(entity.odoo_model)}", ""]
    return lines + (table(HEADER, map(_field, entity.fields)) if entity.fields else ["No field is stated."])


def _field(field: Field) -> tuple[str, ...]:
    kind = field.type + (" (many)" if field.many else "") + ("" if field.type_stated else " (assumed)")
    required = ("yes" if field.required else "no") + (", unique" if field.unique else "")
    detail = ", ".join(map(cell, field.values)) or (cell(field.target) if field.target else "")
    return cell(field.name), kind, required, detail, cell(field.default or ""), cell(field.help or "")


def _workflow(flow: Workflow) -> list[str]:
    lines = [f"### Life cycle of {inline(flow.entity or 'an unknown entity')} ({inline(flow.field)})", ""]
    if flow.transitions:
        lines += ["```mermaid", "stateDiagram-v2", *_diagram(flow), "```", ""]
    lines += [f"States: {', '.join(map(inline, flow.states))}", ""]
    return lines + [
        f"- {inline(move.source)} → {inline(move.target)}"
        + (f": {inline(move.action)}" if move.action else "")
        + (f" (by {inline(move.role)})" if move.role else "")
        for move in flow.transitions
    ]


def _diagram(flow: Workflow) -> list[str]:
    """Mermaid has no escapes for ids, so states are numbered and named by quoted labels of plain words."""
    number = {state: f"s{i}" for i, state in enumerate(flow.states)}
    lines = [f'    state "{_words(flow.labels.get(state, state))}" as {number[state]}' for state in flow.states]
    if flow.states:
        lines.append(f"    [*] --> {number[flow.states[0]]}")
    for move in flow.transitions:
        if move.source in number and move.target in number:
            action = f": {_words(move.action)}" if move.action and _words(move.action) else ""
            lines.append(f"    {number[move.source]} --> {number[move.target]}{action}")
    return lines


def _words(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s.-]", " ", text).split())
