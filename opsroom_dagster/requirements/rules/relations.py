"""Relations in words: "belongs to", "has many", "one-to-many between A and B", also in Chinese and Japanese."""

import re
from collections.abc import Iterator

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.requirements.model import Cardinality, Fact, Relationship
from opsroom_dagster.requirements.names import entity_name, words_of
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules._scope import generic

RULE = "relations"
_NAME = r"([A-Za-z][\w-]*(?: [A-Za-z][\w-]*){0,2}?)"
_END = r"(?=[\s.,;:()（）、，。]|$)"
_ARTICLE = r"(?:an?|the|each|every|one|exactly one|its|their)\s+"
_KINDS: tuple[tuple[Cardinality, str], ...] = (
    ("n:m", r"many[- ]to[- ]many|n:m|m:n|多对多|多対多"),
    ("1:n", r"one[- ]to[- ]many|1:n|1:\*|一对多|一対多"),
    ("n:1", r"many[- ]to[- ]one|n:1|多对一|多対一"),
    ("1:1", r"one[- ]to[- ]one|1:1|一对一|一対一"),
)
_SENTENCES: tuple[tuple[Cardinality, re.Pattern[str]], ...] = (
    ("n:1", re.compile(rf"(?:^|\b)(?:{_ARTICLE})?{_NAME}\s+belongs?\s+to\s+"
    rf"(?:{_ARTICLE})?{_NAME}{_END}", re.IGNORECASE)),
    ("1:n", re.compile(rf"^(?:{_ARTICLE})?{_NAME}\s+(?:has|have|can have|may have|contains?)\s+(?:many|"
    rf"multiple|several|zero or more|one or more)\s+{_NAME}{_END}", re.IGNORECASE)),
    ("n:m", re.compile(rf"^{_NAME}\s+can be (?:assigned|linked) to (?:many|multiple|several)\s+"
    rf"{_NAME}{_END}", re.IGNORECASE)),
    ("n:1", re.compile(rf"^(?:{_ARTICLE})?{_NAME}\s+(?:must have|has)\s+(?:exactly\s+)?one\s+(?:default\s+"
    rf")?{_NAME}(?:\s+assigned)?[.\s]*$", re.IGNORECASE)),
)  # fmt: skip
_BETWEEN = re.compile(r"([A-Z]\w+)\s*(?:与|和|と|and|to|↔|<->|—|-|→)\s*([A-Z]\w+(?:/[A-Z]\w+)*)")


def find(reading: Reading) -> Iterator[Fact]:
    """Relationships; the merge keeps those between entities that exist."""
    for block in reading.blocks:
        if block.kind not in ("paragraph", "list_item"):
            continue
        text = plain(block.text)
        evidence = (reading.evidence(block, RULE, 0.7),)
        for source, target, cardinality in _pairs(text):
            if source and target and source != target and {source.lower(), target.lower()}.isdisjoint(generic()):
                yield Relationship.model_validate(
                    {"from": source, "to": target, "cardinality": cardinality, "evidence": evidence}
                )


def _pairs(text: str) -> Iterator[tuple[str, str, Cardinality]]:
    for cardinality, words in _KINDS:
        between = _BETWEEN.search(text) if re.search(words, text, re.IGNORECASE) else None
        if between:
            for target in between.group(2).split("/"):
                yield entity_name(between.group(1)), entity_name(target), cardinality
            return
    for sentence in re.split(r"(?<=[.;])\s+", text):
        for cardinality, pattern in _SENTENCES:
            match = pattern.search(sentence)
            if match and len(words_of(match.group(1))) <= 3:
                yield entity_name(match.group(1)), entity_name(match.group(2)), cardinality
                break
