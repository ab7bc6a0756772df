"""Inline Markdown: taking its marks away."""

import re
from functools import lru_cache

# Spans are bounded: unclosed marks would otherwise take time that grows with the square of the text.
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_IMAGE = re.compile(r"!\[([^\]]{0,300})\]\([^)]{0,2000}\)")
_LINK = re.compile(r"\[([^\[\]]{0,300})\]\((?:[^()]|\([^()]*\)){0,2000}\)")
_AUTOLINK = re.compile(r"<((?:https?|mailto):[^<>\s]+)>")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,2000}>")
_CODE = re.compile(r"(`+)(.{1,2000}?)\1", re.DOTALL)
_STARS = re.compile(r"(\*{1,3})(?=\S)(.{1,300}?)(?<=\S)\1", re.DOTALL)
_UNDERSCORES = re.compile(r"(?<!\w)(_{1,3})(?=\S)(.{1,300}?)(?<=\S)\1(?!\w)", re.DOTALL)
_STRIKE = re.compile(r"~~(.{1,300}?)~~", re.DOTALL)
_SET_ASIDE = re.compile("\x01(\\d+)\x01")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """``text`` without inline Markdown: emphasis, code marks, tags, escapes; links and images leave their text."""
    code: list[str] = []

    def keep(match: re.Match[str]) -> str:
        code.append(match.group(2).strip() if match.group(2).strip() else match.group(2))
        return f"\x00{len(code) - 1}\x00"

    text = _CODE.sub(keep, text.replace("\x00", ""))
    # Escaped marks are set aside, or emphasis would take them.
    text = _ESCAPE.sub(lambda match: f"\x01{ord(match.group(1))}\x01", text.replace("\x01", ""))
    text = _AUTOLINK.sub(r"\1", _LINK.sub(r"\1", _IMAGE.sub(r"\1", text)))
    text = _TAG.sub("", _BREAK.sub(" ", text))
    for _ in range(2):
        text = _UNDERSCORES.sub(r"\2", _STARS.sub(r"\2", text))
    text = _STRIKE.sub(r"\1", text)
    text = _SET_ASIDE.sub(lambda match: chr(int(match.group(1))), text)
    text = re.sub("\x00(\\d+)\x00", lambda match: code[int(match.group(1))], text)
    return re.sub(r"\s+", " ", text).strip()


def without_comments(text: str) -> str:
    """``text`` without HTML comments; an unclosed one reaches to the end."""
    return _COMMENT.sub("", text)
