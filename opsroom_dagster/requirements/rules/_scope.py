"""What a block of fields belongs to: the nearest heading, label or list item above that names something."""

import re
from functools import lru_cache
from importlib.resources import files

import yaml

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.names import entity_name, label_of, words_of
from opsroom_dagster.requirements.reading import Reading

_NUMBER = re.compile(r"^\s*(?:[A-Z]?\d+(?:\.\d+)*[.):]?|[IVX]+\.|[A-Z]\.)\s+|^\s*[^\w\s(（`'\"]+\s*")
_ID = re.compile(r"^\s*[A-Z]{2,}(?:-[A-Z]+)*-?\d+\s*[:.\-–]?\s*")
_AFFIX = re.compile(
    r"\b(?:entity|entities|table|model|collection|object|schema|class|record|interface|type|struct|data\s+model|data\s+fields?|"
    r"fields?|attributes?|properties|columns?|data|information|details?|definition|structure|document|database|catalog(?:ue)?|management|registry|master)\b|"
    r"实体|数据表|表|模型|エンティティ|テーブル|モデル",
    re.IGNORECASE,
)
_PAREN = re.compile(r"\s*[(（\[]([^)）\]]*)[)）\]]")


@lru_cache(maxsize=1)
def generic() -> frozenset[str]:
    """Entity keys that name no record."""
    text = files("opsroom_dagster.requirements").joinpath("not_entities.yaml").read_text(encoding="utf-8")
    return frozenset(map(str, yaml.safe_load(text)["whole"]))


def owner_name(text: str) -> tuple[str, str] | None:
    """(entity name, label) that a heading or label names, or None: ``3.1 Table: `users` `` → ``("User", "users")``.

    A name in another script takes the Latin one in parentheses: ``读者（Reader）`` → ``Reader``.
    """
    marked = re.search(r"`([A-Za-z_][\w.]*)`", text)
    label = _ID.sub("", _NUMBER.sub("", plain(text))).strip(" :：*")
    label = re.sub(
        r"^(?:entity|table|model|collection|class|object|type)\s*(?:\d+\s*)?[:：.\-–—]\s*", "", label, flags=re.I
    )
    if marked:
        name = marked.group(1).rpartition(".")[2]
        return (entity_name(name), label_of(name)) if entity_name(name) else None
    inside = _PAREN.search(label)
    outside = _PAREN.sub("", label).strip()
    if not words_of(outside) and inside:
        outside = inside.group(1)
    outside = re.split(r"\s+[–—-]\s+|[:：]", outside)[0]
    stripped = _AFFIX.sub(" ", outside).strip(" -–—:：")
    words = words_of(stripped)
    if not words or len(words) > 4:
        return None
    name = entity_name(stripped)
    return (name, stripped) if name and name.lower() not in generic() else None


def owner_of(reading: Reading, block: Block) -> tuple[str, str, Block] | None:
    """(entity name, label, naming block) of what a block belongs to: label just above, list parent, then headings."""
    before = reading.before(block)
    if before is not None and before.kind == "paragraph" and _labels(before):
        named = owner_name(before.text)
        if named:
            return (*named, before)
    if block.parent is not None:
        parent = reading.block(block.parent)
        named = owner_name(re.split(r"[:：]", parent.text)[0]) if len(parent.text) < 80 else None
        if named:
            return (*named, parent)
    for heading in reversed(reading.headings_of(block)):
        named = owner_name(heading.text)
        if named:
            return (*named, heading)
        if len(words_of(heading.text)) > 4:
            return None
    return None


def _labels(block: Block) -> bool:
    text = block.text.strip()
    bold = re.fullmatch(r"(\*\*|__)[^*]+\1\s*[:：]?", text)
    return len(text) <= 80 and "\n" not in text and (bold is not None or plain(text).endswith((":", "：")))
