"""What is wrong with a plan, and where."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One mistake. ``place``: JSON pointer (RFC 6901) into the plan; ``step``: id of the step, where there is one."""

    place: str
    message: str
    step: str | None = None

    def __str__(self) -> str:
        return f"{self.place or '/'}" + (f" (step {self.step})" if self.step else "") + f": {self.message}"


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Each once, by place: numbers in a pointer count as numbers."""

    def key(problem: Problem) -> tuple[list[tuple[int, int, str]], str]:
        parts = problem.place.split("/")
        return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts], problem.message

    return sorted(set(problems), key=key)
