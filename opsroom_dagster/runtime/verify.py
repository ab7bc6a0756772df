"""Run a step's verifiers and keep what they found."""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from opsroom_dagster.errors import MissingToolError, OpsroomError
from opsroom_dagster.plans.model import Verifier
from opsroom_dagster.runtime.context import StageContext
from opsroom_dagster.runtime.entrypoints import resolve
from opsroom_dagster.runtime.model import CheckRecord, Verdict

PARALLEL = 4
"""Verifiers mostly wait for processes (linters, servers), so threads are enough."""


def run_verifiers(context: StageContext) -> tuple[CheckRecord, ...]:
    """One record a verifier of ``context.step``, in the order of the step."""
    with ThreadPoolExecutor(PARALLEL) as pool:
        return tuple(pool.map(partial(_run, context), context.step.verifiers))


def _run(context: StageContext, verifier: Verifier) -> CheckRecord:
    started = time.monotonic()
    return CheckRecord(
        name=verifier.id,
        blocking=verifier.required,
        verdict=_judge(verifier, context),
        seconds=round(time.monotonic() - started, 3),
        tolerated=verifier.config.get("onInconclusive") == "warn",
    )


def _judge(verifier: Verifier, context: StageContext) -> Verdict:
    try:
        return resolve(verifier.config["entrypoint"])(context)
    except MissingToolError as error:
        return Verdict.inconclusive(str(error))
    except OpsroomError as error:
        return Verdict.failed(str(error))
    except Exception as error:  # a verifier that crashes has not proved anything: fail closed
        return Verdict.failed(f"the verifier crashed: {type(error).__name__}: {error}")
