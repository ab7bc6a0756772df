"""What people say about runs: an answer to a question, or that a run is to go on."""

from collections.abc import Callable

from opsroom_dagster.errors import ConflictError
from opsroom_dagster.instance.control_room import running
from opsroom_dagster.jobs.start import dispatch, terminate
from opsroom_dagster.settings import Settings
from opsroom_dagster.store.approvals import Approval, decide
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.runs import Run, get_run, request_cancel, retry_run, set_status
from opsroom_dagster.store.steps import steps_of


def answer(database: Database, question: Approval, *, approved: bool, by: str, note: str | None) -> None:
    """Keep the answer to a question; a denial ends the run.

    Raises:
        ConflictError: it was answered meanwhile, or is about something else by now.
    """
    decision = "approved" if approved else "denied"
    decide(database, question.id, digest=question.digest, decision=decision, by=by, note=note)
    if not approved:
        reason = f"{question.step_id}: denied by {by}" + (f": {note}" if note else ".")
        set_status(database, question.run_id, "failed", reason=reason, by=by)


def act_on(database: Database, settings: Settings, run_id: str, say: Callable[[str], None]) -> Run:
    """Let a run go on whose question was answered; one that was denied is rolled back."""
    row = get_run(database, run_id)
    if row.status == "waiting":
        return dispatch(database, settings, run_id, say)
    from opsroom_dagster.jobs.here import settle

    return settle(database, settings, run_id)


def resume(database: Database, settings: Settings, run_id: str, by: str, say: Callable[[str], None]) -> Run:
    """Go on with a run that ended before its end, or whose worker is gone.

    Raises:
        ConflictError: it has succeeded, is being executed, or its rollback failed.
    """
    from opsroom_dagster.jobs.attempts import alone
    from opsroom_dagster.jobs.here import roll_back

    row = get_run(database, run_id)
    if row.status == "running":
        with alone(settings, run_id):
            # Read again: only now nobody can begin to execute it.
            if get_run(database, run_id).status == "running":
                set_status(database, run_id, "queued", reason="Its worker is gone.", by=by)
    elif row.status not in ("queued", "waiting"):
        if any(step.status == "undoing" for step in steps_of(database, run_id)):
            roll_back(database, settings, run_id)  # it was interrupted, and nothing can go on from what is half undone
        retry_run(database, run_id, by=by)
    return dispatch(database, settings, run_id, say)


def stop(database: Database, settings: Settings, run_id: str, by: str, feedback: str | None) -> Run:
    """Cancel a run. Who executes it hears that and undoes what it did; when nobody does, that is done here.

    Raises:
        ConflictError: it has already ended.
    """
    from opsroom_dagster.jobs.attempts import alone
    from opsroom_dagster.jobs.here import settle

    row = request_cancel(database, run_id, by=by, feedback=feedback)
    if row.status == "running":
        room = running(settings)
        if room is not None and row.dagster_run_id:
            terminate(room.url, row.dagster_run_id)
        try:
            with alone(settings, run_id):
                if get_run(database, run_id).status == "running":
                    set_status(database, run_id, "cancelled", reason=feedback or "Cancelled.", by=by)
        except ConflictError:
            return row
    return settle(database, settings, run_id)
