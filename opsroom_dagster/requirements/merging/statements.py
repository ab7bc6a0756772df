"""Stories, requirements and constraints: each once, with its id, and with the entities that it names."""

import re
from collections.abc import Sequence

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.requirements.merging.constraint_fields import with_fields
from opsroom_dagster.requirements.merging.identity import Ids, normal, unite, with_evidence
from opsroom_dagster.requirements.merging.workflows import named_in
from opsroom_dagster.requirements.model import Constraint, Entity, Requirement, UserStory
from opsroom_dagster.requirements.names import plural, words_of

PREFIXES = {"functional": "FR", "non_functional": "NFR", "constraint": "C"}


def merge_requirements(facts: Sequence[Requirement], ids: Ids) -> list[Requirement]:
    """Each statement once; ids of the document are kept, a second use of one gets a derived id."""

    def join(first: Requirement, second: Requirement) -> Requirement:
        criteria = (*first.criteria, *(c for c in second.criteria if c.text not in {d.text for d in first.criteria}))
        return with_evidence(
            first, second, id=first.id or second.id, title=first.title or second.title, criteria=criteria
        )

    united = unite(facts, lambda fact: normal(fact.text), join)
    claimed = {position for position, fact in enumerate(united) if fact.id and ids.claim(fact.id)}
    return [
        fact if position in claimed else fact.model_copy(update={"id": ids.derive(PREFIXES[fact.kind], fact.text)})
        for position, fact in enumerate(united)
    ]


def merge_stories(facts: Sequence[UserStory], ids: Ids) -> list[UserStory]:
    """Each story once, by what is wanted."""

    def join(first: UserStory, second: UserStory) -> UserStory:
        criteria = (*first.criteria, *(c for c in second.criteria if c.text not in {d.text for d in first.criteria}))
        return with_evidence(
            first,
            second,
            id=first.id or second.id,
            role=first.role or second.role,
            benefit=first.benefit or second.benefit,
            priority=first.priority or second.priority,
            criteria=criteria,
        )

    united = unite(facts, lambda fact: normal(f"{fact.role or ''} {fact.want}"), join)
    claimed = {position for position, fact in enumerate(united) if fact.id and ids.claim(fact.id)}
    return [
        fact
        if position in claimed
        else fact.model_copy(update={"id": ids.derive("US", f"{fact.role or ''} {fact.want}")})
        for position, fact in enumerate(united)
    ]


def merge_constraints(facts: Sequence[Constraint], entities: Sequence[Entity], ids: Ids) -> list[Constraint]:
    """Each business rule once, with the entity that it is about when one is known."""

    def key(fact: Constraint) -> str:
        # One sentence may state two bounds.
        return " ".join((normal(fact.entity or ""), normal(fact.text), fact.expression or ""))

    united = unite(facts, key, with_evidence)
    claimed = {position for position, fact in enumerate(united) if fact.id and ids.claim(fact.id)}
    named = [
        fact.model_copy(
            update={
                "id": fact.id if position in claimed else ids.derive("C", f"{fact.entity or ''} {fact.text}"),
                "entity": named_in(fact.entity, entities) if fact.entity else None,
            }
        )
        for position, fact in enumerate(united)
    ]
    return [with_fields(fact, entities) for fact in named]


def naming(statement: Requirement, entities: Sequence[Entity]) -> Requirement:
    """The statement with the entities whose name, singular or plural, stands in it as whole words."""
    text = plain(f"{statement.title or ''} {statement.text}")
    named = tuple(entity.name for entity in entities if _pattern(entity).search(text))
    return statement.model_copy(update={"entities": named})


def _pattern(entity: Entity) -> re.Pattern[str]:
    words = words_of(entity.name)
    last = f"(?:{re.escape(words[-1])}|{re.escape(plural(words[-1]))})"
    return re.compile(rf"(?<!\w){'[ _.-]?'.join([*map(re.escape, words[:-1]), last])}(?!\w)", re.IGNORECASE)
