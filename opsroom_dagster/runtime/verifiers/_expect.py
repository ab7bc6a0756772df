"""Compare what was found with what a plan expects of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from opsroom_dagster.plans.model import Json
from opsroom_dagster.runtime.model import Verdict

ABSENT = "(absent)"
TEXTS: Json = {"type": ["string", "array"], "minLength": 1, "minItems": 1, "items": {"type": "string", "minLength": 1}}
"""JSON Schema of one text, or several."""
_BRIEF = 120
_AROUND = 1_000


@dataclass
class Differences:
    """What was not as expected, collected."""

    found: list[str] = field(default_factory=list[str])

    def equal(self, name: str, expected: Any, found: Any) -> None:
        """Both are the same JSON value."""
        self.expect(same(expected, found), f"{name}: expected {_brief(expected)}, found {_brief(found)}")

    def expect(self, fits: bool, otherwise: str) -> None:
        """It fits, or it is told."""
        if not fits:
            self.found.append(otherwise)

    def verdict(self, good: str, **evidence: Any) -> Verdict:
        """Passed with ``good`` as its summary, or failed with the first difference."""
        if not self.found:
            return Verdict.passed(good, **evidence)
        more = f" (and {len(self.found) - 1} more)" if len(self.found) > 1 else ""
        return Verdict.failed(f"{self.found[0]}{more}", **evidence, wrong=self.found)


def same(one: Any, other: Any) -> bool:
    """Equal as JSON values: ``1`` is ``1.0``, but ``true`` is not ``1``."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        left, right = cast(Mapping[str, Any], one), cast(Mapping[str, Any], other)
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(one, list) and isinstance(other, list):
        items, others = cast(Sequence[Any], one), cast(Sequence[Any], other)
        return len(items) == len(others) and all(map(same, items, others))
    return bool(one == other)


def at(value: Any, path: str) -> Any:
    """What a dotted path (``items.0.name``) leads to; ``ABSENT`` where there is nothing."""
    for part in path.split("."):
        if isinstance(value, Mapping) and part in value:
            value = cast(Mapping[str, Any], value)[part]
        elif isinstance(value, list) and part.isdecimal() and int(part[:9]) < len(cast(list[Any], value)):
            value = cast(list[Any], value)[int(part[:9])]
        else:
            return ABSENT
    return value


def texts(value: str | list[str]) -> list[str]:
    """One text, or several."""
    return [value] if isinstance(value, str) else value


def around(text: str, parts: list[str]) -> str:
    """Where a text holds the first of its parts, or how it begins."""
    place = max(0, *(text.find(part) for part in parts[:1])) if parts else 0
    return text[max(place - _AROUND, 0) : place + _AROUND] if place > _AROUND else text


def _brief(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _BRIEF else f"{text[:_BRIEF]}…"
