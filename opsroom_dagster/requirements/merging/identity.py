"""Ids that stay the same when a document is edited elsewhere."""

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.requirements.model import Fact


class HasId(Protocol):
    """A fact with an id of its own."""

    @property
    def id(self) -> str: ...


def normal(text: str) -> str:
    """Words of a text, lower case: what two writings of one statement share."""
    return " ".join(re.findall(r"\w+", plain(text).lower()))


class Ids:
    """Gives out ids, each once.

    An id is ``<PREFIX>-<6 digits>`` of the SHA-256 of the normalised text. When two texts have the same digits, the
    later one is hashed again with a counter.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def claim(self, wanted: str) -> bool:
        """Take an id that the document states; False when it is taken."""
        if wanted in self._taken:
            return False
        self._taken.add(wanted)
        return True

    def derive(self, prefix: str, text: str) -> str:
        """A fresh id from the text."""
        attempt = 0
        while True:
            seed = normal(text) + (f"#{attempt}" if attempt else "")
            number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big") % 1_000_000
            if self.claim(candidate := f"{prefix}-{number:06d}"):
                return candidate
            attempt += 1


F = TypeVar("F", bound=Fact)


def unite(facts: Sequence[F], key: Callable[[F], str], join: Callable[[F, F], F]) -> list[F]:
    """Facts with equal keys joined, in first-seen order; an empty key stands for itself only."""
    found: dict[str, F] = {}
    for position, fact in enumerate(facts):
        name = key(fact) or f"\x00{position}"
        found[name] = join(found[name], fact) if name in found else fact
    return list(found.values())


def with_evidence(first: F, second: F, **changes: object) -> F:
    """``first`` with the evidence of both, and ``changes``."""
    evidence = (*first.evidence, *(e for e in second.evidence if e not in first.evidence))
    return first.model_copy(update={"evidence": evidence, **changes})
