"""Verifiers: how steps prove that they worked. One module a kind, found by being a file in this folder.

A kind has ``judge(config: Json, context: StepContext) -> Verdict``: ``config`` holds no interpolation any more. It may
raise ``MissingToolError`` (inconclusive: it cannot be run here) and any other ``OpsroomError`` (failed).

Any verifier may have ``deadlineMs`` and ``intervalMs`` (500) in its config: until the deadline it is asked again while
it fails, because a service needs time to come up.
"""

import importlib
import time
from pkgutil import iter_modules
from typing import Any

from opsroom_dagster.errors import CancelledError, InputError, MissingToolError, OpsroomError
from opsroom_dagster.plans.interpolate import interpolate
from opsroom_dagster.plans.model import Verifier
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.model import Verdict
from opsroom_dagster.runtime.secrets import SecretScope

INTERVAL_MS = 500
RETRYING = ("deadlineMs", "intervalMs")


def kinds() -> list[str]:
    """Kinds of verifiers that this version can run, sorted."""
    return sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_"))


def judge(verifier: Verifier, context: StepContext) -> Verdict:
    """What the verifier says of the step; a verifier that crashes has proved nothing and fails.

    Raises:
        CancelledError: the run was cancelled meanwhile.
    """
    until = time.monotonic() + verifier.config.get("deadlineMs", 0) / 1000
    pause = max(verifier.config.get("intervalMs", INTERVAL_MS), 10) / 1000
    tries = 1
    while (verdict := _once(verifier, context)).status == "failed" and time.monotonic() + pause < until:
        context.cancelled.wait(pause)
        context.remaining(pause)
        tries += 1
    return verdict.model_copy(update={"evidence": {**verdict.evidence, "tries": tries}}) if tries > 1 else verdict


def _once(verifier: Verifier, context: StepContext) -> Verdict:
    try:
        if verifier.kind not in kinds():
            raise InputError(f"verifiers of kind {verifier.kind!r} are not known.", remedy=f"Known: {kinds()}.")
        module: Any = importlib.import_module(f"{__name__}.{verifier.kind}")
        scope = {**context.scope, "secrets": SecretScope(context.secrets)}
        config = {key: value for key, value in verifier.config.items() if key not in RETRYING}
        return module.judge(interpolate(config, scope), context)
    except CancelledError:
        raise
    except MissingToolError as error:
        return Verdict.inconclusive(str(error))
    except OpsroomError as error:
        return Verdict.failed(str(error))
    except Exception as error:  # fail closed
        return Verdict.failed(f"the verifier crashed: {type(error).__name__}: {error}")
