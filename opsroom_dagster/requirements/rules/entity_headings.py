"""Entities that subheadings name below "Core Entities": ``#### 3.1.2 Instructors`` with what is done with them."""

import re
from collections.abc import Iterator

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.requirements.model import Entity, Fact
from opsroom_dagster.requirements.names import words_of
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules._scope import owner_name

RULE = "entity_headings"
_HEADING = re.compile(
    r"^\W*(?:\d+(?:\.\d+)*[.)]?\s*)?(?:(?:key|core|main|domain|primary|business|data)\s+){0,2}"
    r"(?:entities|domain objects|business objects)(?:\s*\([^)]*\))?\W*$|"
    r"^\W*(?:[\d.]+\s*)?(?:实体|エンティティ|entidades|entités)\W*$",
    re.IGNORECASE,
)
_NO_ENTITY = re.compile(
    r"\b(?:relationships?|diagram|overview|summary|notes?|constraints?|rules?|indexes|enums?|enumerations|"
    r"lifecycle|states?|transitions?|validation|erd?|common|shared|general)\b",
    re.IGNORECASE,
)


def find(reading: Reading) -> Iterator[Fact]:
    """One entity a subheading, when there are two or more of them."""
    for heading in reading.blocks:
        if heading.kind != "heading" or not _HEADING.match(plain(heading.text)):
            continue
        below = [block for block in reading.children(heading) if block.kind == "heading"]
        for block in below if len(below) > 1 else ():
            named = owner_name(block.text)
            if named and not _NO_ENTITY.search(plain(block.text)) and len(words_of(named[1])) <= 3:
                evidence = reading.evidence(block, RULE, 0.75)
                yield Entity(name=named[0], label=named[1], evidence=(evidence,))
