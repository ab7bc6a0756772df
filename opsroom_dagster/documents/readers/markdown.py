"""Markdown (CommonMark with tables, task lists and front matter) and plain text, with exact lines.

Inline marks stay in the text. Indented code is read as text and lists, because people who indent a list by four
spaces mean a list; link definitions stay text, so that no line is lost.
"""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from opsroom_dagster.documents.inline import plain, without_comments
from opsroom_dagster.documents.model import Block, BlockKind, Location
from opsroom_dagster.documents.readers import Contents
from opsroom_dagster.documents.text import decode
from opsroom_dagster.errors import InputError

if TYPE_CHECKING:
    from markdown_it.token import Token

SUFFIXES = (".md", ".markdown", ".txt")
FORMAT = "markdown"
VERSION = "1"

MAX_NESTING = 200
"""Of markdown-it's levels: a list takes two. Deeper nesting is hostile or broken."""

_TASK = re.compile(r"\[([ xX])\]\s+")
_IMAGE_ONLY = re.compile(r"\s*(?:\[?!\[[^\]]*\]\([^)]*\)(?:\]\([^)]*\))?\s*)+\Z")
_HTML_IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")


def read(data: bytes, file: str, index: int) -> Contents:
    """Blocks in reading order.

    Raises:
        InputError: not UTF-8 text, empty, or nested deeper than ``MAX_NESTING``.
    """
    from markdown_it import MarkdownIt

    text = decode(data, file)
    front_matter, text = split_front_matter(text)
    parser = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable("table").disable(["code", "reference"])
    # Rules read inline marks themselves; parsing them would cost time and lose the text as written.
    parser.core.ruler.disable("inline")
    builder = _Builder(file, index)
    builder.walk(parser.parse(text))
    headings = [block for block in builder.blocks if block.kind == "heading"]
    first = next((block for block in headings if block.level == 1), headings[0] if headings else None)
    title = front_matter.get("title") or (plain(first.text) if first else None)
    return Contents(blocks=tuple(builder.blocks), title=title, front_matter=front_matter)


def split_front_matter(text: str) -> tuple[dict[str, str], str]:
    """The ``key: value`` pairs between leading ``---`` lines, and the text with those lines made blank."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return {}, text
    end = next((i for i, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "...")), None)
    if end is None or not all(re.match(r"[\w-]+\s*:|\s|#|-|$", line) for line in lines[1:end]):
        return {}, text
    pairs = (re.match(r"([\w-]+)\s*:\s*(.*)", line) for line in lines[1:end])
    matter = {match.group(1): match.group(2).strip().strip("\"'") for match in pairs if match}
    return matter, "\n".join([""] * (end + 1) + lines[end + 1 :])


@dataclass
class _Builder:
    """Collects blocks while walking markdown-it's tokens."""

    file: str
    index: int
    blocks: list[Block] = field(default_factory=list[Block])
    headings: list[Block] = field(default_factory=list[Block])
    lists: list[bool] = field(default_factory=list[bool])
    """Open lists: is it ordered?"""
    items: list[str | None] = field(default_factory=list["str | None"])
    """Open list items: id of their block, None while it has no text."""
    quotes: int = 0

    def walk(self, tokens: "list[Token]") -> None:
        position = 0
        while position < len(tokens):
            token = tokens[position]
            if token.level >= MAX_NESTING - 1:
                raise InputError(
                    "lists or quotes are nested too deeply to be read.",
                    file=self.file,
                    line=token.map[0] + 1 if token.map else None,
                    remedy="Flatten them.",
                )
            position = self.take(tokens, position)

    def take(self, tokens: "list[Token]", position: int) -> int:
        """Handle the token at ``position``; returns the next position."""
        token = tokens[position]
        match token.type:
            case "heading_open":
                self.heading(token, tokens[position + 1].content)
                return position + 3
            case "paragraph_open":
                self.paragraph(token, tokens[position + 1].content)
                return position + 3
            case "table_open":
                return self.table(tokens, position)
            case "fence":
                language = token.info.strip().split(maxsplit=1)[0].lower() if token.info.strip() else None
                self.add("code", token.content.rstrip("\n"), token, language=language)
            case "html_block":
                self.html(token)
            case "bullet_list_open" | "ordered_list_open":
                self.lists.append(token.type == "ordered_list_open")
            case "bullet_list_close" | "ordered_list_close":
                self.lists.pop()
            case "list_item_open":
                self.items.append(None)
            case "list_item_close":
                self.items.pop()
            case "blockquote_open":
                self.quotes += 1
            case "blockquote_close":
                self.quotes -= 1
            case _:
                pass
        return position + 1

    def heading(self, token: "Token", content: str) -> None:
        # A rule typed directly under a paragraph is meant as a rule, not as a heading of several lines.
        if self.items or self.quotes or (token.markup in "-=" and "\n" in content):
            self.paragraph(token, content)
            return
        text = without_comments(content).strip()
        if not text:
            return
        level = int(token.tag[1])
        while self.headings and self.headings[-1].level >= level:
            self.headings.pop()
        self.headings.append(self.add("heading", text, token, level=level))

    def paragraph(self, token: "Token", content: str) -> None:
        text = without_comments(content).strip()
        if not text:
            return
        if self.items and self.items[-1] is None:
            self.item(token, text)
        elif _IMAGE_ONLY.match(text) or (_HTML_IMAGE.search(text) and not _TAG.sub("", text).strip()):
            self.add("image", text, token)
        else:
            self.add("paragraph", text, token)

    def item(self, token: "Token", text: str) -> None:
        task = _TASK.match(text)
        if task:
            text = text[task.end() :]
        parent = next((item for item in reversed(self.items[:-1]) if item is not None), None)
        block = self.add(
            "list_item",
            text,
            token,
            level=len(self.items) - 1,
            parent=parent,
            ordered=self.lists[-1],
            checked=task.group(1) != " " if task else None,
        )
        self.items[-1] = block.id

    def html(self, token: "Token") -> None:
        content = without_comments(token.content)
        text = "\n".join(line.strip() for line in _TAG.sub(" ", content).splitlines() if line.strip())
        if text:
            self.add("paragraph", text, token)
        elif _HTML_IMAGE.search(content):
            self.add("image", content.strip(), token)

    def table(self, tokens: "list[Token]", position: int) -> int:
        opening, rows = tokens[position], list[list[str]]()
        while tokens[position].type != "table_close":
            if tokens[position].type == "tr_open":
                rows.append([])
            elif tokens[position].type == "inline":
                rows[-1].append(without_comments(tokens[position].content).strip())
            position += 1
        self.add("table", "", opening, header=tuple(rows[0]), rows=tuple(tuple(row) for row in rows[1:]))
        return position + 1

    def add(self, kind: BlockKind, text: str, token: "Token", level: int = 0, **more: Any) -> Block:
        start, end = token.map or (0, 1)
        above = [heading for heading in self.headings if kind != "heading" or heading.level < level]
        open_item = next((item for item in reversed(self.items) if item is not None), None)
        block = Block(
            id=f"{self.index}.{len(self.blocks)}",
            kind=kind,
            text=text,
            location=Location(file=self.file, line_start=start + 1, line_end=max(end, start + 1)),
            level=level,
            heading=above[-1].id if above else None,
            parent=more.pop("parent", open_item),
            **more,
        )
        self.blocks.append(block)
        return block
