"""What reference fields point to, and the relationships that follow."""

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from opsroom_dagster.requirements.merging.entities import DEFINED
from opsroom_dagster.requirements.merging.identity import unite, with_evidence
from opsroom_dagster.requirements.model import Clarification, Entity, Field, Relationship
from opsroom_dagster.requirements.names import entity_key, entity_name, words_of


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    text = files("opsroom_dagster.requirements").joinpath("references.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def resolve_references(entities: Sequence[Entity]) -> list[Entity]:
    """Entities whose references have targets (entities, Odoo models). A field named as an entity is a reference."""
    names = {entity_key(entity.name): entity.name for entity in entities}
    models = {entity.odoo_model: entity.name for entity in entities if entity.odoo_model}
    endings = _endings([entity.name for entity in entities if entity.confidence >= DEFINED])
    return [
        entity.model_copy(
            update={
                "fields": tuple(
                    field.model_copy(update={"type": "uuid", "target": None})
                    if _is_own_key(field, entity, position)
                    else _resolved(field, names, models, endings)
                    for position, field in enumerate(entity.fields)
                )
            }
        )
        for entity in entities
    ]


def unresolved(entities: Sequence[Entity]) -> list[Clarification]:
    """One question for each entity with references to nothing known."""
    questions: list[Clarification] = []
    for entity in entities:
        open_fields = [
            field
            for field in entity.fields
            if field.type == "reference" and field.target is None and field.name not in _data()["silent"]
        ]
        if open_fields:
            names = ", ".join(field.name for field in open_fields)
            evidence = tuple(e for field in open_fields for e in field.evidence)
            text = f"What do these fields of {entity.label} refer to: {names}?"
            questions.append(Clarification(question=text, about=entity.name, evidence=evidence))
    return questions


def relationships(entities: Sequence[Entity], stated: Sequence[Relationship]) -> list[Relationship]:
    """Relationships that fields or sentences state, each pair of entities once per name."""
    names = {entity_key(entity.name): entity.name for entity in entities}
    found: list[Relationship] = []
    for entity in entities:
        for field in entity.fields:
            if field.type == "reference" and field.target in names.values():
                found.append(
                    Relationship.model_validate(
                        {
                            "from": entity.name,
                            "to": field.target,
                            "cardinality": "n:m" if field.many else "n:1",
                            "name": field.name,
                            "evidence": field.evidence,
                        }
                    )
                )
    pairs = {(relation.source, relation.target) for relation in found}
    for relation in stated:
        relation = _forward(relation)
        source, target = names.get(entity_key(relation.source)), names.get(entity_key(relation.target))
        if source and target and (source, target) not in pairs:
            found.append(relation.model_copy(update={"source": source, "target": target}))
    return unite(found, lambda r: f"{r.source} {r.target} {r.name or ''}", with_evidence)


def _forward(relation: Relationship) -> Relationship:
    """``1:n`` turned round, so that each pair is written one way."""
    if relation.cardinality != "1:n":
        return relation
    return relation.model_copy(
        update={"source": relation.target, "target": relation.source, "cardinality": "n:1", "name": None}
    )


def _is_own_key(field: Field, entity: Entity, position: int) -> bool:
    """``reader_id`` of Reader, ``record_id`` first in BorrowRecord: the record's own key, not a reference."""
    words = field.name.split("_")
    own = words_of(entity.name)
    if words[-1] != "id" or len(words) < 2:
        return False
    whole = "".join(words[:-1]) == "".join(own)
    named = whole or words[:-1] == own[-len(words) + 1 :]
    return (named and field.type != "reference") or (
        named
        and (field.target is None or entity_key(field.target) == entity_key(entity.name))
        and (position == 0 or field.unique or whole)
    )


def _resolved(field: Field, names: dict[str, str], models: dict[str, str], endings: dict[str, str]) -> Field:
    if field.type == "reference":
        return field.model_copy(update={"target": _target(field, names, models, endings)})
    if not field.type_stated and field.type in ("string", "text", "selection") and not field.values:
        named = names.get(entity_key(field.name))
        if named:
            many = entity_name(field.name).lower() != field.name.replace("_", "")
            return field.model_copy(update={"type": "reference", "target": named, "many": many})
    return field


def _target(field: Field, names: dict[str, str], models: dict[str, str], endings: dict[str, str]) -> str | None:
    if field.target:
        if "." in field.target and field.target in models:
            return models[field.target]
        if "." in field.target:
            return names.get(entity_key(field.target), field.target)
        stated = names.get(entity_key(field.target)) or _data()["odoo"].get("_".join(words_of(field.target)))
        return stated or _by_name(field, names, endings)
    return _by_name(field, names, endings)


def _endings(names: list[str]) -> dict[str, str]:
    """Last words of an entity's name → its name, where only one entity ends so: ``session`` → ``CountSession``."""
    found: dict[str, list[str]] = {}
    for name in names:
        words = words_of(name)
        for start in range(1, len(words)):
            found.setdefault("_".join(words[start:]), []).append(name)
    return {tail: owners[0] for tail, owners in found.items() if len(owners) == 1}


def _by_name(field: Field, names: dict[str, str], endings: dict[str, str]) -> str | None:
    """The entity that ``<words>_id`` ends with (the longest match), else the Odoo record of that name."""
    words = field.name.split("_")
    if words[-1] in ("id", "ids"):
        words = words[:-1]
    if words and words[-1] in _data()["people"]:
        return names.get("user", "res.users")
    tails = ["_".join(words[start:]) for start in range(len(words))]
    for tail in tails:
        if entity_key(tail) in names:
            return names[entity_key(tail)]
        if tail in endings and tail not in _data()["odoo"]:
            return endings[tail]
    return next((_data()["odoo"][tail] for tail in tails if tail in _data()["odoo"]), None)
