"""Execute one step of a run: claim it, hold its preconditions, act, verify, prove.

Whoever asks gets the same: a step whose success is recorded is never executed again; one that was killed on its way is
claimed anew and starts from an empty folder. The proofs are kept in the transaction that records the result.
"""

import shutil
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

from opsroom_dagster.digests import canonical_json, digest_tree, digest_value, tree_files
from opsroom_dagster.errors import ConflictError, InputError, OpsroomError, StepError
from opsroom_dagster.files import write_atomic
from opsroom_dagster.plans.interpolate import interpolate
from opsroom_dagster.plans.model import Json, Step
from opsroom_dagster.runtime.approval import APPROVE, approved
from opsroom_dagster.runtime.cancellation import cancellation
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.entrypoints import resolve
from opsroom_dagster.runtime.model import CheckRecord, StageRecord
from opsroom_dagster.runtime.plan_run import PlanRun
from opsroom_dagster.runtime.prove import step_proofs
from opsroom_dagster.runtime.tools import call_tool
from opsroom_dagster.runtime.verify import StoppedByCheck, require
from opsroom_dagster.store.outputs import keep_outputs
from opsroom_dagster.store.steps import claim_step, finish_step

OUTPUTS = "outputs.json"
Ended = Literal["succeeded", "reused", "waiting"]


def execute_step(run: PlanRun, name: str, log: Callable[[str], None]) -> Ended:
    """Bring a step of a run to its end; all that it depends on have succeeded.

    Returns:
        ``reused``: its success was recorded before, and its outputs are known to ``run``; ``waiting``: a person must
        approve first.

    Raises:
        OpsroomError: it failed, and that is recorded.
    """
    step, token = run.steps[name], uuid.uuid4().hex
    if not claim_step(run.database, run.id, name, token, idx=step.idx, dead=run.dead, by=run.by):
        if name not in run.finished:
            raise ConflictError(f"the step {name!r} is being executed or undone by somebody else.")
        return "reused"
    log(f"{name}: {step.title}")
    context, started = step_context(run, step, log), time.monotonic()
    outputs, error = Json(), None
    try:
        if waits_for_person(step) and not approved(run, name):
            finish_step(run.database, run.id, name, token, status="waiting", by=run.by)
            return "waiting"
        require(context, step.preconditions, "the precondition")
        outputs = act(run, step, context)
        checks = require(with_outputs(context, outputs), step.verifiers, "the verifier")
    except OpsroomError as failure:
        error, checks = failure, failure.checks if isinstance(failure, StoppedByCheck) else ()
    record = step_record(run, step, context, checks, started, error)
    finish_step(
        run.database,
        run.id,
        name,
        token,
        status="failed" if error else "succeeded",
        outputs=None if error else keep_outputs(run.kept, outputs),
        checks=checks,
        error=str(error) if error else None,
        proofs=step_proofs(run, step, record),
        seal=run.seal,
        by=run.by,
    )
    if error:
        raise error
    run.finished[name] = outputs
    return "succeeded"


def waits_for_person(step: Step) -> bool:
    """Whether the step is a person's approval."""
    return step.kind == "system" and step.action == APPROVE


def act(run: PlanRun, step: Step, context: StepContext) -> Json:
    """Do what the step says; its outputs, which are also kept in its folder.

    Raises:
        OpsroomError: it failed.
    """
    shutil.rmtree(context.output, ignore_errors=True)
    context.output.mkdir(parents=True)
    outputs: Json = {}
    if step.tool is not None:
        outputs = call_tool(run.tools[step.tool], step.args, context)
    elif not waits_for_person(step):
        args = interpolate(step.args, context.scope)
        filled = replace(context, step=step.model_copy(update={"args": args}))
        outputs = _called(step.action, filled)
    context.remaining(1)  # an action that came back too late has not succeeded
    # Not written through: the step's command may have left a link of this name to a file of ours.
    write_atomic(context.output / OUTPUTS, canonical_json(outputs))
    return outputs


def _called(action: str, context: StepContext) -> Json:
    function = resolve(action)
    try:
        return function(context) or {}
    except OpsroomError:
        raise
    except Exception as error:
        raise StepError(f"the action {action!r} crashed: {type(error).__name__}: {error}") from error


def step_context(
    run: PlanRun, step: Step, log: Callable[[str], None], scope: Mapping[str, Any] | None = None
) -> StepContext:
    """What the step is given; ``scope``: other than what the steps before it have put out."""
    return StepContext(
        step=step,
        settings=run.settings,
        home=run.home,
        output=run.folder / step.id,
        run_id=run.id,
        log=log,
        scope=run.scope(step.id) if scope is None else scope,
        deadline=None if step.timeout_ms is None else time.monotonic() + step.timeout_ms / 1000,
        cancelled=cancellation(run.id),
    )


def with_outputs(context: StepContext, outputs: Json) -> StepContext:
    """The context in which the step's own outputs can be named: for its verifiers and its rollback."""
    steps = {**context.scope["steps"], context.step.id: {"outputs": outputs}}
    return replace(context, scope={**context.scope, "steps": steps})


def inputs_digest(run: PlanRun, step: Step) -> str:
    """Of everything that the step's outputs depend on: its definition, its arguments filled in, its tool."""
    tool = run.tools[step.tool].model_dump(mode="json", by_alias=True) if step.tool else None
    stated = step.model_dump(mode="json", by_alias=True, exclude={"idx"})
    try:
        args = interpolate(step.args, run.scope(step.id))
    except InputError:  # something that they name is not there: the step has failed, and that has a proof, too
        args = step.args
    return digest_value({"step": stated, "args": args, "tool": tool})


def step_record(
    run: PlanRun,
    step: Step,
    context: StepContext,
    checks: tuple[CheckRecord, ...],
    started: float,
    error: OpsroomError | None,
) -> StageRecord:
    """What is proved: the files of the context's folder, outputs among them, its checks, and how it failed.

    Args:
        step: what the inputs are of; the context's own, or the one that it undoes.
    """
    context.output.mkdir(parents=True, exist_ok=True)
    return StageRecord(
        stage=context.step.id,
        inputs=inputs_digest(run, step),
        digest=digest_tree(context.output),
        files=tree_files(context.output),
        run_id=run.id,
        seconds=round(time.monotonic() - started, 3),
        finished_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        checks=checks,
        error=None if error is None else str(error),
    )
