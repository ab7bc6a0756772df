"""Put other references, or values, in the place of interpolations, before a plan runs.

Nothing is looked at twice, and nothing that is put in can become an interpolation together with what stands beside it:
to fill the result gives what filling in two steps would give, or it is refused here.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from opsroom_dagster.errors import InputError
from opsroom_dagster.plans.interpolate import as_text, braces, is_reference

KEEP = object()
"""The answer of a lookup that leaves an interpolation as it is."""
Lookup = Callable[[str], Any]
"""The text between the braces, without blanks around it → a JSON value, which may hold interpolations, or ``KEEP``."""


def rebind(value: Any, lookup: Lookup) -> Any:
    """``value`` with each interpolation replaced by what ``lookup`` says.

    A string that is one interpolation becomes the value itself; inside a longer text only scalars can stand.

    Raises:
        InputError: something other than a scalar would be put into a text, or a text would be read in another way
            than it was meant.
    """
    if isinstance(value, str):
        return _text(value, lookup) if "{{" in value else value
    if isinstance(value, Mapping):
        return {key: rebind(item, lookup) for key, item in cast(Mapping[str, Any], value).items()}
    if isinstance(value, list | tuple):
        return [rebind(item, lookup) for item in cast(Sequence[Any], value)]
    return value


def _text(text: str, lookup: Lookup) -> Any:
    if is_reference(text):
        found = lookup(text[2:-2].strip())
        return text if found is KEEP else found
    result, place = "", 0
    meant: list[tuple[int, int]] = []
    for start, end in braces(text):
        result += text[place:start]
        found = lookup(text[start + 2 : end - 2].strip())
        part = text[start:end] if found is KEEP else as_text(text[start:end], found)
        meant += [(len(result) + inner, len(result) + outer) for inner, outer in braces(part)]
        result, place = result + part, end
    result += text[place:]
    if list(braces(result)) != meant or is_reference(result):
        raise InputError(
            f"{text!r} would be read in another way once its values stand in it: {result!r}.",
            remedy="Leave out the braces, or make the interpolation the whole string.",
        )
    return result
