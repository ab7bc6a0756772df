"""Keep secrets out of what is signed and handed around: evidence quotes what tools have printed."""

import re
from typing import Any

MASK = "***"

NAMED = re.compile(
    r"(?i:(\w{0,40}[_-])?(pass(word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|authorization))"
)
"""Keys of JSON objects whose values are credentials."""

PATTERNS = (
    # user:password@ in a URL
    re.compile(r"(?P<keep>\b[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s:/@]{0,100}:)[^\s/@]{1,200}(?=@)"),
    # password=…, "api_key": "…", token: …
    re.compile(
        r"""(?P<keep>(?i:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|authorization)["']?\s{0,3}"""
        r"""[=:]\s{0,3}["']?(?i:bearer\s|basic\s)?)[^\s"',;&]{4,400}"""
    ),
    # what well-known services hand out
    re.compile(r"(?P<keep>)\b(?:gh[pousr]_|github_pat_|sk-|xox[abprs]-|glpat-|AKIA|sbp_|eyJ)[A-Za-z0-9_.-]{12,2000}"),
    re.compile(r"(?P<keep>-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)[^-]{1,20000}"),
)


def mask(value: Any) -> Any:
    """A JSON value in which everything that looks like a credential, or is named like one, is ``***``."""
    if isinstance(value, str):
        for pattern in PATTERNS:
            value = pattern.sub(lambda found: found["keep"] + MASK, value)
        return value
    if isinstance(value, list | tuple):
        return [mask(item) for item in value]  # pyright: ignore[reportUnknownVariableType] - JSON of any shape
    if isinstance(value, dict):
        return {  # pyright: ignore[reportUnknownVariableType]
            key: MASK if isinstance(item, str) and NAMED.fullmatch(str(key)) else mask(item)  # pyright: ignore[reportUnknownArgumentType]
            for key, item in value.items()  # pyright: ignore[reportUnknownVariableType]
        }
    return value
