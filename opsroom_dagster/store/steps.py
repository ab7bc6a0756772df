"""Steps of runs: claimed by one worker at a time, finished by the one who holds the claim, done once."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, RowMapping, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from opsroom_dagster.errors import ConflictError, InputError
from opsroom_dagster.frozen import Frozen
from opsroom_dagster.runtime.model import CheckRecord
from opsroom_dagster.store.audit import act_as
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.jsonb import legible, legible_text
from opsroom_dagster.store.outputs import StoredOutputs
from opsroom_dagster.store.run_proofs import Proof, Seal, append, lock_chain
from opsroom_dagster.store.tables import run_steps, runs

StepStatus = Literal["running", "succeeded", "failed", "skipped", "waiting", "undoing", "undone", "undo_failed"]
StepEnd = Literal["succeeded", "failed", "skipped", "waiting", "undone", "undo_failed"]

# SQLAlchemy compiles an upsert anew each time, which takes longer than executing it.
_CLAIM = text(files("opsroom_dagster.store").joinpath("sql/claim_step.sql").read_text(encoding="utf-8"))
UNDOABLE: tuple[StepStatus, ...] = ("succeeded", "failed", "undo_failed")
"""Steps that may have left something to roll back."""
_ROLLS_BACK = ("running", "failed", "cancelled", "rollback_failed")
_NOTHING: Mapping[str, None] = dict.fromkeys(("outputs", "outputs_file", "outputs_digest", "outputs_bytes"))


class StepRow(Frozen):
    """What is recorded of a step of a run.

    Attributes:
        attempt: how often it was begun, from 1; 0: it was skipped. Waiting for an answer begins nothing new.
        claim_token: who executes or undoes it, or last did.
        checks: verdicts of its verifiers, then of its rollback's.
    """

    run_id: str
    step_id: str
    idx: int
    status: StepStatus
    attempt: int
    claim_token: str | None
    inputs_digest: str | None
    outputs: StoredOutputs | None
    error: str | None
    checks: tuple[CheckRecord, ...]
    started_at: datetime | None
    finished_at: datetime | None


def claim_step(
    database: Database,
    run_id: str,
    step_id: str,
    token: str,
    *,
    idx: int,
    inputs_digest: str | None = None,
    dead: Collection[str] = (),
    by: str = "opsroom",
) -> bool:
    """Claim a step of a running run before its action starts; of several that want it at once, one gets True.

    False: the step has succeeded, is being undone or could not be undone, or a worker not known to be dead has it.
    Claiming again with the same token is True: a worker may repeat a claim whose answer it did not get.

    Args:
        token: names this worker's attempt, and no other.
        idx: the step's place in the plan.
        dead: tokens of workers that the caller knows to be gone; their claims are taken over.

    Raises:
        InputError: there is no such run.
        ConflictError: the run is not running: nothing of it may start.
    """
    claim = {
        "run_id": run_id,
        "step_id": step_id,
        "idx": idx,
        "token": token,
        "inputs_digest": inputs_digest,
        "dead": sorted(dead),
        "by": by,
    }
    with database.begin() as connection:
        if connection.execute(_CLAIM, claim).one_or_none() is not None:
            return True
        _check_run(connection, run_id, ("running",))
    return False


def claim_undo(
    database: Database, run_id: str, step_id: str, token: str, *, dead: Collection[str] = (), by: str = "opsroom"
) -> bool:
    """Claim a step to roll it back, also one that failed or whose worker is dead: its action may have had effects.

    False: nothing of the step is to be undone, it was undone, or a worker not known to be dead has it.
    Token and ``dead``: see ``claim_step``.

    Raises:
        InputError: there is no such run.
        ConflictError: the run is one that is not rolled back.
    """
    claim = (
        update(run_steps)
        .where(
            run_steps.c.run_id == run_id,
            run_steps.c.step_id == step_id,
            or_(
                run_steps.c.status.in_(UNDOABLE),
                (run_steps.c.status == "undoing") & (run_steps.c.claim_token == token),
                run_steps.c.status.in_(("running", "undoing")) & _held_by(dead),
            ),
            run_steps.c.run_id.in_(select(runs.c.id).where(runs.c.id == run_id, runs.c.status.in_(_ROLLS_BACK))),
        )
        .values(status="undoing", claim_token=token, finished_at=None)
    )
    with database.begin() as connection:
        act_as(connection, by)
        if connection.execute(claim).rowcount:
            return True
        _check_run(connection, run_id, _ROLLS_BACK)
    return False


def finish_step(
    database: Database,
    run_id: str,
    step_id: str,
    token: str,
    *,
    status: StepEnd,
    outputs: StoredOutputs | None = None,
    checks: Sequence[CheckRecord] = (),
    error: str | None = None,
    proofs: Sequence[Proof] = (),
    seal: Seal | None = None,
    by: str = "opsroom",
) -> None:
    """Record how a claimed step ended, and its proofs, in one transaction.

    Repeating it after a lost answer changes nothing. ``undone`` and ``undo_failed`` end what ``claim_undo`` began:
    outputs and checks of the step stay, the rollback's checks are added.

    Args:
        outputs: see ``keep_outputs``.
        seal: signs the proofs, needed when there are any: ``partial(link, key=key)``.

    Raises:
        ConflictError: another worker has taken the step over, or it was not claimed.
    """
    undo = status in ("undone", "undo_failed")
    values: dict[str, Any] = {
        "status": status,
        "finished_at": func.now(),
        "error": None if error is None else legible_text(error),
        "checks": [legible(check.model_dump(mode="json")) for check in checks],
    }
    if undo:
        values["checks"] = run_steps.c.checks.concat(values["checks"])
    elif outputs is not None:
        values |= {
            "outputs": outputs.value,
            "outputs_file": outputs.file,
            "outputs_digest": outputs.digest,
            "outputs_bytes": outputs.bytes,
        }
    mine = (run_steps.c.run_id == run_id, run_steps.c.step_id == step_id, run_steps.c.claim_token == token)
    change = update(run_steps).where(*mine, run_steps.c.status == ("undoing" if undo else "running")).values(values)
    with database.begin() as connection:
        lock_chain(connection, run_id, by)
        if connection.execute(change).rowcount:
            if proofs:
                assert seal is not None, "proofs are signed"
                append(connection, run_id, proofs, seal)
        elif connection.execute(select(run_steps.c.status).where(*mine)).scalar() != status:
            raise ConflictError(
                f"the step {step_id!r} of the run {run_id} belongs to another worker by now.",
                remedy="What this one did is not recorded.",
            )


def skip_steps(
    database: Database, run_id: str, steps: Mapping[str, int], *, reason: str, by: str = "opsroom"
) -> list[str]:
    """Record that steps are not executed; returns those that had not begun, sorted.

    Args:
        steps: id → place in the plan.

    Raises:
        InputError: there is no such run.
    """
    rows: list[dict[str, Any]] = [
        {
            "run_id": run_id,
            "step_id": step_id,
            "idx": idx,
            "status": "skipped",
            "attempt": 0,
            "error": legible_text(reason),
            "checks": [],
        }
        for step_id, idx in sorted(steps.items())
    ]
    with database.begin() as connection:
        act_as(connection, by)
        _check_run(connection, run_id, None)
        if not rows:
            return []
        skip = insert(run_steps).values(finished_at=func.now()).on_conflict_do_nothing().returning(run_steps.c.step_id)
        return sorted(connection.execute(skip, rows).scalars())


def steps_of(database: Database, run_id: str) -> list[StepRow]:
    """What is recorded of a run's steps, in the order of the plan; steps that have not begun are absent."""
    query = select(run_steps).where(run_steps.c.run_id == run_id).order_by(run_steps.c.idx, run_steps.c.step_id)
    with database.begin() as connection:
        rows = connection.execute(query).mappings().all()
    return [_step(row) for row in rows]


def _held_by(tokens: Collection[str]) -> ColumnElement[bool]:
    return run_steps.c.claim_token.in_(sorted(tokens))


def _check_run(connection: Connection, run_id: str, wanted: Sequence[str] | None) -> None:
    """Raise what keeps a run's steps from being claimed; nothing when it is in one of the wanted states (None: any)."""
    status = connection.execute(select(runs.c.status).where(runs.c.id == run_id)).scalar()
    if status is None:
        raise InputError(f"there is no run {run_id!r}.", remedy="See `opsroom runs list`.")
    if wanted is not None and status not in wanted:
        raise ConflictError(f"the run {run_id} is {status}: none of its steps can be begun or undone.")


def _step(row: RowMapping) -> StepRow:
    values = dict(row)
    stored = {name.removeprefix("outputs_"): values.pop(name) for name in _NOTHING}
    value = stored.pop("outputs")
    values["outputs"] = None if stored["digest"] is None else {"value": value, **stored}
    return StepRow.model_validate(values)
