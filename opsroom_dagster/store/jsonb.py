"""JSON on its way into and out of PostgreSQL: jsonb has no NUL, no NaN, and prints large floats as integers."""

import json
import math
import re
from typing import Any, cast

from opsroom_dagster.digests import canonical_json
from opsroom_dagster.errors import InputError

NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
# Beyond them RFC 8785 knows floats only, so that what is larger must have been one.
SAFE_INTEGER = 2**53 - 1
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def loads(text: str | bytes) -> Any:
    """A value that comes from the database, with the same canonical form that it went in with."""
    return json.loads(text, parse_int=_number)


def canonical(value: Any, what: str) -> bytes:
    """The canonical JSON of a value (RFC 8785).

    Raises:
        InputError: it is no JSON, such as NaN, integers beyond 2**53 or nested thousandfold; ``what`` names it.
    """
    try:
        return canonical_json(value)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error).rstrip(".")
        raise InputError(f"{what} cannot be kept as JSON: {reason}.") from error


def storable(value: Any, what: str) -> bytes:
    """The canonical JSON of a value that must go into a jsonb column unchanged.

    Raises:
        InputError: see ``canonical``; or a text in it has a NUL character.
    """
    data = canonical(value, what)
    if has_nul(data):
        raise InputError(f"{what} holds a text with a NUL character.", remedy="Take it out.")
    return data


def has_nul(data: bytes) -> bool:
    """Whether PostgreSQL refuses this canonical JSON."""
    return NUL.search(data) is not None


def legible(value: Any) -> Any:
    """A copy that PostgreSQL accepts, for people: characters and numbers that it cannot hold are replaced."""
    match value:
        case str():
            return legible_text(value)
        case float() if not math.isfinite(value):
            return str(value)
        case list() | tuple():
            return [legible(item) for item in cast(list[Any], value)]
        case dict():
            return {legible_text(str(key)): legible(item) for key, item in cast(dict[Any, Any], value).items()}
        case _:
            return value


def legible_text(text: str) -> str:
    """The text without NUL characters and halves of surrogate pairs."""
    return _UNSTORABLE.sub(REPLACEMENT, text)


def _number(digits: str) -> int | float:
    # Longer ones would be quadratic to read, and only floats are that long.
    if len(digits) > 20:
        return float(digits)
    number = int(digits)
    return number if -SAFE_INTEGER <= number <= SAFE_INTEGER else float(number)
