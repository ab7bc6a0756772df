"""Facts of all rules → one ``Requirements``: united by name, in the order of the documents, with stable ids."""

from collections.abc import Sequence
from typing import TypeVar

from opsroom_dagster.requirements.coverage import measure
from opsroom_dagster.requirements.merging.entities import merge_entities, settle
from opsroom_dagster.requirements.merging.identity import Ids, normal, unite, with_evidence
from opsroom_dagster.requirements.merging.references import relationships, resolve_references, unresolved
from opsroom_dagster.requirements.merging.statements import (
    merge_constraints,
    merge_requirements,
    merge_stories,
    naming,
)
from opsroom_dagster.requirements.merging.workflows import attach, named_in, with_state_fields
from opsroom_dagster.requirements.model import (
    ASK_BELOW,
    Clarification,
    Constraint,
    Entity,
    Fact,
    Integration,
    Relationship,
    Requirement,
    Requirements,
    Role,
    Screen,
    UserStory,
    Workflow,
)
from opsroom_dagster.requirements.names import entity_key
from opsroom_dagster.requirements.reading import Reading

F = TypeVar("F", bound=Fact)
NOTHING_TO_KEEP = "nothing_to_keep"
"""Names, like a rule, why the first question of all is asked."""


def merge(facts: Sequence[Fact], reading: Reading, title: str = "") -> Requirements:
    """One set of requirements. Facts under ``ASK_BELOW`` end as questions, in groups."""
    ordered = sorted(facts, key=lambda fact: _place(fact, reading))
    ids = Ids()
    entities, questions = merge_entities(_of(ordered, Entity))
    entities = resolve_references(entities)
    workflows, asked = attach(_of(_sure(ordered), Workflow), entities, reading)
    relations = relationships(entities, _of(_sure(ordered), Relationship))
    supported = {relation.target for relation in relations if relation.source != relation.target}
    kept, doubts = settle(entities, supported | {str(workflow.entity) for workflow in workflows})
    names = {entity.name for entity in kept}
    kept = [_without_lost_targets(entity, names) for entity in resolve_references(kept)]
    unowned = [workflow for workflow in workflows if workflow.entity is None]
    kept, workflows = with_state_fields(kept, [workflow for workflow in workflows if workflow.entity in names])
    questions += [
        *doubts,
        *unresolved(kept),
        *asked,
        *_doubtful(ordered),
        *([] if doubts else _nothing_to_keep(kept, relations, reading)),
    ]
    stories = merge_stories(_of(_sure(ordered), UserStory), ids)
    statements = merge_requirements(_of(_sure(ordered), Requirement), ids)
    return Requirements(
        title=title,
        entities=tuple(kept),
        relationships=tuple(r for r in relations if r.source in names and r.target in names),
        roles=tuple(_roles(_of(_sure(ordered), Role))),
        user_stories=tuple(stories),
        requirements=tuple(naming(statement, kept) for statement in statements),
        workflows=(*workflows, *unowned),
        screens=tuple(_screens(_of(_sure(ordered), Screen), kept)),
        integrations=tuple(unite(_of(_sure(ordered), Integration), lambda i: normal(i.name), _described)),
        constraints=tuple(merge_constraints(_of(_sure(ordered), Constraint), kept, ids)),
        clarifications=tuple(_questions([*_of(ordered, Clarification), *questions], ids)),
        coverage=measure(reading, [*ordered, *questions]),
    )


def _place(fact: Fact, reading: Reading) -> tuple[int, int, str]:
    places = [
        (reading.position(reading.block(e.block)), e.location.line_start, e.rule)
        for e in fact.evidence
        if reading.has(e.block)
    ]
    return min(places, default=(len(reading.blocks), 0, ""))


def _of(facts: Sequence[Fact], kind: type[F]) -> list[F]:
    return [fact for fact in facts if isinstance(fact, kind)]


def _sure(facts: Sequence[Fact]) -> list[Fact]:
    return [fact for fact in facts if fact.confidence >= ASK_BELOW]


def _without_lost_targets(entity: Entity, names: set[str]) -> Entity:
    """References to entities that are asked about point to nothing yet."""
    fields = tuple(
        field.model_copy(update={"target": None})
        if field.target is not None and "." not in field.target and field.target not in names
        else field
        for field in entity.fields
    )
    return entity.model_copy(update={"fields": fields})


def _doubtful(facts: Sequence[Fact]) -> list[Clarification]:
    """One question for each kind of unsure fact that has a name."""
    questions: list[Clarification] = []
    for kind, text in ((Role, "Are these roles of users"), (Integration, "Are these systems to be connected")):
        sure = {normal(str(getattr(fact, "name", ""))) for fact in _of(_sure(facts), kind)}
        unsure = [fact for fact in _of(facts, kind) if fact.confidence < ASK_BELOW and normal(fact.name) not in sure]
        if unsure:
            names = ", ".join(dict.fromkeys(fact.name for fact in unsure))
            evidence = tuple(e for fact in unsure for e in fact.evidence)
            questions.append(Clarification(question=f"{text}: {names}?", about=unsure[0].name, evidence=evidence))
    for workflow in _of(facts, Workflow):
        if workflow.confidence < ASK_BELOW:
            states = ", ".join(workflow.states)
            text = f"Are these the states of {workflow.entity or 'a record'}: {states}?"
            questions.append(Clarification(question=text, about=workflow.entity, evidence=workflow.evidence))
    return questions


def _nothing_to_keep(
    entities: Sequence[Entity], relations: Sequence[Relationship], reading: Reading
) -> list[Clarification]:
    """Documents that name no record with its fields leave the first question open: what is kept at all?"""
    if not reading.blocks or relations or any(entity.fields for entity in entities):
        return []
    text = "Which records does the software keep, and with which fields? The documents describe none."
    return [Clarification(question=text, evidence=(reading.evidence(reading.blocks[0], NOTHING_TO_KEEP, 1.0),))]


def _roles(facts: Sequence[Role]) -> list[Role]:
    def join(first: Role, second: Role) -> Role:
        permissions = (*first.permissions, *(p for p in second.permissions if p not in first.permissions))
        return with_evidence(
            first, second, description=first.description or second.description, permissions=permissions
        )

    def key(role: Role) -> str:
        return entity_key(role.name).replace("administrator", "admin") or normal(role.name)

    return unite(facts, key, join)


def _described(first: Integration, second: Integration) -> Integration:
    return with_evidence(
        first, second, description=first.description or second.description, endpoint=first.endpoint or second.endpoint
    )


def _screens(facts: Sequence[Screen], entities: Sequence[Entity]) -> list[Screen]:
    def join(first: Screen, second: Screen) -> Screen:
        actions = (*first.actions, *(action for action in second.actions if action not in first.actions))
        return with_evidence(first, second, description=first.description or second.description, actions=actions)

    united = unite(facts, lambda screen: normal(screen.name), join)
    return [s.model_copy(update={"entity": named_in(s.entity or s.name, entities)}) for s in united]


def _questions(facts: Sequence[Clarification], ids: Ids) -> list[Clarification]:
    united = unite(facts, lambda question: normal(question.question), with_evidence)
    return [question if question.id and ids.claim(question.id) else _identified(question, ids) for question in united]


def _identified(question: Clarification, ids: Ids) -> Clarification:
    return question.model_copy(update={"id": ids.derive("Q", question.question)})
