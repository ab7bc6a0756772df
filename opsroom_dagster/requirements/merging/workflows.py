"""Whose states a workflow has, and the state field that it needs."""

import re
from collections.abc import Sequence

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.merging.identity import unite, with_evidence
from opsroom_dagster.requirements.model import Clarification, Entity, Evidence, Field, Workflow
from opsroom_dagster.requirements.names import entity_key, label_of, words_of
from opsroom_dagster.requirements.reading import Reading

STATE_FIELDS = ("state", "status", "stage", "lifecycle_state", "lifecycle_status")


def attach(
    workflows: Sequence[Workflow], entities: Sequence[Entity], reading: Reading
) -> tuple[list[Workflow], list[Clarification]]:
    """Workflows with the entity that they belong to; those of nobody stay so and become questions."""
    names = {entity_key(entity.name): entity.name for entity in entities}
    placed: list[Workflow] = []
    unowned: list[Workflow] = []
    questions: list[Clarification] = []
    for workflow in workflows:
        owner = names.get(entity_key(workflow.entity)) if workflow.entity else None
        owner = owner or _owner(workflow, entities, reading)
        if owner is None:
            states = " → ".join(workflow.labels.get(state, state) for state in workflow.states)
            text = f"Whose states are these: {states}?"
            questions.append(Clarification(question=text, about=workflow.entity, evidence=workflow.evidence))
            unowned.append(workflow.model_copy(update={"entity": None}))
        else:
            placed.append(workflow.model_copy(update={"entity": owner}))
    return [*_once(placed), *unowned], questions


def with_state_fields(entities: Sequence[Entity], workflows: Sequence[Workflow]) -> tuple[list[Entity], list[Workflow]]:
    """Entities whose state field holds the workflow's states, and workflows that name that field.

    A state field with values and no workflow gets one without transitions.
    """
    by_entity = {workflow.entity: workflow for workflow in workflows}
    changed: list[Entity] = []
    found: list[Workflow] = []
    for entity in entities:
        workflow = by_entity.get(entity.name)
        field = state_field(entity)
        if workflow is None:
            if field is not None and len(field.values) > 1:
                states = tuple("_".join(words_of(value)) or value for value in field.values)
                labels = dict(zip(states, map(label_of, field.values), strict=True))
                found.append(
                    Workflow(
                        entity=entity.name, field=field.name, states=states, labels=labels, evidence=field.evidence
                    )
                )
            changed.append(entity)
            continue
        if field is None:
            field = Field(name=workflow.field, label=label_of(workflow.field), evidence=workflow.evidence)
            entity = entity.model_copy(update={"fields": (*entity.fields, field)})
        known = tuple("_".join(words_of(value)) or value for value in field.values)
        values = (*known, *(state for state in workflow.states if state not in known))
        filled = field.model_copy(update={"type": "selection", "values": values if known else workflow.states})
        fields = tuple(filled if other.name == field.name else other for other in entity.fields)
        changed.append(entity.model_copy(update={"fields": fields}))
        found.append(workflow.model_copy(update={"field": field.name}))
    return changed, found


def state_field(entity: Entity) -> Field | None:
    """The field that holds the entity's state."""
    by_name = {field.name: field for field in entity.fields}
    exact = next((by_name[name] for name in STATE_FIELDS if name in by_name), None)
    return exact or next((field for field in entity.fields if field.name.endswith(("_status", "_state"))), None)


def named_in(text: str, entities: Sequence[Entity]) -> str | None:
    """The entity with the longest name that stands in the text as whole words."""
    words = " " + " ".join(entity_key(word) or word for word in words_of(plain(text))) + " "
    found = [e for e in entities if f" {' '.join(entity_key(w) or w for w in words_of(e.name))} " in words]
    return max(found, key=lambda e: len(e.name)).name if found else None


def _owner(workflow: Workflow, entities: Sequence[Entity], reading: Reading) -> str | None:
    if workflow.entity and (named := named_in(workflow.entity, entities)):
        return named
    states = set(workflow.states)
    alike = [e for e in entities if (f := state_field(e)) and len(states & _keys(f.values)) * 2 >= len(states)]
    if len(alike) == 1:
        return alike[0].name
    for evidence in workflow.evidence:
        if not reading.has(evidence.block):
            continue
        block = reading.block(evidence.block)
        parent = reading.block(block.parent) if block.parent else None
        places = [
            block.text,
            *([parent.text] if parent else []),
            *(h.text for h in reversed(reading.headings_of(block)) if len(entities) == 1 or not _is_title(h, reading)),
        ]
        for place in places:
            if named := named_in(re.split(r"[→:]|->", place)[0], entities):
                return named
        here = [e.name for e in entities if _same_section(e.evidence, block.heading, reading)]
        if len(set(here)) == 1:
            return here[0]
    return None


def _is_title(heading: Block, reading: Reading) -> bool:
    """The title of a document names the project, not whose states a chapter lists."""
    return heading.level == 1 and plain(heading.text) == plain(reading.document(heading).title or "")


def _keys(values: Sequence[str]) -> set[str]:
    return {"_".join(words_of(value)) for value in values}


def _same_section(evidence: Sequence[Evidence], heading: str | None, reading: Reading) -> bool:
    return heading is not None and any(
        reading.block(e.block).heading == heading or e.block == heading for e in evidence if reading.has(e.block)
    )


def _once(workflows: list[Workflow]) -> list[Workflow]:
    """One workflow an entity: states that overlap are united, a foreign set is left to the first one found."""

    def join(first: Workflow, second: Workflow) -> Workflow:
        if not set(first.states) & set(second.states):
            return first
        return with_evidence(
            first,
            second,
            states=(*first.states, *(state for state in second.states if state not in first.states)),
            labels=second.labels | first.labels,
            transitions=(*first.transitions, *(t for t in second.transitions if t not in first.transitions)),
        )

    ordered = sorted(workflows, key=lambda workflow: (not workflow.transitions, -workflow.confidence))
    return unite(ordered, lambda workflow: workflow.entity or "", join)
