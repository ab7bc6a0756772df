"""What was understood of the documents, as a Markdown page for people."""

from collections.abc import Iterable, Sequence

from opsroom_dagster.diagrams import layered_svg, picture
from opsroom_dagster.documents.shown import cell, place
from opsroom_dagster.requirements.model import (
    Constraint,
    Entity,
    Fact,
    Field,
    Permission,
    Requirements,
    Role,
    UserStory,
    Workflow,
)
from opsroom_dagster.specs.writing.lines import page, section, table

MOST = 100
"""Rows of a table, and entities, that are shown; the file has all."""
UNREAD = 20
PICTURED = 40
"""A diagram with more boxes is no picture any more."""


def requirements_page(found: Requirements) -> str:
    """Counts, then a section for each kind of fact with the places where it is stated."""
    return page(
        _counts(found),
        section("## Entities", _entities(found)),
        section("## States", _blocks(_workflow(workflow) for workflow in found.workflows)),
        section("## Roles", table(["role", "may", "described as"], map(_role, found.roles)) if found.roles else []),
        section("## Requirements", _statements(found)),
        section("## Business rules", _rules(found)),
        section("## User stories", _stories(found)),
        section("## Screens", [f"- **{cell(s.name)}** {cell(s.description or '')}" for s in found.screens]),
        section("## Integrations", [f"- **{cell(i.name)}** {cell(i.description or '')}" for i in found.integrations]),
        section("## Open questions", [f"- {cell(question.question)}" for question in found.clarifications]),
        section("## Not read", _unread(found)),
    )


def _counts(found: Requirements) -> list[str]:
    counts = [
        (len(found.entities), "entity", "entities"),
        (sum(len(entity.fields) for entity in found.entities), "field", "fields"),
        (len(found.relationships), "relationship", "relationships"),
        (len(found.roles), "role", "roles"),
        (len(found.user_stories), "user story", "user stories"),
        (len(found.requirements), "requirement", "requirements"),
        (len(found.constraints), "business rule", "business rules"),
        (len(found.workflows), "life cycle", "life cycles"),
        (len(found.clarifications), "open question", "open questions"),
    ]
    told = ", ".join(f"**{count}** {one if count == 1 else many}" for count, one, many in counts if count)
    return [f"{told or 'Nothing was found'}. {found.coverage.used} of {found.coverage.blocks} blocks were used."]


def _entities(found: Requirements) -> list[str]:
    svg = _data_model(found)
    lines = [picture("The entities and what they refer to", svg), ""] if svg else []
    lines += _blocks(_entity(entity) for entity in found.entities[:MOST])
    return [*lines, *_more(len(found.entities), MOST)]


def _data_model(found: Requirements) -> str | None:
    names = {entity.name: entity.label for entity in found.entities}
    edges = {(r.source, r.target): r.name or r.cardinality for r in found.relationships}
    for entity in found.entities:
        edges |= {(entity.name, field.target): field.name for field in entity.fields if field.target}
    others = {target: target for _, target in edges if target not in names}
    if not edges or len(names) + len(others) > PICTURED:
        return None
    return layered_svg([*names.items(), *others.items()], [(*pair, name) for pair, name in edges.items()])


def _entity(entity: Entity) -> list[str]:
    lines = [f"### {cell(entity.name)}", ""]
    if entity.description:
        lines += [cell(entity.description), ""]
    header = ["field", "type", "notes", "confidence", "found"]
    return lines + table(header, map(_field, entity.fields)) if entity.fields else lines


def _field(field: Field) -> Sequence[str]:
    kind = field.type + ("" if field.type_stated else " (guessed)")
    if field.values:
        kind += f": {cell(', '.join(field.values))}"
    elif field.type == "reference":
        kind += f" → {cell(field.target or '?')}{' (many)' if field.many else ''}"
    notes = [note for note, true in (("required", field.required), ("unique", field.unique)) if true]
    notes += [f"default {cell(field.default)}"] if field.default else []
    return cell(field.name), kind, ", ".join(notes), f"{field.confidence:.2f}", _found(field)


def _workflow(workflow: Workflow) -> list[str]:
    """The states as a diagram; without a stated move only their names."""
    title = f"### {cell(workflow.entity or 'Nobody knows whose')}.{cell(workflow.field)}"
    if not workflow.transitions:
        return [title, "", " · ".join(map(cell, workflow.states)), "", "No move between them is stated."]
    nodes = [(state, workflow.labels.get(state, state)) for state in workflow.states]
    edges = [
        (t.source, t.target, " by ".join(part for part in (t.action, t.role) if part)) for t in workflow.transitions
    ]
    return [title, "", picture("The states and the moves between them", layered_svg(nodes, edges))]


def _role(role: Role) -> Sequence[str]:
    return cell(role.name), "; ".join(map(_permission, role.permissions)), cell(role.description or "")


def _permission(permission: Permission) -> str:
    whose = "own " if permission.own_only else ""
    what = "everything" if permission.entity == "*" else cell(permission.entity)
    return f"{', '.join(permission.actions)} {whose}{what}"


def _statements(found: Requirements) -> list[str]:
    rows = [(cell(r.id), r.kind.replace("_", "-"), cell(r.text), _found(r)) for r in found.requirements]
    return _table(["id", "kind", "text", "found"], rows)


def _rules(found: Requirements) -> list[str]:
    """As the generator takes them; their sentences are among the requirements."""
    rows = [(cell(c.id), cell(c.entity or ""), _rule(c), _found(c)) for c in found.constraints]
    return _table(["id", "entity", "rule", "found"], rows)


def _rule(constraint: Constraint) -> str:
    if constraint.kind == "unique":
        return f"unique: {cell(', '.join(constraint.fields))}"
    return cell(constraint.expression or constraint.text)


def _stories(found: Requirements) -> list[str]:
    shown = [f"- **{cell(story.id)}** {_story(story)} ({_found(story)})" for story in found.user_stories[:MOST]]
    return [*shown, *_more(len(found.user_stories), MOST)]


def _story(story: UserStory) -> str:
    parts = (("As a", story.role), ("I want", story.want), ("so that", story.benefit))
    told = " ".join(f"{word} {cell(text)}" for word, text in parts if text)
    return told + (f", {len(story.criteria)} criteria" if story.criteria else "")


def _unread(found: Requirements) -> list[str]:
    """Blocks about data first: there, entities may have been missed."""
    unread = sorted(found.coverage.unread, key=lambda block: not block.data_model)
    shown = [
        f"- {place(block.location.file, block.location.line_start)} "
        f"{'**about data** ' if block.data_model else ''}{cell(block.text)}"
        for block in unread[:UNREAD]
    ]
    return [*shown, *_more(len(unread), UNREAD)]


def _found(fact: Fact) -> str:
    """Where its first evidence stands."""
    places = [evidence.location for evidence in fact.evidence[:1]]
    return place(places[0].file, places[0].line_start) if places else ""


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [*table(header, rows[:MOST]), *_more(len(rows), MOST)] if rows else []


def _more(count: int, shown: int) -> list[str]:
    return ["", f"… and {count - shown} more in `requirements.json`"] if count > shown else []


def _blocks(blocks: Iterable[list[str]]) -> list[str]:
    """Parted by blank lines."""
    return [line for block in blocks for line in (*block, "")]
