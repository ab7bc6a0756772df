"""``spec.md``: what is to be built, for whom, and how it is seen to work."""

from opsroom_dagster.project import Project
from opsroom_dagster.requirements.model import (
    AcceptanceCriterion,
    Entity,
    Field,
    Requirement,
    Requirements,
    Role,
    UserStory,
)
from opsroom_dagster.specs.reading.statements import is_outcome
from opsroom_dagster.specs.text import bold, inline, tidy
from opsroom_dagster.specs.writing.lines import page, section, sources_of, title_of
from opsroom_dagster.specs.writing.questions import Questions

OWN_OUTCOMES = 901
KINDS = {
    "functional": "### Functional Requirements",
    "non_functional": "### Non-Functional Requirements",
    "constraint": "### Constraints",
}


def spec_md(project: Project, requirements: Requirements, questions: Questions) -> str:
    """The feature specification. It holds no date: its bytes depend on the documents only."""
    stories = [_story(story, number, questions) for number, story in enumerate(requirements.user_stories, 1)]
    demands = [_requirements(requirements, kind, heading, questions) for kind, heading in KINDS.items()]
    rules = [f"- **{rule.id}**: {inline(rule.text)}" for rule in requirements.constraints]
    lists = [*demands, section("### Business Rules", rules), *_people_and_places(requirements, questions)]
    entities = section(
        "### Key Entities", [line for entity in requirements.entities for line in _entity(entity, questions)]
    )
    if not any(lists) and not entities:
        lists = [["None were found in the documents."]]
    # Taken last, shown first: what no other place has asked for.
    open_questions = [f"- {marker}" for marker in questions.rest()]
    inputs = ", ".join(f'"{inline(name)}"' for name in sources_of(requirements)) or "none"
    return page(
        [f"# Feature Specification: {inline(title_of(requirements, project.slug))}"],
        [f"**Feature**: `{project.slug}`  ", "**Status**: Draft  ", f"**Input**: Documents: {inputs}"],
        section("## Clarifications", open_questions),
        ["## User Scenarios & Testing *(mandatory)*"],
        *(stories or [["No user story was found in the documents."]]),
        section("### Edge Cases", _edge_cases(requirements), empty="None are stated in the documents."),
        ["## Requirements *(mandatory)*"],
        *lists,
        entities,
        ["## Success Criteria *(mandatory)*"],
        section("### Measurable Outcomes", _outcomes(requirements, questions)),
        section("## Assumptions", _assumptions(project, requirements)),
    )


def _story(story: UserStory, number: int, questions: Questions) -> list[str]:
    priority = f" (Priority: {inline(story.priority)})" if story.priority and tidy(story.priority) else ""
    who = f"As a {inline(story.role)}, I want " if story.role else "Wanted: "
    lines = [
        f"### User Story {number} - {inline(story.title)}{priority}",
        "",
        f"**ID**: {inline(story.id)}",
        "",
        f"{who}{inline(story.want)}" + (f", so that {inline(story.benefit)}." if story.benefit else ""),
        "",
    ]
    if story.criteria:
        lines += ["**Independent Test**: Carry out the acceptance scenarios below on their own.", ""]
    lines += ["**Acceptance Scenarios**:", ""]
    lines += [f"{i}. {_criterion(criterion)}" for i, criterion in enumerate(story.criteria, 1)] or ["None are stated."]
    return lines + [f"\n{marker}" for marker in questions.about(story.id, story.title)]


def _criterion(criterion: AcceptanceCriterion) -> str:
    parts = (("Given", criterion.given), ("When", criterion.when), ("Then", criterion.then))
    written = ", ".join(f"**{word}** {inline(text)}" for word, text in parts if text)
    return written if criterion.when and criterion.then else inline(criterion.text)


def _requirements(requirements: Requirements, kind: str, heading: str, questions: Questions) -> list[str]:
    return section(
        heading,
        [
            line
            for item in requirements.requirements
            if item.kind == kind and not is_outcome(item.id)
            for line in _requirement(item, questions)
        ],
    )


