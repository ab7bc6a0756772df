"""What stands above a statement: a user story, whose criterion it is, or a demand that it continues."""

import re

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules._statements import MODAL

_STORY = re.compile(
    r"\bas\s+(?:an?|the|any)?\s*[\w /-]{2,60}[,，]?\s*I\s+(?:would|want|need|can|wish)\b|作为.{1,24}我", re.IGNORECASE
)
_TITLE = re.compile(
    r"^\W*(?:\d+(?:\.\d+)*[.)]?\s*)?(?:user\s+(?:story|scenario)|用户故事)\s*\d*\b|^\W*(?:US|STORY|ST)[-_ ]?\d",
    re.IGNORECASE,
)


def is_story(text: str) -> bool:
    """Whether the text tells a story in the form "As a …, I want …"."""
    return _STORY.search(re.sub(r"[*_]", "", text[:1000])) is not None


def below_stories(reading: Reading) -> frozenset[str]:
    """Ids of the blocks that stand below a story: under its heading, or after it under the heading where it is told."""
    telling: set[str] = set()
    found: set[str] = set()
    for block in reading.blocks:
        if block.kind == "heading" and (block.heading in telling or _TITLE.match(plain(block.text))):
            telling.add(block.id)
        elif block.kind == "paragraph" and block.heading is not None and is_story(block.text):
            telling.add(block.heading)
        if block.heading in telling:
            found.add(block.id)
    return frozenset(found)


def demanded(reading: Reading) -> dict[str, Block]:
    """Outermost items of lists that continue a demand → the paragraph that demands: ``The system must support:``."""
    found: dict[str, Block] = {}
    leading: Block | None = None
    for block in reading.blocks:
        if block.kind == "paragraph" and block.parent is None:
            text = plain(block.text)
            leading = block if text.endswith((":", "：")) and MODAL.search(text) else None
        elif block.kind == "list_item":
            if leading is not None and block.level == 0 and block.heading == leading.heading:
                found[block.id] = leading
        elif block.parent is None:
            leading = None
    return found
