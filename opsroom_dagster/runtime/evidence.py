"""What verifiers found, as it may be kept and signed: plain JSON of a bounded size that holds no secret.

Secrets go before anything is cut, and what could be the beginning of one goes with the cut: half a secret matches
nothing any more that looks for whole ones.
"""

import itertools
import math
from collections.abc import Collection, Iterable, Mapping
from typing import cast

from opsroom_dagster.proofs.masking import MASK, NAMED, mask
from opsroom_dagster.runtime.hiding import longest_first
from opsroom_dagster.runtime.model import Verdict

TEXT = 2_000
"""Characters of one text."""
ITEMS = 200
"""Items of one list or object."""
DEPTH = 12
TOTAL = 50_000
"""Characters of all the evidence, about."""
SUMMARY = 600
_KEY = 200
_GUARD = 600
"""Longer than the beginning of anything that ``mask`` needs whole in order to see it."""
_EXACT = 2**53 - 1
"""Integers beyond have no canonical form (RFC 8785)."""


def presentable(verdict: Verdict, secrets: Iterable[str] = ()) -> Verdict:
    """The verdict as it may be shown and signed.

    Args:
        secrets: values that must not appear, in whatever usual form; see ``runtime.hiding``.
    """
    paper = _Paper(secrets)
    # Looked through as it is, before its spaces are changed: a secret may have some of its own.
    line = " ".join(paper.text(verdict.summary, SUMMARY * 4).split())
    summary = line if len(line) <= SUMMARY else f"{line[:SUMMARY]}…"
    evidence = {paper.text(str(key), _KEY): paper.value(item, str(key)) for key, item in verdict.evidence.items()}
    return Verdict(status=verdict.status, summary=summary, evidence=evidence)


class _Paper:
    """Writes values down until there is no room left."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self.forms = longest_first(secrets)
        self.guard = max([_GUARD, *map(len, self.forms)])
        self.room = TOTAL

    def value(self, value: object, key: str = "", depth: int = 0) -> object:
        """JSON of the same meaning, cut where it is too large."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return int(value) if abs(value) <= _EXACT else str(value)[:_KEY]
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if isinstance(value, str):
            return MASK if NAMED.fullmatch(key[:_KEY]) else self.text(value, min(TEXT, max(self.room, 0)))
        if depth > DEPTH or self.room <= 0:
            return "…"
        if isinstance(value, Mapping):
            return self.fields(cast(Mapping[object, object], value), depth)
        if isinstance(value, list | tuple | set | frozenset):
            return self.items(cast(Collection[object], value), depth)
        return self.text(_shown(value), min(TEXT, max(self.room, 0)))

    def fields(self, value: Mapping[object, object], depth: int) -> dict[str, object]:
        """The first items of an object, and how many more there are."""
        found: dict[str, object] = {}
        for key, item in itertools.islice(value.items(), ITEMS):
            name = self.text(_shown(key), _KEY)
            found[name] = self.value(item, _shown(key), depth + 1)
        return found if len(value) <= ITEMS else {**found, "…": f"{len(value) - ITEMS} more"}

    def items(self, value: Collection[object], depth: int) -> list[object]:
        """The first items of a list, and how many more there are."""
        found = [self.value(item, "", depth + 1) for item in itertools.islice(value, ITEMS)]
        return found if len(value) <= ITEMS else [*found, f"… {len(value) - ITEMS} more"]

    def text(self, text: str, limit: int) -> str:
        """A text without secrets, of at most about ``limit`` characters."""
        seen = text[: limit + self.guard]
        for form in self.forms:
            seen = seen.replace(form, MASK)
        seen = mask(seen)
        if len(text) > limit + self.guard:
            seen = seen[: -self.guard]
        self.room -= min(len(seen), limit)
        # Neither lone surrogates nor NUL can be stored: UTF-8 and Postgres refuse them.
        clean = seen[:limit].encode("utf-8", "replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")
        return clean if len(seen) <= limit and len(text) <= limit + self.guard else f"{clean}… ({len(text)} characters)"


def _shown(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return f"{len(value)} bytes"
    try:
        return str(value)
    except Exception:
        return f"an unprintable {type(value).__name__}"
