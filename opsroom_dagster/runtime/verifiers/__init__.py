"""Verifiers: how steps prove that they worked. One module a kind, found by being a file in this folder.

A kind has ``judge(config: Json, context: StepContext) -> Verdict`` and ``CONFIG``, the JSON Schema of its config.
``config`` fits it and holds no interpolation any more. ``judge`` may raise ``MissingToolError`` (inconclusive: it
cannot be run here) and any other ``OpsroomError`` (failed). It takes its time from ``context.remaining`` and puts what
it found into the evidence as it is: what is kept of it is masked and cut here. A kind may also have
``mistakes(config)``, for what no schema can say of a config that may still hold interpolations, ``seconds(config)``,
how long it usually may take, and ``settled(verdict)``: asking again is of no use.

Any verifier may have in its config: ``deadlineMs``: until then it is asked again while it does not pass, because a
service needs time to come up, every ``intervalMs`` (500); ``timeoutMs``: how long one try may take (by default as long
as there is time until the deadline, without one 60 s); ``onInconclusive: warn``, see ``runtime.verify``.
"""

import itertools
import math
import time
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from opsroom_dagster.errors import CancelledError, InputError, MissingToolError, OpsroomError
from opsroom_dagster.plans.interpolate import interpolate
from opsroom_dagster.plans.model import Json, Verifier
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.evidence import presentable
from opsroom_dagster.runtime.model import Verdict
from opsroom_dagster.runtime.secrets import SecretScope
from opsroom_dagster.runtime.verifiers._attempt import UnfinishedError, in_time
from opsroom_dagster.runtime.verifiers._config import config_problems, kind_module, kinds, split
from opsroom_dagster.runtime.verifiers._secrets import SecretsRead

__all__ = ["config_mistakes", "config_problems", "judge", "kinds"]

SECONDS = 60.0
"""How long a verifier may take when neither the plan nor its kind says."""
INTERVAL_MS = 500


def config_mistakes(verifier: Verifier) -> list[str]:
    """``<JSON pointer into the config>: <what is wrong>`` of each mistake; what is interpolated is not judged."""
    return [f"{place or '/'}: {message}" for place, message in config_problems(verifier.kind, verifier.config)]


def judge(verifier: Verifier, context: StepContext) -> Verdict:
    """What the verifier says of the step, its evidence masked and cut; one that crashes or hangs has failed.

    Ends at the latest when the verifier's time or the step's is over, whatever the verifier does.

    Raises:
        CancelledError: the run was cancelled meanwhile.
    """
    secrets = SecretsRead(context.secrets)
    try:
        verdict = _until_deadline(verifier, replace(context, secrets=secrets.read))
    except CancelledError:
        raise
    except Exception as error:
        verdict = _answer_to(error).verdict
    return presentable(verdict, secrets.of(context.step, verifier.config))


@dataclass(frozen=True)
class _Answer:
    """Of one try. ``final``: another would say the same."""

    verdict: Verdict
    final: bool


def _until_deadline(verifier: Verifier, context: StepContext) -> Verdict:
    kind = kind_module(verifier.kind)
    filled = interpolate(verifier.config, {**context.scope, "secrets": SecretScope(context.secrets)})
    if found := list(config_problems(verifier.kind, filled, filled=True)):
        told = "; ".join(f"{place or '/'}: {message}" for place, message in found)
        raise InputError(f"the config of the verifier {verifier.id!r} does not fit: {told}.")
    config, common = split(filled)
    pause = common.get("intervalMs", INTERVAL_MS) / 1000
    until = time.monotonic() + common["deadlineMs"] / 1000 if "deadlineMs" in common else None
    for tries in itertools.count(1):
        answer = _ask(kind, config, context, _seconds(kind, config, common, until))
        left = min((end for end in (until, context.deadline) if end is not None), default=0.0) - time.monotonic()
        if answer.final or until is None or left <= pause:
            return _counted(answer.verdict, tries)
        if context.cancelled.wait(pause):
            break
    raise CancelledError(f"the step {context.step.id!r} was cancelled.")


def _seconds(kind: ModuleType, config: Json, common: Json, until: float | None) -> float:
    """How long the next try may take."""
    if until is None and "timeoutMs" not in common:
        usual: Any = getattr(kind, "seconds", None)
        return (usual and usual(config)) or SECONDS
    left = math.inf if until is None else until - time.monotonic()
    return min(common.get("timeoutMs", math.inf) / 1000, left)


def _ask(kind: Any, config: Json, context: StepContext, seconds: float) -> _Answer:
    now = time.monotonic()
    if context.deadline is not None:
        seconds = min(seconds, context.deadline - now)
    if seconds <= 0:
        return _Answer(Verdict.failed("no time was left to ask"), final=True)
    limited = replace(context, deadline=now + seconds)
    try:
        verdict: Verdict = in_time(lambda: kind.judge(config, limited), seconds, context.cancelled)
    except UnfinishedError:
        # Asking again would leave one more of them behind.
        return _Answer(Verdict.failed(f"the verifier did not end within {seconds:.3g} s"), final=True)
    except Exception as error:
        if context.cancelled.is_set():
            raise CancelledError(f"the step {context.step.id!r} was cancelled.") from error
        return _answer_to(error)
    settled: Any = getattr(kind, "settled", None)
    return _Answer(verdict, final=verdict.status == "passed" or bool(settled and settled(verdict)))


def _answer_to(error: Exception) -> _Answer:
    match error:
        case MissingToolError():
            return _Answer(Verdict.inconclusive(str(error)), final=True)
        case OpsroomError():
            return _Answer(Verdict.failed(str(error)), final=isinstance(error, InputError))
        case _:  # fail closed
            return _Answer(Verdict.failed(f"the verifier crashed: {type(error).__name__}: {error}"), final=False)


def _counted(verdict: Verdict, tries: int) -> Verdict:
    return verdict if tries == 1 else verdict.model_copy(update={"evidence": {**verdict.evidence, "tries": tries}})
