"""Parts of values that depend on what is given: ``{given: <name>, value: …}``, and in lists ``{spread: <name>}``."""

from collections.abc import Callable, Mapping
from typing import Any, cast


def chosen(value: Any, given: Callable[[str], bool], spread: Callable[[str], list[Any]]) -> Any:
    """``value`` with its choices carried out.

    Args:
        given: whether what ``{given: name, value: …}`` names is there; if not, nothing is left in its place.
        spread: the entries that ``{spread: name}`` stands for in a list.
    """
    if isinstance(value, Mapping):
        pairs = ((key, _given(item, given)) for key, item in cast(Mapping[str, Any], value).items())
        return {key: chosen(items[0], given, spread) for key, items in pairs if items}
    if not isinstance(value, list | tuple):
        return value
    found: list[Any] = []
    for item in cast(list[Any], value):
        match item:
            case {"spread": str(name), **rest} if not rest:
                found += spread(name)
            case _:
                found += [chosen(inner, given, spread) for inner in _given(item, given)]
    return found


def _given(value: Any, given: Callable[[str], bool]) -> list[Any]:
    match value:
        case {"given": str(name), "value": inner, **rest} if not rest:
            return [inner] if given(name) else []
        case _:
            return [value]
