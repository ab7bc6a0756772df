"""What a step's action and verifiers are given."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from opsroom_dagster.errors import CancelledError, StepTimeoutError
from opsroom_dagster.home import Home
from opsroom_dagster.plans.model import Step
from opsroom_dagster.project import Project
from opsroom_dagster.settings import Settings


@dataclass(frozen=True)
class StepContext:
    """Everything that a step may look at.

    Attributes:
        step: with its ``args`` filled in, but for secrets.
        output: the step's own folder, the only place that it may write to.
        log: shows a line of progress to the user.
        scope: what interpolations see: ``inputs``, and ``steps`` with the outputs of those that have finished; for
            verifiers the step's own outputs, too.
        secrets: the value of a named secret; raises InputError when there is none.
        hidden: values of secrets that the step was given, to be kept out of what it puts out.
        deadline: of ``time.monotonic()``, when the step must have ended; None: never.
        cancelled: set when the user cancels the run.
    """

    step: Step
    settings: Settings
    home: Home
    output: Path
    run_id: str
    log: Callable[[str], None]
    scope: Mapping[str, Any] = field(default_factory=dict[str, Any], kw_only=True)
    secrets: Callable[[str], str] | None = field(default=None, kw_only=True)
    hidden: frozenset[str] = field(default=frozenset(), kw_only=True)
    deadline: float | None = field(default=None, kw_only=True)
    cancelled: threading.Event = field(default_factory=threading.Event, kw_only=True)

    def remaining(self, at_most: float) -> float:
        """Seconds that may still be spent, ``at_most`` so many.

        Raises:
            CancelledError: the run was cancelled.
            StepTimeoutError: none are left.
        """
        if self.cancelled.is_set():
            raise CancelledError(f"the step {self.step.id!r} was cancelled.")
        left = at_most if self.deadline is None else min(at_most, self.deadline - time.monotonic())
        if left <= 0:
            raise StepTimeoutError(f"the step {self.step.id!r} did not end in time.")
        return left


@dataclass(frozen=True)
class StageContext(StepContext):
    """A step of the doc-to-code plan, for one project.

    Attributes:
        inputs: artifact folder of each stage that this one depends on, by stage name; read only.
        output: to be filled by the action; filled when verifiers and ``describe`` see it.
    """

    project: Project = field(kw_only=True)
    inputs: Mapping[str, Path] = field(kw_only=True)
