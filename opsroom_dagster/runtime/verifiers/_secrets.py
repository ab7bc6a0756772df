"""Which secrets a verifier may have seen, so that what is kept of it tells none."""

from collections.abc import Callable
from contextlib import suppress

from opsroom_dagster.errors import OpsroomError
from opsroom_dagster.plans.interpolate import references
from opsroom_dagster.plans.model import Json, Step
from opsroom_dagster.runtime.secrets import secret


class SecretsRead:
    """Reads secrets and remembers their values."""

    def __init__(self, read: Callable[[str], str] | None) -> None:
        self._read = read or secret
        self._values: set[str] = set()

    def read(self, name: str) -> str:
        """The secret of that name; see ``runtime.secrets``."""
        value = self._read(name)
        self._values.add(value)
        return value

    def of(self, step: Step, config: Json) -> frozenset[str]:
        """The values that were read, and those that the step or the config name: an action may have printed its own."""
        undo = step.rollback.args if step.rollback else {}
        for reference in references([step.args, undo, config]):
            if reference.path[:1] == ("secrets",):
                with suppress(OpsroomError):
                    self.read(reference.path[1])
        return frozenset(self._values)
