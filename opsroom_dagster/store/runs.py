"""Runs: logical executions of a plan, from the queue to their end, whatever happened in between."""

import re
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Row, RowMapping, Update, and_, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from opsroom_dagster.errors import ConflictError, InputError
from opsroom_dagster.frozen import Frozen
from opsroom_dagster.plans.model import Json
from opsroom_dagster.store.audit import act_as
from opsroom_dagster.store.catalog import Pins
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.jsonb import legible_text, storable
from opsroom_dagster.store.run_status import FINISHED, RETRIABLE, RunStatus, sources
from opsroom_dagster.store.sessions import MAX_LENGTH, enter_session
from opsroom_dagster.store.tables import approvals, plans, runs

Lane = Literal["A", "B", "C", "D"]

RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
MAX_PRIORITY = 1_000_000


class Run(Frozen):
    """A run as it is recorded.

    Attributes:
        reason: why it waits, failed or was cancelled.
        retries: how often it was started again after its end.
        heartbeat_at: when its worker was last alive.
        dagster_run_id: the latest Dagster run that executes it.
        feedback: what the user said when cancelling.
    """

    id: str
    plan_digest: str
    pins: Pins
    inputs: Json
    session: str | None
    lane: Lane
    priority: int
    user_name: str
    status: RunStatus
    reason: str | None
    retries: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    heartbeat_at: datetime | None
    dagster_run_id: str | None
    cancel_requested_at: datetime | None
    feedback: str | None
    archived_at: datetime | None


class Pulse(NamedTuple):
    """What a worker learns from its heartbeat.

    Attributes:
        superseded: another Dagster run executes the run now; the beat did not count.
    """

    status: RunStatus
    cancel_requested: bool
    superseded: bool


def create_run(
    database: Database,
    run_id: str,
    plan_digest: str,
    *,
    inputs: Json,
    user: str,
    lane: Lane = "A",
    priority: int = 0,
    session: str | None = None,
) -> Run:
    """Queue a run of an approved plan, with the versions of tools and skills that the plan is pinned to now.

    The same call again returns the run as it is by then. A session that is new is opened, an archived one reopened.

    Args:
        run_id: chosen by the caller, a UUID as text.
        inputs: secrets as references, never as values.

    Raises:
        InputError: the plan is unknown or not approved, or a value cannot be kept.
        ConflictError: the id belongs to a run of another plan or with other inputs.
    """
    _check(run_id, user, priority)
    storable(inputs, "the inputs of the run")
    with database.begin() as connection:
        act_as(connection, user)
        if session is not None:
            enter_session(connection, session)
        plan = connection.execute(
            select(plans.c.pins, plans.c.state, plans.c.reason).where(plans.c.digest == plan_digest)
        ).one_or_none()
        row = {
            "id": run_id,
            "plan_digest": plan_digest,
            "pins": _approved_pins(plan_digest, plan),
            "inputs": inputs,
            "session": session,
            "lane": lane,
            "priority": priority,
            "user_name": user,
            "status": "queued",
        }
        connection.execute(insert(runs).values(row).on_conflict_do_nothing(index_elements=[runs.c.id]))
        run = _get(connection, run_id)
        if run.plan_digest != plan_digest or run.inputs != inputs:
            raise ConflictError(f"the id {run_id} belongs to another run.", remedy="Choose another one.")
    return run


def set_status(
    database: Database, run_id: str, status: RunStatus, *, reason: str | None = None, by: str = "opsroom"
) -> Run:
    """Move a run on. To the state that it has: nothing changes but the reason, and that only while it is not finished.

    A run that is rolled back keeps the reason for its failure when no other is given. At its end, questions to people
    that are still open expire.

    Raises:
        InputError: there is no such run.
        ConflictError: the run cannot go from its state to this one.
    """
    allowed = [*sources(status), *(() if status in FINISHED else (status,))]
    change = update(runs).where(runs.c.id == run_id, runs.c.status.in_(allowed))
    values: dict[str, Any] = {"status": status, "finished_at": func.now() if status in FINISHED else None}
    if reason is not None or status not in ("rolled_back", "rollback_failed"):
        values["reason"] = None if reason is None else legible_text(reason)
    if status == "running":
        values |= {"started_at": func.coalesce(runs.c.started_at, func.now()), "heartbeat_at": func.now()}
    with database.begin() as connection:
        act_as(connection, by)
        run = _changed(connection, change.values(values))
        if run is None:
            run = _get(connection, run_id)
            if run.status != status:
                raise ConflictError(f"the run {run_id} is {run.status} and cannot become {status}.")
        elif status in FINISHED:
            _expire_questions(connection, run_id)
    return run


