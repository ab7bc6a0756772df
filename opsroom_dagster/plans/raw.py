"""Plans that may be broken, read without trust: what is not of the expected type reads as empty."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

Raw = Mapping[str, Any]
Steps = list[tuple[int, Raw]]
"""The steps of a plan, each with its place in the list."""


def positions(steps: Steps) -> dict[str, int]:
    """Step id → its place; the first one of an id that is used twice."""
    found: dict[str, int] = {}
    for index, step in steps:
        name = a_text(step.get("id"))
        if name:
            found.setdefault(name, index)
    return found


def verifier_groups(step: Raw) -> Iterator[tuple[list[Raw], str]]:
    """The lists of verifiers of a step, each with its place below the step."""
    for key in ("preconditions", "verifiers"):
        yield objects(step.get(key)), f"/{key}"
    yield objects(an_object(step.get("rollback")).get("verifiers")), "/rollback/verifiers"


def calls(step: Raw) -> Iterator[tuple[str, Raw, str]]:
    """What a step calls, its action and its rollback: (tool id, arguments, place of the arguments below the step)."""
    if step.get("kind") == "tool":
        yield a_text(step.get("tool")), an_object(step.get("args")), "/args"
    rollback = an_object(step.get("rollback"))
    if rollback.get("tool"):
        yield a_text(rollback["tool"]), an_object(rollback.get("args")), "/rollback/args"


def needs(step: Raw) -> list[str]:
    """Ids of the steps that a step depends on."""
    value = step.get("dependsOn", step.get("depends_on"))
    items = cast(list[Any], value) if isinstance(value, list | tuple) else []
    return [item if isinstance(item, str) else repr(item) for item in items]


def objects(value: Any) -> list[Raw]:
    """The items of a list, an empty object for each that is none."""
    return [an_object(item) for item in cast(list[Any], value)] if isinstance(value, list | tuple) else []


def an_object(value: Any) -> Raw:
    """The value if it is an object, else an empty one."""
    return cast(Raw, value) if isinstance(value, Mapping) else {}


def a_text(value: Any) -> str:
    """The value if it is a text, else an empty one."""
    return value if isinstance(value, str) else ""


def a_count(value: Any) -> int | None:
    """The value if it is a whole number, else nothing."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
