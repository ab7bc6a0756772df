"""Which fields of an entity a rule means: "the promised date" is its field ``promised_on``."""

import re
from collections.abc import Sequence

from opsroom_dagster.requirements.model import Constraint, Entity, Field
from opsroom_dagster.requirements.names import singular, words_of

DATE_WORDS = frozenset({"date", "day", "time", "datetime", "timestamp", "on", "at"})
PLAIN_WORDS = frozenset({"number", "no", "value", "amount", "id", "code", "field"})


def with_fields(constraint: Constraint, entities: Sequence[Entity]) -> Constraint:
    """The constraint with the names of real fields, in its expression too; those that nothing matches stay.

    A constraint of no known entity gets the only one that has all of its fields.
    """
    if not constraint.fields:
        return constraint
    named = [entity for entity in entities if entity.name == constraint.entity]
    fitting = [entity for entity in named or entities if _meant(constraint, entity) is not None]
    if len(fitting) != 1:
        return constraint
    meant = _meant(constraint, fitting[0]) or {}
    expression = constraint.expression
    if expression is not None:
        expression = re.sub(r"[a-z_]\w*", lambda match: meant.get(match.group(), match.group()), expression)
    fields = tuple(meant[name] for name in constraint.fields)
    return constraint.model_copy(update={"entity": fitting[0].name, "fields": fields, "expression": expression})


def _meant(constraint: Constraint, entity: Entity) -> dict[str, str] | None:
    """Name in the rule → name of the entity's field; None unless each name has one field of its own."""
    found = {name: field.name for name in constraint.fields if (field := _field(name, entity)) is not None}
    return found if len(found) == len(set(found.values())) == len(constraint.fields) else None


def _field(name: str, entity: Entity) -> Field | None:
    words = name.split("_")
    own = words_of(entity.name)
    forms = [words]
    if [singular(word) for word in words[: len(own)]] == own and len(words) > len(own):
        forms.append(words[len(own) :])
    for form in forms:
        for same in (_exactly, _nearly):
            fitting = [field for field in entity.fields if same(form, field)]
            if len(fitting) == 1:
                return fitting[0]
    return None


def _exactly(words: list[str], field: Field) -> bool:
    return words in (words_of(field.name), words_of(field.label))


def _nearly(words: list[str], field: Field) -> bool:
    """Equal but for words that only tell the type, as in ``promised date`` and ``promised_on``."""
    dated = field.type in ("date", "datetime")
    loose = DATE_WORDS if dated else PLAIN_WORDS

    def core(text: list[str]) -> list[str]:
        return [word for word in text if word not in loose]

    return bool(core(words)) and core(words) == core(words_of(field.name))