def retry_run(database: Database, run_id: str, *, by: str, reason: str | None = None) -> Run:
    """Queue a failed, cancelled or rolled back run again; steps with a recorded success stay done.

    Raises:
        InputError: there is no such run.
        ConflictError: it has not ended, or ended otherwise.
    """
    change = update(runs).where(runs.c.id == run_id, runs.c.status.in_(sorted(RETRIABLE)))
    cleared = ("started_at", "finished_at", "heartbeat_at", "cancel_requested_at", "feedback", "archived_at")
    values = {"status": "queued", "retries": runs.c.retries + 1, **dict.fromkeys(cleared)}
    values["reason"] = None if reason is None else legible_text(reason)
    with database.begin() as connection:
        act_as(connection, by)
        # Before the run is locked: archiving locks the session first, too.
        if session := _get(connection, run_id).session:
            enter_session(connection, session)
        run = _changed(connection, change.values(values))
        if run is None:
            status = _get(connection, run_id).status
            raise ConflictError(
                f"the run {run_id} is {status} and cannot be retried.",
                remedy=f"Runs can be that are {', '.join(sorted(RETRIABLE))}.",
            )
    return run


def request_cancel(database: Database, run_id: str, *, by: str, feedback: str | None = None) -> Run:
    """Ask a running run to stop (its worker learns it with its next heartbeat); one without a worker ends at once.

    Raises:
        InputError: there is no such run.
        ConflictError: it has already ended.
    """
    idle = runs.c.status.in_(("queued", "waiting"))
    said = None if feedback is None else legible_text(feedback)
    values = {
        "cancel_requested_at": func.coalesce(runs.c.cancel_requested_at, func.now()),
        "feedback": func.coalesce(said, runs.c.feedback),
        "status": case((idle, "cancelled"), else_=runs.c.status),
        "reason": case((idle, said or "Cancelled."), else_=runs.c.reason),
        "finished_at": case((idle, func.now())),
    }
    change = update(runs).where(runs.c.id == run_id, runs.c.status.not_in(sorted(FINISHED)))
    with database.begin() as connection:
        act_as(connection, by)
        run = _changed(connection, change.values(values))
        if run is None:
            raise ConflictError(f"the run {run_id} has already ended: {_get(connection, run_id).status}.")
        if run.status in FINISHED:
            _expire_questions(connection, run_id)
    return run


def set_priority(database: Database, run_id: str, priority: int, *, by: str) -> Run:
    """Change the place of a run in its queue.

    Raises:
        InputError: there is no such run, or the number is out of bounds.
        ConflictError: it is not queued (any more).
    """
    _check_priority(priority)
    change = update(runs).where(runs.c.id == run_id, runs.c.status == "queued")
    with database.begin() as connection:
        act_as(connection, by)
        run = _changed(connection, change.values(priority=priority))
        if run is None:
            raise ConflictError(f"the run {run_id} is {_get(connection, run_id).status}, and no longer queued.")
    return run


def heartbeat(database: Database, run_id: str, *, dagster_run_id: str | None = None) -> Pulse:
    """Say that the worker of a running run is alive, and learn what it should know.

    Args:
        dagster_run_id: the worker's; when the run has another one by now, the beat does not count.

    Raises:
        InputError: there is no such run.
    """
    mine = runs.c.dagster_run_id == dagster_run_id if dagster_run_id is not None else runs.c.id == run_id
    beat = case((and_(runs.c.status == "running", mine), func.now()), else_=runs.c.heartbeat_at)
    change = (
        update(runs)
        .where(runs.c.id == run_id)
        .values(heartbeat_at=beat)
        .returning(runs.c.status, runs.c.cancel_requested_at.is_not(None), func.coalesce(mine, False))
    )
    with database.begin() as connection:
        row = connection.execute(change).one_or_none()
    if row is None:
        raise _unknown(run_id)
    return Pulse(row[0], row[1], not row[2])


