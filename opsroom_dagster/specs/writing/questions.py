"""Open questions, each shown once, at the place that it concerns."""

from collections import defaultdict

from opsroom_dagster.requirements.model import Requirements
from opsroom_dagster.specs.text import needs_clarification


class Questions:
    """Hands out each question once: to the place that asks for it first, the rest at the end.

    A question is about an id or the name of an entity, a field (``Entity.field``), a role, a story or a workflow.
    """

    def __init__(self, requirements: Requirements) -> None:
        self._waiting: dict[str, list[str]] = defaultdict(list)
        for question in requirements.clarifications:
            about = (question.about or "").split(".")[0].strip()
            self._waiting[about].append(needs_clarification(question.question))

    def about(self, *names: str) -> list[str]:
        """Markers about any of these names."""
        return [marker for name in names if name for marker in self._waiting.pop(name, [])]

    def rest(self) -> list[str]:
        """Markers that no place asked for, in the order of the requirements."""
        found = [marker for markers in self._waiting.values() for marker in markers]
        self._waiting.clear()
        return found
