"""Terms that a glossary defines and whose Latin name could be a record: unsure, so it leads to a question at most."""

import re
from collections.abc import Iterator

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.requirements.model import Entity, Fact
from opsroom_dagster.requirements.names import entity_name, words_of
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules.key_entities import names_part

RULE = "glossary"
HEADING = re.compile(
    r"\b(?:glossary|terminology|terms|definitions|ubiquitous language)\b|术语|詞彙|用語|词汇|glosario|glossaire", re.I
)
_TERM = re.compile(r"^(?:\*\*|__|`)(.+?)(?:\*\*|__|`)\s*[:：–—-]\s*(.+)$", re.DOTALL)
_RECORD = re.compile(
    r"\b(?:record|document|order|request|entry|item|person|customer|list of|collection of|transaction|line)\b|"
    r"记录|记載|用户|信息|資料|条目|レコード",
    re.I,
)


def find(reading: Reading) -> Iterator[Fact]:
    """Entities without fields; the merge keeps those that something else supports."""
    for block in reading.blocks:
        if block.kind not in ("list_item", "paragraph") or not HEADING.search(reading.heading_text(block)):
            continue
        match = _TERM.match(block.text)
        name = names_part(match.group(1)) if match else ""
        if match and 1 <= len(words_of(name)) <= 3 and not name.isupper() and _RECORD.search(match.group(2)):
            evidence = reading.evidence(block, RULE, 0.45)
            yield Entity(name=entity_name(name), label=name, description=plain(match.group(2)), evidence=(evidence,))