def _requirement(item: Requirement, questions: Questions) -> list[str]:
    markers = "".join(f" {marker}" for marker in questions.about(item.id))
    return [
        f"- **{inline(item.id)}**: {inline(item.text)}{markers}",
        *(f"  - Accepted when: {_criterion(criterion)}" for criterion in item.criteria),
    ]


def _people_and_places(requirements: Requirements, questions: Questions) -> list[list[str]]:
    roles = [line for role in requirements.roles for line in _role(role, questions)]
    flows = [
        f"- {bold(f'{flow.entity}.{flow.field}' if flow.entity else flow.field)}: {', '.join(map(inline, flow.states))}"
        for flow in requirements.workflows
    ]
    screens = [
        f"- {bold(screen.name)}" + (f": {inline(screen.description)}" if screen.description else "")
        for screen in requirements.screens
    ]
    systems = [
        f"- {bold(system.name)}"
        + (f": {inline(system.description)}" if system.description else "")
        + (f" (at {inline(system.endpoint)})" if system.endpoint else "")
        for system in requirements.integrations
    ]
    return [
        section("### Roles", roles),
        section("### Life Cycles", flows),
        section("### Screens", screens),
        section("### Integrations", systems),
    ]


def _role(role: Role, questions: Questions) -> list[str]:
    lines = [
        f"- {bold(role.name)}"
        + (f" ({inline(role.id)})" if role.id else "")
        + (f": {inline(role.description)}" if role.description else "")
    ]
    for permission in role.permissions:
        scope = "every entity" if permission.entity == "*" else inline(permission.entity)
        own = ", own records only" if permission.own_only else ""
        lines.append(f"  - May {', '.join(permission.actions)}: {scope}{own}")
    return lines + [f"  - {marker}" for marker in questions.about(role.id, role.name)]


def _entity(entity: Entity, questions: Questions) -> list[str]:
    lines = [
        f"- {bold(entity.name)} ({inline(entity.id)})"
        + (f": {inline(entity.description)}" if entity.description else f": {inline(entity.label)}")
    ]
    if entity.fields:
        lines.append("  - Fields: " + ", ".join(_field(field) for field in entity.fields))
    return lines + [f"  - {marker}" for marker in questions.about(entity.id, entity.name, entity.label)]


def _field(field: Field) -> str:
    detail = " of " + "/".join(inline(value) for value in field.values) if field.values else ""
    detail = f" to {inline(field.target)}" if field.target else detail
    return f"{inline(field.name)} ({field.type}{detail}{', required' if field.required else ''})"


def _edge_cases(requirements: Requirements) -> list[str]:
    return [
        f"- A record that breaks {rule.id} is refused."
        for rule in requirements.constraints
        if rule.kind in ("unique", "check")
    ]


def _outcomes(requirements: Requirements, questions: Questions) -> list[str]:
    """Those that the documents state, then what every build promises, with numbers that documents do not reach."""
    stated = [item for item in requirements.requirements if is_outcome(item.id)]
    own = ["The generated software installs without a warning, and its own tests pass."]
    if any(story.criteria for story in requirements.user_stories) or any(r.criteria for r in requirements.requirements):
        own.append("Every acceptance scenario above passes.")
    measured = [inline(r.id) for r in requirements.requirements if r.kind == "non_functional" and r not in stated]
    if measured:
        own.append(f"Every quality that is demanded is measured and met: {', '.join(measured)}.")
    return [
        *(line for item in stated for line in _requirement(item, questions)),
        *(f"- **SC-{number}**: {text}" for number, text in enumerate(own, OWN_OUTCOMES)),
    ]


def _assumptions(project: Project, requirements: Requirements) -> list[str]:
    lines = [f"- The software is an addon for Odoo {project.odoo_series}."] if "odoo" in project.targets else []
    for entity in requirements.entities:
        guessed = [f"{inline(field.name)} ({field.type})" for field in entity.fields if not field.type_stated]
        if guessed:
            lines.append(f"- The documents do not state these types of {inline(entity.name)}: {', '.join(guessed)}.")
    return lines
