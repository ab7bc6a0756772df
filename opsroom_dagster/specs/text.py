"""Texts of documents inside the Markdown that is written: one line each, unable to forge structure.

Texts are hostile. Escaped, one cannot start a heading, list, table, fence or comment, end a table cell, define an id,
or pass for a marker of Spec Kit. Inline marks (back-ticks, ``**bold**``) stay. ``unescaped`` undoes it.
"""

import re
from functools import cache

# Control characters and those that reorder text or hide in it.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff]"
)
_PUNCTUATION = r"!-/:-@\[-`{-~"
_MARKS = re.compile(
    rf"\\(?=[{_PUNCTUATION}]|\Z)"
    r"|&(?=(?:lt|amp|#\w+);)"
    r"|<(?=[!/?A-Za-z])"
    r"|\*\*(?=(?:[A-Za-z]{1,12}[-_]){0,3}[A-Za-z]{1,12}-?\d|KE-|User Story|ID\b)"
    r"|\[(?=NEEDS CLARIFICATION|P\]|US|T\d|[ xX]\])"
    r"|\((?=Priority|depends on|KE-|R-)"
    r"|!(?=\[)"
    r"|#(?=\Z)",
    re.IGNORECASE,
)
# What opens a heading, quote, table, list, fence or rule at the start of a line; a digit keeps its place before the \\.
_LEADING = re.compile(r"\A(?=[#>|=~_]|[-+*](?:\s|\Z|[-*])|```)|\A\d{1,9}(?=[.)](?:\s|\Z))")
_BACKSLASHED = r"\1\\\2"
_ESCAPED = re.compile(rf"\\([{_PUNCTUATION}])|&(lt|amp);")


def tidy(text: str) -> str:
    """``text`` on one line, single spaces, without control or invisible characters."""
    return " ".join(_INVISIBLE.sub("", text).split())


def inline(text: str) -> str:
    """``text`` escaped for any place in a line, its start included."""
    line = _MARKS.sub(_escape, tidy(text))
    return _LEADING.sub(lambda match: f"{match.group()}\\", line, count=1)


def cell(text: str) -> str:
    """``text`` escaped for a table cell."""
    return _bare("|").sub(_BACKSLASHED, inline(text))


def bold(text: str) -> str:
    """``text`` between ``**``, which ends where it should."""
    return f"**{_bare('*').sub(_BACKSLASHED, inline(text))}**"


def needs_clarification(question: str) -> str:
    """Spec Kit's marker of an open question."""
    return f"[NEEDS CLARIFICATION: {_bare(']').sub(_BACKSLASHED, inline(question))}]"


def unescaped(text: str) -> str:
    """What ``inline`` was given, tidied."""
    return _ESCAPED.sub(lambda match: match.group(1) or {"lt": "<", "amp": "&"}[match.group(2)], text)


def _escape(match: re.Match[str]) -> str:
    mark = match.group()
    if mark in "&<":
        return {"&": "&amp;", "<": "&lt;"}[mark]
    return "".join(f"\\{character}" for character in mark)


@cache
def _bare(mark: str) -> re.Pattern[str]:
    """The mark after an even number of backslashes, so not escaped yet."""
    return re.compile(rf"(?<!\\)((?:\\\\)*)({re.escape(mark)})")
