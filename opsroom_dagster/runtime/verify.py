"""Run a step's verifiers and keep what they found."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from opsroom_dagster.errors import VerificationError
from opsroom_dagster.plans.model import Verifier
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.model import CheckRecord
from opsroom_dagster.runtime.verifiers import judge

PARALLEL = 4
"""Verifiers mostly wait for processes (linters, servers), so threads are enough."""


class StoppedByCheck(VerificationError):
    """A required verifier or a precondition said no; ``checks`` are all that were asked with it."""

    def __init__(self, what: str, checks: Sequence[CheckRecord]) -> None:
        first = next(check for check in checks if check.stops)
        super().__init__(f"{what} {first.name}: {first.verdict.summary}")
        self.checks = tuple(checks)


def require(context: StepContext, verifiers: Sequence[Verifier], what: str) -> tuple[CheckRecord, ...]:
    """The records of the verifiers, none of which stops the step.

    Raises:
        StoppedByCheck: one does; the message begins with ``what``.
    """
    checks = run_verifiers(context, verifiers)
    if any(check.stops for check in checks):
        raise StoppedByCheck(what, checks)
    return checks


def run_verifiers(context: StepContext, verifiers: Sequence[Verifier] | None = None) -> tuple[CheckRecord, ...]:
    """One record a verifier of ``context.step`` (or of those given), in their order.

    Raises:
        CancelledError: the run was cancelled meanwhile.
    """
    wanted = context.step.verifiers if verifiers is None else verifiers
    if len(wanted) < 2:
        return tuple(_run(context, verifier) for verifier in wanted)
    with ThreadPoolExecutor(PARALLEL) as pool:
        try:
            return tuple(pool.map(partial(_run, context), wanted))
        except BaseException as error:
            if not isinstance(error, Exception):  # Interrupted: leaving the pool would wait for everyone's deadline.
                context.cancelled.set()
            raise


def _run(context: StepContext, verifier: Verifier) -> CheckRecord:
    started = time.monotonic()
    return CheckRecord(
        name=verifier.id,
        blocking=verifier.required,
        verdict=judge(verifier, context),
        seconds=round(time.monotonic() - started, 3),
        tolerated=verifier.config.get("onInconclusive") == "warn",
    )
