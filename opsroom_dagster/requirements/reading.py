"""The blocks of a project's documents, with the relations between them that rules ask for."""

from collections.abc import Iterable

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.documents.model import Block, Document, DocumentSet
from opsroom_dagster.requirements.model import Evidence

__all__ = ["Reading", "plain"]


class Reading:
    """A ``DocumentSet`` indexed by id, heading and nesting. Blocks are in reading order, document by document."""

    def __init__(self, documents: DocumentSet) -> None:
        self.documents = documents
        self.blocks: tuple[Block, ...] = tuple(block for document in documents.documents for block in document.blocks)
        self._index = {block.id: position for position, block in enumerate(self.blocks)}
        self._document = {block.id: document for document in documents.documents for block in document.blocks}
        self._children: dict[str, list[Block]] = {}
        for block in self.blocks:
            above = block.parent or block.heading
            if above is not None:
                self._children.setdefault(above, []).append(block)

    def block(self, block_id: str) -> Block:
        """The block with this id.

        Raises:
            KeyError: no such block.
        """
        return self.blocks[self._index[block_id]]

    def has(self, block_id: str) -> bool:
        """Whether a block with this id exists."""
        return block_id in self._index

    def position(self, block: Block) -> int:
        """Index of the block in ``blocks``."""
        return self._index[block.id]

    def document(self, block: Block) -> Document:
        """The document that the block stands in."""
        return self._document[block.id]

    def headings_of(self, block: Block) -> tuple[Block, ...]:
        """The headings above a block, outermost first; without the block itself when it is a heading."""
        chain: list[Block] = []
        above = block.heading
        while above is not None:
            heading = self.block(above)
            chain.append(heading)
            above = heading.heading
        return tuple(reversed(chain))

    def heading_text(self, block: Block) -> str:
        """Text of the nearest heading above, without inline markup; empty when there is none."""
        return plain(self.block(block.heading).text) if block.heading is not None else ""

    def children(self, block: Block) -> tuple[Block, ...]:
        """List item: the blocks nested directly in it. Heading: blocks and subheadings directly under it."""
        return tuple(self._children.get(block.id, ()))

    def section(self, heading: Block) -> tuple[Block, ...]:
        """Everything below a heading, subsections included, up to the next heading of its level or above."""
        return tuple(self._below(heading))

    def after(self, block: Block) -> Block | None:
        """The next block of the same document."""
        return self._neighbour(block, 1)

    def before(self, block: Block) -> Block | None:
        """The previous block of the same document."""
        return self._neighbour(block, -1)

    def evidence(self, block: Block, rule: str, confidence: float, line: int | None = None) -> Evidence:
        """Evidence that ``rule`` read ``block``; ``line`` (1-based, in the file) narrows its location to one line."""
        location = block.location
        if line is not None:
            location = location.model_copy(update={"line_start": line, "line_end": line})
        return Evidence(rule=rule, confidence=confidence, block=block.id, location=location)

    def _neighbour(self, block: Block, step: int) -> Block | None:
        position = self._index[block.id] + step
        if not 0 <= position < len(self.blocks):
            return None
        other = self.blocks[position]
        return other if other.location.file == block.location.file else None

    def _below(self, heading: Block) -> Iterable[Block]:
        for block in self.blocks[self._index[heading.id] + 1 :]:
            if block.location.file != heading.location.file:
                return
            if block.kind == "heading" and block.level <= heading.level:
                return
            yield block
