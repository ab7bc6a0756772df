"""Fields in sentences: "Create bookings with date, time and guest", "Member fields shall include: …"."""

import re
from collections.abc import Iterator

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.requirements.model import Entity, Evidence, Fact
from opsroom_dagster.requirements.names import entity_name, label_of, words_of
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules._lists import fields_in
from opsroom_dagster.requirements.rules._scope import generic

RULE = "field_prose"
_DETERMINER = r"(?:an?|the|new|each|every|all|their|one|multiple|several)\s+"
_NAME = r"([A-Za-z][\w-]*(?: [A-Za-z][\w-]*){0,2}?)"
_NO_NAME = re.compile(
    r"\b(?:that|which|this|these|with|and|or|for|from|must|shall|can|should|is|are|new)\b", re.IGNORECASE
)
_PATTERNS = (
    re.compile(
        rf"\b(?:create|creates|maintain|maintains|add|adds|adding|register|registers|record|records|manage|store|stores|enter|define)\s+"
        rf"(?:{_DETERMINER})*{_NAME}(?:\s+(?:records?|profiles?|information|details|data))?\s+"
        r"(?:with|including|containing|consisting of)\s*(?:the following)?\s*[:：]?\s*"
        r"(?P<list>[^.;:]+(?:\([^)]*\)[^.;]*)?)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b{_NAME}\s+(?:fields|attributes|details|data|records?|information)\s+(?:(?:shall|should|must|will|to)\s+)?"
        r"(?:include|contain|consist of|have|are)s?\s*[:：]?\s*(?P<list>[^.;]+)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^(?:maintain|keep|store)\s+(?:an?|the)\s+(?:catalog(?:ue)?|list|register|directory|database) of\s+"
        rf"{_NAME}\s*[(（](?P<list>[^)）]+)[)）]",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?:each|every|an?)\s+{_NAME}\s+(?:has|have|consists of|contains|includes|is described by)\s+"
        rf"(?P<list>[^.;]+)",
        re.IGNORECASE,
    ),
)


def find(reading: Reading) -> Iterator[Fact]:
    """Entities with at least two fields; one field counts when it is said to be required."""
    for block in reading.blocks:
        if block.kind in ("paragraph", "list_item"):
            yield from _in_text(block.text, reading.evidence(block, RULE, 0.6))
        elif block.kind == "table":
            for number, row in enumerate(block.rows):
                evidence = reading.evidence(block, RULE, 0.6, block.location.line_start + 2 + number)
                for cell in row:
                    yield from _in_text(cell, evidence)


def _in_text(text: str, evidence: Evidence) -> Iterator[Entity]:
    sentence = plain(text)
    for pattern in _PATTERNS:
        for match in pattern.finditer(sentence):
            label = re.sub(rf"^(?:{_DETERMINER})+", "", match.group(1), flags=re.IGNORECASE).strip()
            name = entity_name(label)
            if not name or _NO_NAME.search(label) or name.lower() in generic() or not 1 <= len(words_of(label)) <= 3:
                continue
            fields = tuple(fields_in(_list_only(match.group("list")), evidence))
            required = len(fields) == 1 and fields[0].required
            if len(fields) > 1 or required:
                if pattern is _PATTERNS[-1]:
                    # "Each order has a, b and c" is as often prose as a definition: ask.
                    doubt = evidence.model_copy(update={"confidence": 0.45})
                    fields = tuple(field.model_copy(update={"evidence": (doubt,)}) for field in fields)
                    yield Entity(name=name, label=label_of(label), fields=fields, evidence=(doubt,))
                    return
                yield Entity(name=name, label=label_of(label), fields=fields, evidence=(evidence,))
                return


def _list_only(text: str) -> str:
    return re.split(r"\s(?:so that|in order to|which|that|when|where|using|via|for|to)\s(?![^(]*\))", text)[0]
