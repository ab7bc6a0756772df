"""What a source file is read into: a flat list of blocks in reading order, each with its exact place."""

from typing import Literal

from opsroom_dagster.frozen import Frozen

BlockKind = Literal["heading", "paragraph", "list_item", "table", "code", "image"]


class Location(Frozen):
    """A place in a document: ``file`` is relative to the project's sources, lines are 1-based and inclusive."""

    file: str
    line_start: int
    line_end: int
    page: int | None = None
    box: tuple[float, float, float, float] | None = None


class Block(Frozen):
    """One unit of a document.

    ``text`` keeps the inline markup of Markdown (back-ticks, ``**bold**``), because rules read meaning from it;
    it never holds the list bullet, the heading hashes, the table pipes or HTML comments.
    """

    id: str
    """``<document index>.<block index>``, unique in a project's documents."""
    kind: BlockKind
    text: str
    location: Location
    level: int = 0
    """Heading: 1 to 6. List item: nesting depth, 0 for the outermost. Otherwise 0."""
    heading: str | None = None
    """Id of the nearest heading above (for a heading: of its parent heading)."""
    parent: str | None = None
    """List item: id of the item that it is nested in. A block inside a list item: id of that item."""
    ordered: bool = False
    checked: bool | None = None
    """Task-list items: ``- [ ]`` is False, ``- [x]`` is True."""
    language: str | None = None
    """Code: the info string's first word, lower case."""
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    """Tables: cells keep inline markup. Row ``i`` stands on line ``location.line_start + 2 + i`` in Markdown."""


class Document(Frozen):
    """One source file, read."""

    file: str
    digest: str
    format: str
    reader: str
    """Name and version of the reader, part of the cache key."""
    title: str | None
    front_matter: dict[str, str] = {}
    blocks: tuple[Block, ...]


class DocumentSet(Frozen):
    """All documents of a project, ordered by file name."""

    documents: tuple[Document, ...]
