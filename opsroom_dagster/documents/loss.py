"""Proof that reading lost nothing: every line with text is in a block, and every block's words stand in its lines."""

import re
from collections.abc import Iterator

from opsroom_dagster.documents.model import Block, Document

_WORD = re.compile(r"\w+")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_MARKS_ONLY = re.compile(r"[\W_]*\Z")
_TAGS_ONLY = re.compile(r"\s*(?:</?[A-Za-z][^<>]*>\s*)+\Z")
_LIST_MARK = re.compile(r"\s*(?:>\s*)*\d+[.)]\s*\Z")


def losses(document: Document, text: str) -> Iterator[str]:
    """One sentence for each line that no block holds, and each block whose words are not in its lines.

    Not counted: comments, rules, fences, delimiter rows, lines of HTML tags alone, front matter. ``text`` has ``\\n``
    line ends.
    """
    lines = text.split("\n")
    held = bytearray(len(lines) + 2)
    for block in document.blocks:
        first, last = block.location.line_start, block.location.line_end
        held[first : last + 1] = b"\x01" * (last + 1 - first)
        missing = missing_words(block, lines[first - 1 : last])
        if missing:
            words = " ".join(missing[:5])
            yield f"{document.file}:{first}: block {block.id} holds words that its lines do not: {words}"
    matter = _front_matter_end(lines) if document.front_matter else 0
    for number, line in enumerate(_blank_comments(text).split("\n"), 1):
        if not held[number] and number > matter and carries_text(line):
            yield f"{document.file}:{number}: no block holds this line: {line.strip()[:80]}"


def carries_text(line: str) -> bool:
    """Whether a line says something: more than marks, a list number or HTML tags."""
    return not (_MARKS_ONLY.match(line) or _TAGS_ONLY.match(line) or _LIST_MARK.match(line)) and not line.lstrip(
        " >-*+"
    ).startswith(("```", "~~~"))


def missing_words(block: Block, lines: list[str]) -> list[str]:
    """Words of a block that do not stand in ``lines``."""
    source = set(_WORD.findall("\n".join(lines)))
    cells = [*block.header, *(cell for row in block.rows for cell in row)]
    return [word for part in (block.text, *cells) for word in _WORD.findall(part) if word not in source]


def _blank_comments(text: str) -> str:
    return _COMMENT.sub(lambda match: "\n" * match.group().count("\n"), text)


def _front_matter_end(lines: list[str]) -> int:
    return next((i for i, line in enumerate(lines[1:], 2) if line.rstrip() in ("---", "...")), 0)
