"""A Markdown file of a bundle as blocks that know the headings above them."""

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from opsroom_dagster.documents.model import Block
from opsroom_dagster.documents.readers.markdown import read
from opsroom_dagster.documents.text import decode

_UNFILLED = re.compile(r"^#\s.*\[(?:PROJECT_NAME|FEATURE NAME|FEATURE)\]", re.MULTILINE)


class Page:
    """One file.

    Raises:
        InputError: the file is no text that can be read.
    """

    def __init__(self, path: Path, name: str) -> None:
        data = path.read_bytes()
        self.name = name
        self.unfilled = bool(_UNFILLED.search(decode(data, path)))
        """It still is the dialect's template."""
        contents = read(data, name, 0)
        self.blocks: tuple[Block, ...] = contents.blocks
        self.title: str = contents.title or ""

    @cached_property
    def _by_id(self) -> dict[str, Block]:
        return {block.id: block for block in self.blocks}

    def heading(self, block: Block) -> str:
        """Text of the nearest heading above, or empty."""
        return self._by_id[block.heading].text if block.heading else ""

    def headings(self, block: Block) -> Iterator[str]:
        """Texts of the headings above, the nearest first."""
        while block.heading:
            block = self._by_id[block.heading]
            yield block.text

    def section(self, heading: Block) -> list[Block]:
        """The blocks directly under a heading, without those of its subheadings."""
        return [block for block in self.blocks if block.heading == heading.id and block.kind != "heading"]

    def under(self, pattern: str) -> Iterator[Block]:
        """The blocks that are no headings and stand somewhere below a heading that matches."""
        matcher = re.compile(pattern, re.IGNORECASE)
        for block in self.blocks:
            if block.kind != "heading" and any(matcher.search(text) for text in self.headings(block)):
                yield block