def attach_dagster_run(
    database: Database, run_id: str, dagster_run_id: str, *, replaces: str | None, by: str = "opsroom"
) -> bool:
    """Hand a run to a Dagster run; of several that want it at once, one gets True.

    Args:
        replaces: the Dagster run that the caller knows to have ended; None: no one had the run before.

    Raises:
        InputError: there is no such run.
    """
    free = or_(runs.c.dagster_run_id.is_not_distinct_from(replaces), runs.c.dagster_run_id == dagster_run_id)
    unfinished = runs.c.status.not_in(sorted(FINISHED))
    change = update(runs).where(runs.c.id == run_id, free, unfinished)
    with database.begin() as connection:
        act_as(connection, by)
        run = _changed(connection, change.values(dagster_run_id=dagster_run_id))
        if run is None:
            _get(connection, run_id)
    return run is not None


def get_run(database: Database, run_id: str) -> Run:
    """A run.

    Raises:
        InputError: there is none with this id.
    """
    with database.begin() as connection:
        return _get(connection, run_id)


def list_runs(
    database: Database,
    *,
    status: RunStatus | None = None,
    lane: Lane | None = None,
    session: str | None = None,
    user: str | None = None,
    archived: bool | None = False,
    limit: int = 100,
) -> list[Run]:
    """The latest runs that fit, newest first.

    Args:
        archived: True: only those; None: those too.
    """
    wanted = {runs.c.status: status, runs.c.lane: lane, runs.c.session: session, runs.c.user_name: user}
    query = select(runs).where(*(column == value for column, value in wanted.items() if value is not None))
    if archived is not None:
        query = query.where(runs.c.archived_at.is_not(None) if archived else runs.c.archived_at.is_(None))
    query = query.order_by(runs.c.created_at.desc(), runs.c.id.desc()).limit(limit)
    with database.begin() as connection:
        rows = connection.execute(query).mappings().all()
    return [_run(row) for row in rows]


def _check(run_id: str, user: str, priority: int) -> None:
    if not RUN_ID.fullmatch(run_id):
        raise InputError(f"{run_id!r} is no id of a run.", remedy="Use letters, digits, - and _, at most 100.")
    if not 1 <= len(user) <= MAX_LENGTH:
        raise InputError(f"a user's name has 1 to {MAX_LENGTH} characters.")
    _check_priority(priority)


def _check_priority(priority: int) -> None:
    if abs(priority) > MAX_PRIORITY:
        raise InputError(f"a priority lies between {-MAX_PRIORITY:,} and {MAX_PRIORITY:,}.")


def _approved_pins(digest: str, plan: Row[Any] | None) -> Json:
    if plan is None:
        raise InputError(f"no plan with the digest {digest} is registered.")
    if plan.state != "approved":
        why = f": {plan.reason}" if plan.reason else ""
        raise InputError(f"the plan {digest} is {plan.state}{why}.", remedy="Approve it first.")
    return plan.pins


def _changed(connection: Connection, change: Update) -> Run | None:
    row = connection.execute(change.returning(runs)).mappings().one_or_none()
    return None if row is None else _run(row)


def _expire_questions(connection: Connection, run_id: str) -> None:
    connection.execute(
        update(approvals)
        .where(approvals.c.run_id == run_id, approvals.c.state == "waiting")
        .values(state="expired", decided_at=func.now(), note="The run has ended.")
    )


def _get(connection: Connection, run_id: str) -> Run:
    row = connection.execute(select(runs).where(runs.c.id == run_id)).mappings().one_or_none()
    if row is None:
        raise _unknown(run_id)
    return _run(row)


def _run(row: RowMapping) -> Run:
    return Run.model_validate(dict(row))


def _unknown(run_id: str) -> InputError:
    return InputError(f"there is no run {run_id!r}.", remedy="See `opsroom runs list`.")
