"""Which entities there are: united by name, refused when they are no records, asked about when unsure."""

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

import yaml

from opsroom_dagster.requirements.merging.fields import unite_fields
from opsroom_dagster.requirements.merging.identity import unite, with_evidence
from opsroom_dagster.requirements.model import ASK_BELOW, Clarification, Entity
from opsroom_dagster.requirements.names import entity_key, kebab_case, label_of, words_of

DEFINED = 0.85
"""From here on a rule has read a definition: a table, a list of fields, code."""

DECLARED = 0.7
"""From here on a rule is sure that the document declares an entity, even one without fields."""


@lru_cache(maxsize=1)
def _refused() -> tuple[frozenset[str], frozenset[str]]:
    text = files("opsroom_dagster.requirements").joinpath("not_entities.yaml").read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    return frozenset(map(str, data["whole"])), frozenset(map(str, data["last"]))


def is_record(entity: Entity) -> bool:
    """Whether the name can be that of a record; code and schemas are believed whatever the name."""
    if not entity.name or len(words_of(entity.name)) > 5:
        return False
    if entity.confidence >= 0.9 and len(entity.fields) >= 2:
        return True
    whole, last = _refused()
    return entity_key(entity.name) not in whole and (words_of(entity.name)[-1] not in last)


def merge_entities(facts: Sequence[Entity]) -> tuple[list[Entity], list[Clarification]]:
    """Entities by name with their fields united, and questions about types."""
    merged: list[Entity] = []
    questions: list[Clarification] = []
    for entity in unite(_with_short_names([fact for fact in facts if is_record(fact)]), _key, _join):
        entity, asked = unite_fields(_defined(entity))
        merged.append(entity.model_copy(update={"id": f"KE-{kebab_case(entity.name)}"}))
        questions += asked
    return merged, questions


def _with_short_names(facts: Sequence[Entity]) -> list[Entity]:
    """A mention takes the name of the definition in another document: ``PO Receipt`` that of the table ``receipt``."""
    defined: dict[str, list[Entity]] = {}
    for fact in facts:
        if fact.confidence >= DEFINED and len(fact.fields) > 1:
            defined.setdefault(_key(fact), []).append(fact)

    def rename(fact: Entity) -> Entity:
        if fact.confidence >= DEFINED or _key(fact) in defined:
            return fact
        words = words_of(fact.name)
        for start in range(1, len(words)):
            others = defined.get(entity_key(" ".join(words[start:])), [])
            if others and _file(others[0]) != _file(fact):
                return fact.model_copy(update={"name": others[0].name, "label": others[0].label})
        return fact

    return _with_long_names([rename(fact) for fact in facts])


def _with_long_names(facts: Sequence[Entity]) -> list[Entity]:
    """ "The entry" of a sentence is the one record whose name ends so: ``Schedule Entry``."""
    declared = {_key(fact) for fact in facts if fact.confidence >= DECLARED}
    longer: dict[str, dict[str, Entity]] = {}
    for fact in facts:
        words = words_of(fact.name)
        for start in range(1, len(words)):
            longer.setdefault(entity_key(" ".join(words[start:])), {})[_key(fact)] = fact
    named: list[Entity] = []
    for fact in facts:
        others = list(longer.get(_key(fact), {}).values())
        if len(others) == 1 and _key(fact) not in declared:
            fact = fact.model_copy(update={"name": others[0].name, "label": others[0].label})
        named.append(fact)
    return named


def _file(fact: Entity) -> str:
    return fact.evidence[0].location.file if fact.evidence else ""


def _defined(entity: Entity) -> Entity:
    """Where a definition lists the fields, prose about the entity adds none."""
    listed = [field for field in entity.fields if field.confidence >= DEFINED]
    return entity.model_copy(update={"fields": tuple(listed)}) if len({f.name for f in listed}) > 2 else entity


def settle(entities: Sequence[Entity], supported: set[str]) -> tuple[list[Entity], list[Clarification]]:
    """Entities sure enough to build, and one question for each of the others.

    ``supported``: names that a relationship or a workflow also mentions.
    """
    kept: list[Entity] = []
    questions: list[Clarification] = []
    # Beside a data model that is written out, a record that only prose mentions is a question.
    written_out = sum(entity.confidence >= DEFINED and len(entity.fields) > 1 for entity in entities) >= 4
    mentioned: list[Entity] = []
    for entity in entities:
        sure = [field for field in entity.fields if field.confidence >= ASK_BELOW]
        unsure = [field for field in entity.fields if field.confidence < ASK_BELOW]
        declared = entity.confidence >= DECLARED or entity.name in supported
        if entity.confidence < ASK_BELOW or not (declared or (sure and not written_out)):
            mentioned.append(entity)
            continue
        kept.append(entity.model_copy(update={"fields": tuple(sure)}))
        if not sure:
            text = f"Which fields does {entity.label} have?"
            questions.append(Clarification(question=text, about=entity.name, evidence=entity.evidence))
        elif unsure:
            names = ", ".join(field.label for field in unsure)
            evidence = tuple(e for field in unsure for e in field.evidence)
            text = f"Does {entity.label} also have: {names}?"
            questions.append(Clarification(question=text, about=entity.name, evidence=evidence))
    if mentioned:
        labels = ", ".join(entity.label for entity in mentioned)
        text = f"Does the system also keep records of these, and with which fields: {labels}?"
        evidence = tuple(e for entity in mentioned for e in entity.evidence)
        questions.append(Clarification(question=text, about=mentioned[0].name, evidence=evidence))
    return kept, questions


def _key(entity: Entity) -> str:
    return entity_key(entity.name)


def _join(first: Entity, second: Entity) -> Entity:
    return with_evidence(
        first,
        second,
        label=first.label or label_of(second.label),
        description=first.description or second.description,
        fields=(*first.fields, *second.fields),
        odoo_model=first.odoo_model or second.odoo_model,
    )
