"""Approvals: a step that waits for a person, whose word holds for exactly what it lets through."""

from datetime import UTC, datetime, timedelta

from opsroom_dagster.runtime.plan_run import PlanRun
from opsroom_dagster.store.approvals import ask, expire_due

APPROVE = "approve"
"""The system action that waits for a person. ``args.expiresMs``: how long the question stands."""
EXPIRES_MS = 7 * 24 * 3_600_000


def approved(run: PlanRun, step: str) -> bool:
    """Whether what follows the step was approved as it stands now; a person is asked when nobody was.

    A denial, or an answer that did not come in time, ends the run where it is given: see ``runtime.conclude``.
    """
    # A question whose time is over cannot be answered, so it must not keep another one from being asked.
    expire_due(run.database, datetime.now(UTC), by=run.by)
    expires = int(run.steps[step].args.get("expiresMs", EXPIRES_MS))
    until = datetime.now(UTC) + timedelta(milliseconds=expires)
    return ask(run.database, run.id, step, run.next_digest(step), expires_at=until, by=run.by).state == "approved"
