"""User stories with their acceptance scenarios."""

import re

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.merging.identity import Ids
from opsroom_dagster.specs.model import SpecStory
from opsroom_dagster.specs.reading.page import Page
from opsroom_dagster.specs.text import tidy, unescaped

_HEADING = re.compile(
    r"User (?:Story|Scenario)\s+(?P<number>\d+)\s*[-–—:：]?\s*(?P<title>.*?)"
    r"(?:\s*(?<!\\)\(Priority:\s*(?P<priority>(?:\\.|[^)\\])*)\).*)?",
    re.IGNORECASE,
)
_LABEL = re.compile(r"\*\*[^*]+\*\*\s*[:：]|\*\*[^*]+[:：]\*\*")
_IDENTITY = re.compile(r"\*\*ID\*\*:\s*(?P<id>.+)")
_NARRATIVE = re.compile(r"(?:\*\*)?as an?\b", re.IGNORECASE)


def read_stories(page: Page) -> tuple[SpecStory, ...]:
    """Stories under headings ``User Story N - Title (Priority: Pn)``; without such, list items "As a …"."""
    found: list[SpecStory] = []
    for block in page.blocks:
        match = _HEADING.fullmatch(block.text) if block.kind == "heading" else None
        if match:
            found.append(_story(page, block, match))
    if found:
        return tuple(found)
    ids = Ids()
    texts = [
        tidy(plain(b.text)) for b in page.blocks if b.kind in ("list_item", "paragraph") and _NARRATIVE.match(b.text)
    ]
    return tuple(SpecStory(id=ids.derive("US", text), title=text, text=text) for text in texts)


def _story(page: Page, heading: Block, match: re.Match[str]) -> SpecStory:
    body = page.section(heading)
    stated = next((m for block in body if block.kind == "paragraph" and (m := _IDENTITY.match(block.text))), None)
    prose = [b.text for b in body if b.kind == "paragraph" and not _LABEL.match(b.text) and not b.parent]
    return SpecStory(
        id=unescaped(stated["id"]) if stated else f"US{match['number']}",
        title=unescaped(match["title"]).strip(),
        priority=unescaped(match["priority"]).strip() if match["priority"] else None,
        text=tidy(unescaped(prose[0])) if prose else "",
        criteria=tuple(tidy(unescaped(b.text)) for b in body if b.kind == "list_item" and b.ordered and b.level == 0),
    )
