"""The principles of a constitution."""

import re

from opsroom_dagster.specs.reading.page import Page
from opsroom_dagster.specs.text import unescaped

_SECTION = re.compile(r"\b(?:principles?|invariants?|rules|doctrine|guardrails|articles?)\b", re.IGNORECASE)
_NUMBERING = re.compile(
    r"^(?:(?:[IVXLC]+|\d+(?:\.\d+)*)[.):]?\s+|(?:principle|article|invariant)\s+[\dIVXLC]+\s*[:.—–-]\s*)", re.IGNORECASE
)
_NOT_PRINCIPLES = re.compile(r"^(?:purpose|governance|scope|amendments?|references?|version|overview)\b", re.IGNORECASE)


def read_principles(page: Page) -> tuple[str, ...]:
    """Titles of the headings under "Core Principles" and the like; without such, of the second-level headings."""
    headings = [block for block in page.blocks if block.kind == "heading" and block.level > 1]
    inner = [block for block in headings if any(_SECTION.search(text) for text in list(page.headings(block))[:-1])]
    chosen = inner or [block for block in headings if block.level == 2]
    titles = (unescaped(_NUMBERING.sub("", block.text)).strip() for block in chosen)
    return tuple(title for title in titles if title and not _NOT_PRINCIPLES.match(title))
