"""Questions to people whether a step may be executed, each about exactly one content."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, Select, Update, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from opsroom_dagster.errors import ConflictError, InputError
from opsroom_dagster.frozen import Frozen
from opsroom_dagster.store.audit import act_as
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.jsonb import legible_text
from opsroom_dagster.store.run_status import FINISHED
from opsroom_dagster.store.tables import approvals, run_steps, runs


class Approval(Frozen):
    """A question, and its answer when there is one.

    Attributes:
        digest: of exactly what will be executed.
        decided_at: when it was answered, or expired.
        note: what the person said, or why it expired.
    """

    id: int
    run_id: str
    step_id: str
    digest: str
    state: Literal["waiting", "approved", "denied", "expired"]
    asked_at: datetime
    expires_at: datetime | None
    decided_at: datetime | None
    decided_by: str | None
    note: str | None


def ask(
    database: Database,
    run_id: str,
    step_id: str,
    digest: str,
    *,
    expires_at: datetime | None = None,
    by: str = "opsroom",
) -> Approval:
    """The answer to a question, or the open question; asked anew when there is neither, or it was denied or expired.

    An open question of the same step about another content expires: nobody can answer what is asked no more.

    Raises:
        InputError: there is no such run.
        ConflictError: the run has ended.
    """
    step = (approvals.c.run_id == run_id, approvals.c.step_id == step_id)
    other = update(approvals).where(*step, approvals.c.state == "waiting", approvals.c.digest != digest)
    latest = select(approvals).where(*step, approvals.c.digest == digest).order_by(approvals.c.id.desc()).limit(1)
    with database.begin() as connection:
        act_as(connection, by)
        # Held: the end of a run, which closes its questions, comes before this one or after it.
        status = connection.execute(
            select(runs.c.status).where(runs.c.id == run_id).with_for_update(key_share=True)
        ).scalar()
        if status is None:
            raise InputError(f"there is no run {run_id!r}.", remedy="See `opsroom runs list`.")
        if status in FINISHED:
            raise ConflictError(f"the run {run_id} has already ended: {status}.")
        connection.execute(_expired(other, "Something else is to be executed now."))
        known = connection.execute(latest).mappings().one_or_none()
        if known is not None and known["state"] in ("waiting", "approved"):
            return _approval(known)
        question = insert(approvals).values(
            run_id=run_id, step_id=step_id, digest=digest, state="waiting", expires_at=expires_at
        )
        return _approval(connection.execute(question.returning(approvals)).mappings().one())


def decide(
    database: Database,
    approval_id: int,
    *,
    digest: str,
    decision: Literal["approved", "denied"],
    by: str,
    note: str | None = None,
) -> Approval:
    """Answer a question; the first answer counts, and the same person may repeat it.

    Args:
        digest: of what the person has looked at.

    Raises:
        InputError: there is no such question.
        ConflictError: it is about another content, was answered otherwise or by another person, or has expired.
    """
    change = (
        update(approvals)
        .where(
            approvals.c.id == approval_id,
            approvals.c.digest == digest,
            approvals.c.state == "waiting",
            or_(approvals.c.expires_at.is_(None), approvals.c.expires_at > func.now()),
        )
        .values(
            state=decision,
            decided_at=func.now(),
            decided_by=by,
            note=None if note is None else legible_text(note),
        )
        .returning(approvals)
    )
    with database.begin() as connection:
        act_as(connection, by)
        row = connection.execute(change).mappings().one_or_none()
        if row is not None:
            return _approval(row)
        known = _get(connection, approval_id)
    if known.digest != digest:
        raise ConflictError(
            f"question {approval_id} is about {known.digest}, not about {digest}.", remedy="Look at what it asks."
        )
    if (known.state, known.decided_by) == (decision, by):
        return known
    if known.decided_by is not None:
        raise ConflictError(f"question {approval_id} was already {known.state} by {known.decided_by}.")
    raise ConflictError(f"question {approval_id} has expired.", remedy="Retry the run to be asked again.")


def get_approval(database: Database, approval_id: int) -> Approval:
    """A question.

    Raises:
        InputError: there is none of this number.
    """
    with database.begin() as connection:
        return _get(connection, approval_id)


def waiting(database: Database, run_id: str | None = None) -> list[Approval]:
    """Open questions, of one run or of all, oldest first; also those that are due to expire."""
    query = select(approvals).where(approvals.c.state == "waiting").order_by(approvals.c.id)
    return _all(database, query if run_id is None else query.where(approvals.c.run_id == run_id))


def answered(database: Database) -> list[Approval]:
    """The answers (``expired`` is one) that runs wait for and have not acted on, oldest first."""
    latest = (
        select(approvals)
        .join(runs, runs.c.id == approvals.c.run_id)
        .join(run_steps, (run_steps.c.run_id == runs.c.id) & (run_steps.c.step_id == approvals.c.step_id))
        .where(runs.c.status == "waiting", run_steps.c.status == "waiting")
        .order_by(approvals.c.run_id, approvals.c.step_id, approvals.c.id.desc())
        .distinct(approvals.c.run_id, approvals.c.step_id)
        .subquery()
    )
    return _all(database, select(latest).where(latest.c.state != "waiting").order_by(latest.c.id))


def expire_due(database: Database, now: datetime, *, by: str = "opsroom") -> list[Approval]:
    """Close the questions whose time is over; returns them, by number. The caller ends their runs."""
    due = (
        select(approvals.c.id)
        .where(approvals.c.state == "waiting", approvals.c.expires_at <= now)
        # Who answers, or ends a run, at this moment goes first.
        .with_for_update(skip_locked=True)
    )
    change = _expired(update(approvals).where(approvals.c.id.in_(due)), "Nobody answered in time.")
    with database.begin() as connection:
        act_as(connection, by)
        rows = connection.execute(change.returning(approvals)).mappings().all()
    return sorted((_approval(row) for row in rows), key=lambda approval: approval.id)


def _expired(change: Update, why: str) -> Update:
    return change.values(state="expired", decided_at=func.now(), note=why)


def _all(database: Database, query: Select[tuple[Any, ...]]) -> list[Approval]:
    with database.begin() as connection:
        return [_approval(row) for row in connection.execute(query).mappings()]


def _get(connection: Connection, approval_id: int) -> Approval:
    row = connection.execute(select(approvals).where(approvals.c.id == approval_id)).mappings().one_or_none()
    if row is None:
        raise InputError(f"there is no question {approval_id}.", remedy="See `opsroom runs list`.")
    return _approval(row)


def _approval(row: RowMapping) -> Approval:
    return Approval.model_validate(dict(row))
