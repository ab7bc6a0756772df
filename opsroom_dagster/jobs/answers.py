"""What people say about runs: an answer to a question, or that a run is to go on."""

from collections.abc import Callable

from opsroom_dagster.errors import ConflictError
from opsroom_dagster.jobs.start import dispatch
from opsroom_dagster.settings import Settings
from opsroom_dagster.store.approvals import Approval, decide
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.runs import Run, get_run, retry_run, set_status


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
    from opsroom_dagster.jobs.here import roll_back

    return roll_back(database, settings, run_id)


def resume(database: Database, settings: Settings, run_id: str, by: str, say: Callable[[str], None]) -> Run:
    """Go on with a run that ended before its end, or whose worker is gone.

    Raises:
        ConflictError: it has succeeded, is being executed, or its rollback failed.
    """
    row = get_run(database, run_id)
    if row.status in ("queued", "waiting"):
        return dispatch(database, settings, run_id, say)
    if row.status == "running":
        from opsroom_dagster.jobs.attempts import abandoned

        if not abandoned(settings, run_id):
            raise ConflictError(f"the run {run_id} is being executed.")
        set_status(database, run_id, "queued", reason="Its worker is gone.", by=by)
    else:
        retry_run(database, run_id, by=by)
    return dispatch(database, settings, run_id, say)
