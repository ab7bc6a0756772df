"""Records that a sentence defines and a list describes: ``we define a **Slip**:`` above ``- **Channel**: …``."""

import re
from collections.abc import Iterator

from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.model import Entity, Fact, Field
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules._lists import bullet_fields
from opsroom_dagster.requirements.rules._scope import owner_name
from opsroom_dagster.requirements.rules.field_lists import sibling_lists

RULE = "defined_records"
_DEFINES = re.compile(
    r"\b(?:defines?|introduces?|models?|records?|stores?|keeps?|consists? of)\b[^.]{0,40}?\*\*(?P<name>[^*]{3,40})\*\*"
    r"[^.]{0,40}[:：]\s*$",
    re.IGNORECASE,
)
_LABELLED = re.compile(r"^(?:\*\*|__)[^*_]{2,40}(?:\*\*|__)\s*[:：–—-]|^(?:\*\*|__)[^*_]{2,40}[:：](?:\*\*|__)")


def find(reading: Reading) -> Iterator[Fact]:
    """One entity a list whose items are nearly all labelled."""
    for group in sibling_lists(reading):
        above = reading.before(group[0])
        defined = _DEFINES.search(above.text) if above is not None and above.kind == "paragraph" else None
        labelled = [block for block in group if _LABELLED.match(block.text)]
        if above is not None and defined is not None and len(labelled) > 1 and len(labelled) >= 0.8 * len(group):
            yield from _entity(reading, above, defined["name"], labelled)


def _entity(reading: Reading, above: Block, title: str, items: list[Block]) -> Iterator[Entity]:
    named = owner_name(title)
    fields: list[Field] = [
        field for block in items for field in bullet_fields(block.text, reading.evidence(block, RULE, 0.7), loose=True)
    ]
    if named is not None and len(fields) > 1:
        yield Entity(
            name=named[0], label=named[1], fields=tuple(fields), evidence=(reading.evidence(above, RULE, 0.7),)
        )
