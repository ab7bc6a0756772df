"""Two readings of one field become one; stated types beat guesses, and conflicts of stated types are asked about."""

from opsroom_dagster.requirements.merging.identity import with_evidence
from opsroom_dagster.requirements.model import Clarification, Entity, Field, FieldType

# A type on the right says more than those on its left, and does not contradict them.
REFINES: dict[FieldType, set[FieldType]] = {
    "text": {"string"},
    "email": {"string", "text"},
    "phone": {"string", "text"},
    "url": {"string", "text"},
    "selection": {"string", "text"},
    "uuid": {"string"},
    "reference": {"string", "uuid", "integer", "text"},
    "image": {"string", "file", "url", "text"},
    "file": {"string", "url", "text"},
    "decimal": {"integer"},
    "money": {"integer", "decimal"},
    "datetime": {"date", "string", "time"},
    "date": {"string"},
    "time": {"string"},
    "json": {"string", "text"},
}


def join_fields(first: Field, second: Field) -> Field:
    """One field from two readings of the same name."""
    lead, other = (second, first) if _beats(second, first) else (first, second)
    surer = max(first, second, key=lambda field: field.confidence)
    return with_evidence(
        first,
        second,
        type=lead.type,
        type_stated=first.type_stated or second.type_stated,
        required=first.required or second.required if first.confidence == second.confidence else surer.required,
        unique=first.unique or second.unique,
        values=lead.values or other.values,
        target=lead.target or other.target,
        many=lead.many,
        default=first.default if first.default is not None else second.default,
        help=first.help or second.help,
    )


def type_conflicts(entity: str, readings: list[Field]) -> list[Clarification]:
    """A question for a field whose stated types contradict each other; both places are its evidence."""
    stated = [field for field in readings if field.type_stated]
    for field in stated[1:]:
        one, two = stated[0].type, field.type
        if one != two and one not in REFINES.get(two, set()) and two not in REFINES.get(one, set()):
            question = f"{entity}.{field.name} is stated as {one} in one place and as {two} in another: which is right?"
            evidence = (*stated[0].evidence, *field.evidence)
            return [Clarification(question=question, about=f"{entity}.{field.name}", evidence=evidence)]
    return []


def unite_fields(entity: Entity) -> tuple[Entity, list[Clarification]]:
    """The entity with each field once, in first-seen order, and the questions that arose."""
    readings: dict[str, list[Field]] = {}
    for field in entity.fields:
        if field.name:
            readings.setdefault(field.name, []).append(field)
    united: list[Field] = []
    questions: list[Clarification] = []
    for fields in readings.values():
        joined = fields[0]
        for field in fields[1:]:
            joined = join_fields(joined, field)
        united.append(joined)
        questions += type_conflicts(entity.name, fields)
    return entity.model_copy(update={"fields": tuple(united)}), questions


def _beats(challenger: Field, holder: Field) -> bool:
    if challenger.type_stated != holder.type_stated:
        return challenger.type_stated
    if holder.type in REFINES.get(challenger.type, set()):
        return True
    if challenger.type in REFINES.get(holder.type, set()):
        return False
    return challenger.confidence > holder.confidence
