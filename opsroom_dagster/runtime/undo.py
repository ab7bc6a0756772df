"""Rollback: the finished steps of a failed run, undone one by one in reverse order, each verified and proved."""

import time
import uuid
from collections.abc import Callable

from opsroom_dagster.errors import OpsroomError
from opsroom_dagster.plans.graph import in_dependency_order
from opsroom_dagster.plans.model import Plan, Step
from opsroom_dagster.runtime.execute import act, step_context, step_record, with_outputs
from opsroom_dagster.runtime.model import CheckRecord
from opsroom_dagster.runtime.plan_run import PlanRun
from opsroom_dagster.runtime.prove import step_proofs
from opsroom_dagster.runtime.verify import StoppedByCheck, require
from opsroom_dagster.store.steps import claim_undo, finish_step

UNDO = "undo-"
"""Before the step's id: its rollback's folder and the name in its proofs."""


def undoable(plan: Plan) -> list[Step]:
    """Steps with a rollback, those that depend on others before them."""
    steps = {step.id: step for step in plan.steps}
    order = in_dependency_order({step.id: step.depends_on for step in plan.steps})
    return [steps[name] for name in reversed(order) if steps[name].rollback is not None]


def undo_step(run: PlanRun, name: str, log: Callable[[str], None]) -> bool:
    """Undo a step whose success is recorded; False: there was nothing to undo, or it was undone before.

    Raises:
        OpsroomError: the rollback, or a verifier of it, failed; that is recorded, and nothing before it is undone.
    """
    token = uuid.uuid4().hex
    if not claim_undo(run.database, run.id, name, token, dead=run.dead, by=run.by):
        return False
    step, started = run.steps[name], time.monotonic()
    undo = _as_step(step)
    log(f"undoing {name}")
    context = with_outputs(step_context(run, step, log), run.finished.get(name, {}))
    context = step_context(run, undo, log, scope=context.scope)
    _withdraw(run, name)
    error, checks = None, tuple[CheckRecord, ...]()
    try:
        outputs = act(run, undo, context)
        checks = require(with_outputs(context, outputs), undo.verifiers, "the verifier of the rollback")
    except OpsroomError as failure:
        error, checks = failure, failure.checks if isinstance(failure, StoppedByCheck) else ()
    record = step_record(run, step, context, checks, started, error)
    finish_step(
        run.database,
        run.id,
        name,
        token,
        status="undo_failed" if error else "undone",
        error=str(error) if error else None,
        checks=checks,
        proofs=step_proofs(run, undo, record),
        seal=run.seal,
        by=run.by,
    )
    if error:
        raise error
    return True


def _withdraw(run: PlanRun, name: str) -> None:
    """What stood on a step that is undone does not count any more, approvals of it among them: a retry does it again.

    Those of them that have a rollback were undone before.
    """
    for later in run.after(name):
        token = uuid.uuid4().hex
        if run.steps[later].rollback is not None or later not in run.finished:
            continue
        if claim_undo(run.database, run.id, later, token, dead=run.dead, by=run.by):
            why = f"It has no rollback, and {name}, which it depends on, is undone."
            finish_step(run.database, run.id, later, token, status="undone", error=why, by=run.by)


def _as_step(step: Step) -> Step:
    """The rollback of a step, as a step of its own."""
    assert step.rollback is not None
    return Step(
        id=f"{UNDO}{step.id}",
        idx=step.idx,
        title=f"Undo: {step.title}",
        kind="tool" if step.rollback.tool else "system",
        tool=step.rollback.tool,
        action=step.rollback.action,
        args=step.rollback.args,
        verifiers=step.rollback.verifiers,
        timeoutMs=step.timeout_ms,
    )
