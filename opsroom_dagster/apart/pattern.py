"""Program: search a text for a regular expression. ``{pattern, text}`` → ``{start, found}``, or null for no match."""

import json
import re
import resource
import sys
from typing import Any

SECONDS = 60
"""Of processor time: should whoever asked be gone, this ends all the same."""
MEMORY = 1 << 30
FOUND = 200
"""Characters of the match."""


def answer(question: dict[str, str]) -> Any:
    """The first match.

    Raises:
        ValueError: it is no regular expression.
    """
    try:
        match = re.search(question["pattern"], question["text"])
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{question['pattern']!r} is no regular expression: {error}") from error
    return match and {"start": match.start(), "found": match.group()[:FOUND]}


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        json.dump(answer(json.load(sys.stdin)), sys.stdout)
    except ValueError as wrong:
        sys.stderr.write(str(wrong))
        sys.exit(2)
