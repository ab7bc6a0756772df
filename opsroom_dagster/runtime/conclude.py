"""What came of a run, once none of its steps can go on: its status, its seal, and its proof bundle."""

from datetime import UTC, datetime
from pathlib import Path

from opsroom_dagster.digests import digest_tree, tree_files
from opsroom_dagster.files import write_atomic
from opsroom_dagster.plans.model import Plan
from opsroom_dagster.proofs.bundle import BUNDLE
from opsroom_dagster.proofs.statement import seal_statement
from opsroom_dagster.runtime.model import StageRecord
from opsroom_dagster.runtime.plan_run import PlanRun
from opsroom_dagster.runtime.undo import undoable
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.run_proofs import Proof, add_proofs, proofs_of
from opsroom_dagster.store.run_status import FINISHED, RunStatus
from opsroom_dagster.store.runs import get_run, set_status
from opsroom_dagster.store.steps import StepRow, skip_steps, steps_of

LEFT = ("succeeded", "failed", "undo_failed", "running", "undoing")
"""States of steps whose action may have left something behind."""


def conclude(run: PlanRun) -> RunStatus:
    """Record what came of the run's last attempt, and write its bundle when it has ended."""
    row = get_run(run.database, run.id)
    steps = {step.step_id: step for step in steps_of(run.database, run.id)}
    status, reason = (row.status, row.reason) if row.status in FINISHED else _judged(run, steps)
    if row.cancel_requested_at is not None and status not in FINISHED - {"failed"}:
        status, reason = "cancelled", row.feedback or "Cancelled."
    if row.status == "running":
        set_status(run.database, run.id, status, reason=reason, by=run.by)
    if status in ("failed", "cancelled"):
        open_steps = {name: step.idx for name, step in run.steps.items() if name not in steps}
        skip_steps(run.database, run.id, open_steps, reason=reason or status, by=run.by)
    if status == "succeeded" or (status in FINISHED and not to_undo(run.database, run.plan, run.id)):
        write_run_bundle(run)
    return status


def to_undo(database: Database, plan: Plan, run_id: str) -> list[str]:
    """Steps that a rollback would undo, in its order: those that may have had effects and say how to undo them."""
    steps = {step.step_id: step.status for step in steps_of(database, run_id)}
    return [step.id for step in undoable(plan) if steps.get(step.id) in LEFT]


def conclude_rollback(run: PlanRun) -> RunStatus:
    """Record what came of a rollback: a failing one names what was and what was not undone."""
    steps = {step.step_id: step for step in steps_of(run.database, run.id)}
    undone = [name for name, step in steps.items() if step.status == "undone" and run.steps[name].rollback]
    left = to_undo(run.database, run.plan, run.id)
    failed = [f"{name} ({steps[name].error})" for name in left if steps[name].status == "undo_failed"]
    status: RunStatus = "rollback_failed" if left else "rolled_back"
    reason = None
    if left:
        reason = f"The rollback stopped at {', '.join(failed) or left[0]}. Undone: {', '.join(undone) or 'nothing'}. "
        reason += f"Not undone: {', '.join(left)}."
    set_status(run.database, run.id, status, reason=reason, by=run.by)
    write_run_bundle(run)
    return status


def write_run_bundle(run: PlanRun) -> Path:
    """Seal the run's chain and write it as a bundle into the run's folder."""
    kept = proofs_of(run.database, run.id)
    if not kept or kept[-1].step_id is not None:
        begun = [step for step in steps_of(run.database, run.id) if (run.folder / step.step_id).is_dir()]
        complete = get_run(run.database, run.id).status == "succeeded"
        seal = seal_statement(run.plan.id, run.id, [_record(run, step) for step in begun], complete=complete)
        passed = seal["predicate"]["result"] != "FAILED"
        proof = Proof(
            step_id=None,
            verifier_id=None,
            status="passed" if passed else "failed",
            timestamp=datetime.now(UTC),
            statement=seal,
        )
        add_proofs(run.database, run.id, [proof], run.seal, by=run.by)
        kept = proofs_of(run.database, run.id)
    target = run.folder / BUNDLE
    write_atomic(target, b"".join(proof.envelope.encode() + b"\n" for proof in kept))
    return target


def _judged(run: PlanRun, steps: dict[str, StepRow]) -> tuple[RunStatus, str | None]:
    succeeded = {name for name, step in steps.items() if step.status == "succeeded"}
    for name in run.order:
        # Before its turn it has failed in an earlier attempt, which says nothing of this one.
        if name in steps and steps[name].status == "failed" and succeeded.issuperset(run.steps[name].depends_on):
            return "failed", f"{name}: {steps[name].error}"
    waiting = [name for name, step in steps.items() if step.status == "waiting"]
    if waiting:
        return "waiting", f"{', '.join(waiting)} waits for a person: opsroom runs approve {run.id}"
    unfinished = [name for name in run.order if name not in succeeded]
    return ("failed", f"{unfinished[0]} was interrupted.") if unfinished else ("succeeded", None)


def _record(run: PlanRun, step: StepRow) -> StageRecord:
    folder = run.folder / step.step_id
    finished = step.finished_at.isoformat() if step.finished_at else ""
    return StageRecord(
        stage=step.step_id,
        inputs=step.inputs_digest or "",
        digest=digest_tree(folder),
        files=tree_files(folder),
        run_id=run.id,
        seconds=0,
        finished_at=finished,
        checks=step.checks,
    )
