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
from contextlib import suppress
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from opsroom_dagster.errors import CancelledError, InputError, MissingToolError, OpsroomError, StepTimeoutError
from opsroom_dagster.plans.interpolate import interpolate, references
from opsroom_dagster.plans.model import Json, Step, Verifier
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.evidence import presentable
from opsroom_dagster.runtime.model import Verdict
from opsroom_dagster.runtime.secrets import SecretScope
from opsroom_dagster.runtime.verifiers._attempt import UnfinishedError, in_time
from opsroom_dagster.runtime.verifiers._config import config_problems, kind_module, kinds, split

__all__ = ["config_mistakes", "config_problems", "judge", "kinds"]

SECONDS = 60.0
"""How long a verifier may take when neither the plan nor its kind says."""
INTERVAL_MS = 500
_LATER = "; asked again, "


def config_mistakes(verifier: Verifier) -> list[str]:
    """``<JSON pointer into the config>: <what is wrong>`` of each mistake; what is interpolated is not judged."""
    return [f"{place or '/'}: {message}" for place, message in config_problems(verifier.kind, verifier.config)]


def judge(verifier: Verifier, context: StepContext) -> Verdict:
    """What the verifier says of the step, its evidence masked and cut; one that crashes or hangs has failed.

    Ends at the latest when the verifier's time or the step's is over, whatever the verifier does.

    Raises:
        CancelledError: the run was cancelled meanwhile.
    """
    secrets = SecretScope(context.secrets)
    try:
        verdict = _until_deadline(verifier, replace(context, secrets=secrets.__getitem__), secrets)
    except CancelledError:
        raise
    except Exception as error:
        verdict = _answer_to(error).verdict
    hidden = context.hidden | secrets.values_read | _secrets_of(context.step, secrets)
    try:
        return presentable(verdict, hidden)
    except Exception as error:  # a custom verifier can put anything into its evidence
        return Verdict.failed(f"what the verifier found cannot be kept: {type(error).__name__}")


@dataclass(frozen=True)
class _Answer:
    """Of one try. ``final``: another would say the same; ``late``: it did not end, which says nothing of the step."""

    verdict: Verdict
    final: bool
    late: bool = False


def _secrets_of(step: Step, secrets: SecretScope) -> set[str]:
    """Values of the secrets that the step was given: its action may have printed them."""
    found: set[str] = set()
    for reference in references([step.args, step.rollback.args if step.rollback else {}]):
        if reference.path[:1] == ("secrets",):
            with suppress(Exception):  # what cannot be read has not been told either
                found.add(secrets[reference.path[1]])
    return found


def _until_deadline(verifier: Verifier, context: StepContext, secrets: SecretScope) -> Verdict:
    kind = kind_module(verifier.kind)
    filled = interpolate(verifier.config, {**context.scope, "secrets": secrets})
    context = replace(context, hidden=context.hidden | secrets.values_read)
    problems = config_problems(verifier.kind, filled, filled=True)
    if wrong := [f"{place or '/'}: {message}" for place, message in problems]:
        raise InputError(f"the config of the verifier {verifier.id!r} does not fit: {'; '.join(wrong)}.")
    config, common = split(filled)
    pause = common.get("intervalMs", INTERVAL_MS) / 1000
    until = time.monotonic() + common["deadlineMs"] / 1000 if "deadlineMs" in common else None
    told: Verdict | None = None
    for tries in itertools.count(1):
        answer = _ask(kind, config, context, _seconds(kind, config, common, until))
        told = answer.verdict if told is None or not answer.late else _and_late(told, answer.verdict)
        left = min((end for end in (until, context.deadline) if end is not None), default=0.0) - time.monotonic()
        if answer.final or until is None or left <= pause:
            return _counted(told, tries)
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
    except Exception as error:
        if context.cancelled.is_set():
            raise CancelledError(f"the step {context.step.id!r} was cancelled.") from error
        if isinstance(error, UnfinishedError | StepTimeoutError) and time.monotonic() >= now + seconds:
            # Asking again what cannot be stopped would leave one more of them behind.
            final = isinstance(error, UnfinishedError)
            return _Answer(Verdict.failed(f"the verifier did not end within {seconds:.3g} s"), final, late=True)
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


def _and_late(told: Verdict, late: Verdict) -> Verdict:
    """What an earlier try has found: the last one mostly has too little time left to find anything."""
    summary = told.summary.partition(_LATER)[0]
    return told.model_copy(update={"status": "failed", "summary": f"{summary}{_LATER}{late.summary}"})


def _counted(verdict: Verdict, tries: int) -> Verdict:
    return verdict if tries == 1 else verdict.model_copy(update={"evidence": {**verdict.evidence, "tries": tries}})
