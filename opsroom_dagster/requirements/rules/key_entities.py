"""Bullets that declare entities under "Key Entities" (Spec Kit) and similar headings, and in glossaries."""

import re
from collections.abc import Iterator

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.model import Entity, Fact, Field
from opsroom_dagster.requirements.names import entity_name, words_of
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules._lists import fields_in

RULE = "key_entities"
HEADING = re.compile(
    r"\b(?:key|core|main|domain|primary|business|data)\s+(?:entities|objects|concepts|models)\b|^\W*[\d.]*\s*(?:data\s+)?entities\b|"
    r"\bdomain model\b|\bdata model\b|实体|エンティティ|\bentidades\b|\bentités\b",
    re.IGNORECASE,
)
STRICT = re.compile(r"entit|object|concept|实体|エンティティ", re.IGNORECASE)
_BOLD = re.compile(r"^(?:\*\*|__)(.+?)(?:\*\*|__)\s*(?:[(（][^)）]*[)）])?\s*(?:[:：–—-]+\s*|$)(.*)$", re.DOTALL)
_MARK = re.compile(r"^`([A-Za-z]\w*)`\s*[:：–—-]+\s*(.*)$", re.DOTALL)
_COLON = re.compile(r"^([A-Z][\w /()（）&-]{1,40}?)\s*(?:[:：]|\s[–—-])\s+(.*)$", re.DOTALL)
_GIVES = re.compile(
    r"\b(?:with(?:\s+(?:an?|its|the))?|has|have|having|carr(?:y|ies|ying)|includ(?:es?|ing)|contain(?:s|ing)?|attributes?(?:\s+include)?|"
    r"fields?(?:\s+include)?|properties|stor(?:es|ing)|record(?:s|ing)|captur(?:es|ing)|track(?:s|ing)|"
    r"hold(?:s|ing)|identified by|defined by|"
    r"consist(?:s|ing) of|compris(?:es|ing)|decomposed into|described by|such as)\b\s*[:：]?\s*",
    re.IGNORECASE,
)


def find(reading: Reading) -> Iterator[Fact]:
    """Entities of bold bullets, with the fields of the clause that names most of them."""
    for block in reading.blocks:
        if block.kind != "list_item" or block.level > 0:
            continue
        heading = reading.heading_text(block)
        if not HEADING.search(heading):
            continue
        match = _BOLD.match(block.text) or _MARK.match(block.text) or _COLON.match(block.text)
        if match:
            declared = STRICT.search(heading) is not None and match.re != _COLON
            yield from (e for e in _entities(reading, block, match.group(1), match.group(2)) if declared or e.fields)


def _entities(reading: Reading, block: Block, title: str, text: str) -> Iterator[Entity]:
    evidence = reading.evidence(block, RULE, 0.8)
    names = [name for name in re.split(r"\s*/\s*|\s*,\s*|\s+&\s+", names_part(title)) if name]
    fields = best_fields(text, reading, block) if len(names) == 1 else ()
    for label in names:
        name = entity_name(label)
        if name and 1 <= len(words_of(label)) <= 4:
            yield Entity(name=name, label=label, description=plain(text) or None, fields=fields, evidence=(evidence,))


def names_part(title: str) -> str:
    """The Latin name of a title: ``Purchase Order (PO)`` → ``Purchase Order``, ``商品（Product）`` → ``Product``."""
    text = plain(title).strip(" :：")
    outside = re.sub(r"[(（][^)）]*[)）]", "", text).strip()
    inside = re.search(r"[(（]([^)）]*)[)）]", text)
    return outside if words_of(outside) or inside is None else inside.group(1).strip()


def best_fields(text: str, reading: Reading, block: Block) -> tuple[Field, ...]:
    """Fields of the clause that gives most; one clause only, because the others tell what the entity does."""
    evidence = reading.evidence(block, RULE, 0.75)
    best: tuple[Field, ...] = ()
    for clause in re.split(r"(?<=[.;。；])\s+|;\s*|\s[–—]\s", text):
        for found in _GIVES.finditer(clause):
            fields = tuple(fields_in(_until_verb(clause[found.end() :]), evidence))
            if len(fields) > len(best):
                best = fields
        inner = re.search(r"[(（]([^()（）]*,[^()（）]*)[)）]", clause)
        if inner and not re.search(r"e\.g\.|i\.e\.", inner.group(1)):
            fields = tuple(fields_in(inner.group(1), evidence))
            if len(fields) > max(len(best), 2):
                best = fields
    return best if len(best) > 1 else ()


def _until_verb(text: str) -> str:
    return re.split(
        r"[.。]\s|\.$|\b(?:that|which|used (?:to|for|by)|so that|in order to|linked to|belonging to)\b", text
    )[0]
