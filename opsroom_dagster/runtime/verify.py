"""Run a step's verifiers and keep what they found."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from opsroom_dagster.plans.model import Verifier
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.model import CheckRecord
from opsroom_dagster.runtime.verifiers import judge

PARALLEL = 4
"""Verifiers mostly wait for processes (linters, servers), so threads are enough."""


def run_verifiers(context: StepContext, verifiers: Sequence[Verifier] | None = None) -> tuple[CheckRecord, ...]:
    """One record a verifier of ``context.step`` (or of those given), in their order."""
    wanted = context.step.verifiers if verifiers is None else verifiers
    if len(wanted) < 2:
        return tuple(_run(context, verifier) for verifier in wanted)
    with ThreadPoolExecutor(PARALLEL) as pool:
        return tuple(pool.map(partial(_run, context), wanted))


def _run(context: StepContext, verifier: Verifier) -> CheckRecord:
    started = time.monotonic()
    return CheckRecord(
        name=verifier.id,
        blocking=verifier.required,
        verdict=judge(verifier, context),
        seconds=round(time.monotonic() - started, 3),
        tolerated=verifier.config.get("onInconclusive") == "warn",
    )
