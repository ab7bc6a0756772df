"""The ledger: every block is used by a rule or listed as unread."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from importlib.resources import files

import yaml

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.model import Coverage, Entity, Evidence, Fact, Requirement, Unread, UserStory
from opsroom_dagster.requirements.reading import Reading

UNREAD_TEXT = 120


@lru_cache(maxsize=1)
def _data_heading() -> re.Pattern[str]:
    text = files("opsroom_dagster.requirements").joinpath("sections.yaml").read_text(encoding="utf-8")
    return re.compile("|".join(yaml.safe_load(text)["data_model"]), re.IGNORECASE)


def about_data(heading: str) -> bool:
    """Whether a heading announces a data model."""
    return _data_heading().search(plain(heading)) is not None


def measure(reading: Reading, facts: Sequence[Fact]) -> Coverage:
    """Used blocks: those in any evidence, headings and label paragraphs above them. The rest is unread."""
    used = {evidence.block for fact in facts for evidence in evidence_of(fact) if reading.has(evidence.block)}
    used |= _introducing(reading, used)
    unread = tuple(_unread(reading, block) for block in reading.blocks if block.id not in used)
    return Coverage(blocks=len(reading.blocks), used=len(reading.blocks) - len(unread), unread=unread)


def evidence_of(fact: Fact) -> Iterator[Evidence]:
    """The evidence of a fact and of its parts."""
    yield from fact.evidence
    parts: Iterable[Fact] = ()
    if isinstance(fact, Entity):
        parts = fact.fields
    elif isinstance(fact, UserStory | Requirement):
        parts = fact.criteria
    for part in parts:
        yield from part.evidence


def _introducing(reading: Reading, used: set[str]) -> set[str]:
    """Headings above used blocks, list items that used items are nested in, and labels that lead to them."""
    found: set[str] = set()
    for block_id in used:
        block = reading.block(block_id)
        found |= {heading.id for heading in reading.headings_of(block)}
        while block.parent is not None:
            found.add(block.parent)
            block = reading.block(block.parent)
    for block_id in sorted(used | found):
        before = reading.before(reading.block(block_id))
        if before is not None and before.kind in ("paragraph", "list_item") and _is_label(before):
            found.add(before.id)
    return found


def _is_label(block: Block) -> bool:
    return len(block.text) <= UNREAD_TEXT and plain(block.text).endswith((":", "："))


def _unread(reading: Reading, block: Block) -> Unread:
    cells = " · ".join((*block.header, *(cell for row in block.rows for cell in row)))
    headings = [heading.text for heading in reading.headings_of(block)]
    return Unread(
        block=block.id,
        kind=block.kind,
        text=plain(block.text or cells)[:UNREAD_TEXT],
        location=block.location,
        data_model=block.kind != "heading" and any(map(about_data, headings)),
    )
