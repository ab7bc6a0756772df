"""``{{inputs.x}}``, ``{{steps.<id>.outputs.y}}`` and ``{{secrets.NAME}}`` in the JSON values of a plan.

Typed and never evaluated as code: a string that is exactly one interpolation becomes the value itself, whatever its
type; inside a longer text only scalars can stand. What is put in is not looked at again. Keys are left alone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from opsroom_dagster.errors import InputError

_PATH = re.compile(
    r"(?P<inputs>inputs)(?P<input_path>(?:\.[\w-]+)+)"
    r"|steps\.(?P<step>[a-z0-9][a-z0-9_-]*)\.outputs(?P<output_path>(?:\.[\w-]+)+)"
    r"|secrets\.(?P<secret>[A-Z][A-Z0-9_]*)",
    re.ASCII,
)


@dataclass(frozen=True)
class Reference:
    """What one interpolation points to: ``path`` starts with ``inputs``, ``steps`` or ``secrets``.

    ``pointer`` is the JSON pointer of the string that holds it, relative to the value that was searched.
    """

    pointer: str
    text: str
    path: tuple[str, ...]
    """Empty: the text between the braces has none of the three forms."""


def references(value: Any, pointer: str = "") -> Iterator[Reference]:
    """Every interpolation inside ``value``, in order."""
    stack: list[tuple[str, Any]] = [(pointer, value)]
    while stack:
        place, item = stack.pop()
        if isinstance(item, str):
            for start, end in braces(item):
                yield Reference(place, item[start:end], _parse(item[start + 2 : end - 2]))
        else:
            stack.extend(reversed(list(_children(item, place))))


def is_reference(text: str) -> bool:
    """Is the whole text one interpolation, so that it becomes a value of any type?"""
    return next(braces(text), None) == (0, len(text))


def braces(text: str) -> Iterator[tuple[int, int]]:
    """Where each interpolation stands (start, end), whether or not it has one of the three forms."""
    # A pattern would look through the rest of the text again for every pair of braces that is never closed.
    end = 0
    while (start := text.find("{{", end)) >= 0 and (close := text.find("}}", start + 2)) >= 0:
        end = close + 2
        yield start, end


def interpolate(value: Any, scope: Mapping[str, Any]) -> Any:
    """``value`` with its interpolations replaced from ``scope``.

    Args:
        scope: ``inputs`` (name → value), ``steps`` (id → ``{"outputs": {…}}``), ``secrets`` (name → text). Without
            the key ``secrets`` those references stay as they are, to be resolved at the last moment.

    Raises:
        InputError: an interpolation has none of the three forms, points to nothing, or would put something other
            than a scalar into a text.
    """
    if isinstance(value, str):
        return _fill(value, scope)
    if isinstance(value, Mapping):
        return {key: interpolate(item, scope) for key, item in cast(Mapping[str, Any], value).items()}
    if isinstance(value, list | tuple):
        return [interpolate(item, scope) for item in cast(Sequence[Any], value)]
    return value


def as_text(reference: str, value: Any) -> str:
    """A scalar as it stands inside a text.

    Raises:
        InputError: the value is no scalar.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise InputError(
        f"{reference!r} is {type(value).__name__}, which cannot stand inside a text.",
        remedy="Make it the whole string, or point to a text, a number or a boolean.",
    )


def _fill(text: str, scope: Mapping[str, Any]) -> Any:
    if is_reference(text):
        return _resolve(text, scope)
    parts, place = list[str](), 0
    for start, end in braces(text):
        parts += text[place:start], as_text(text[start:end], _resolve(text[start:end], scope))
        place = end
    return "".join(parts) + text[place:]


def _resolve(reference: str, scope: Mapping[str, Any]) -> Any:
    path = _parse(reference[2:-2])
    if not path:
        raise InputError(
            f"{reference!r} is no interpolation.",
            remedy="Use {{inputs.x}}, {{steps.<id>.outputs.y}} or {{secrets.NAME}}.",
        )
    if path[0] == "secrets" and "secrets" not in scope:
        return reference
    value: Any = scope
    for depth, part in enumerate(path):
        value = _member(value, part)
        if value is _MISSING:
            raise InputError(f"{reference!r} points to nothing: there is no {'.'.join(path[: depth + 1])}.")
    return value


_MISSING = object()


def _member(value: Any, part: str) -> Any:
    if isinstance(value, Mapping):
        return cast(Mapping[str, Any], value).get(part, _MISSING)
    if isinstance(value, list | tuple) and part.isdecimal():
        items = cast(Sequence[Any], value)
        return items[int(part)] if len(part) < 10 and int(part) < len(items) else _MISSING
    return _MISSING


def _parse(inner: str) -> tuple[str, ...]:
    match = _PATH.fullmatch(inner.strip())
    if match is None:
        return ()
    if match["secret"]:
        return ("secrets", match["secret"])
    if match["step"]:
        return ("steps", match["step"], "outputs", *match["output_path"][1:].split("."))
    return ("inputs", *match["input_path"][1:].split("."))


def _children(item: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(item, Mapping):
        for key, child in cast(Mapping[Any, Any], item).items():
            yield f"{place}/{escape_pointer(str(key))}", child
    elif isinstance(item, list | tuple):
        for index, child in enumerate(cast(Sequence[Any], item)):
            yield f"{place}/{index}", child


def escape_pointer(key: str) -> str:
    """A key as one part of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")
