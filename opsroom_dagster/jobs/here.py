"""Execute a run in this process, on the instance that the UI shows, without a daemon."""

import os
from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run
from sqlalchemy.exc import OperationalError

from opsroom_dagster.errors import InterruptedRunError
from opsroom_dagster.instance import open_instance
from opsroom_dagster.jobs.attempts import attempt
from opsroom_dagster.jobs.orphans import fail_orphans, run_tags
from opsroom_dagster.jobs.plan_executor import broken_off
from opsroom_dagster.jobs.plans import plan_job, rollback_job
from opsroom_dagster.jobs.threads import RUN_TAG
from opsroom_dagster.plans.model import Plan
from opsroom_dagster.runtime.conclude import conclude, to_undo
from opsroom_dagster.settings import Settings
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.plans import get_plan, plan_of
from opsroom_dagster.store.runs import Run, get_run

PROGRESS: dict[str, Any] = {"loggers": {"progress": {}}}


def execute_here(database: Database, settings: Settings, run_id: str) -> Run:
    """Bring a queued, waiting or interrupted run to its end, or to the next person that it waits for.

    Raises:
        ConflictError: another process works on it, or it has ended.
        InterruptedRunError: stopped by the user; what had finished stays finished.
    """
    row = get_run(database, run_id)
    plan = plan_of(get_plan(database, row.plan_digest))
    with open_instance(settings) as instance:
        _execute(instance, plan_job(plan, row.plan_digest), plan, row)
    return roll_back(database, settings, run_id)


def roll_back(database: Database, settings: Settings, run_id: str) -> Run:
    """Undo what a failed or cancelled run did; nothing is done to any other."""
    row = get_run(database, run_id)
    plan = plan_of(get_plan(database, row.plan_digest))
    undo = rollback_job(plan, row.plan_digest)
    if undo is not None and row.status in ("failed", "cancelled") and to_undo(database, plan, run_id):
        with open_instance(settings) as instance:
            _execute(instance, undo, plan, row)
    return get_run(database, run_id)


def settle(database: Database, settings: Settings, run_id: str) -> Run:
    """Close the books of a run that ended while nobody executed it: what is left to undo is undone, the rest sealed.

    Raises:
        ConflictError: another process works on it.
    """
    with attempt(database, settings, run_id, heeds_cancel=False) as run:
        conclude(run)
    return roll_back(database, settings, run_id)


def tags_of(row: Run) -> dict[str, str]:
    """What Dagster shows of a run, and limits its concurrency by."""
    tags = {RUN_TAG: row.id, "opsroom/lane": row.lane, "opsroom/user": row.user_name}
    tags |= {"dagster/priority": str(row.priority)}
    return tags | ({"opsroom/session": row.session} if row.session else {})


def _execute(instance: dg.DagsterInstance, job: dg.JobDefinition, plan: Plan, row: Run) -> None:
    fail_orphans(instance, plan.id)
    tags: Mapping[str, str] = {**job.run_tags, **run_tags(plan.id, os.getpid()), **tags_of(row)}
    dagster_run = instance.create_run_for_job(job, tags=tags, run_config=PROGRESS)
    go_on = f"Go on with: opsroom runs retry {row.id}"
    try:
        execute_run(InMemoryJob(job), dagster_run, instance, raise_on_error=False)
        if error := broken_off.pop(dagster_run.run_id, None):
            raise error
    except (dg.DagsterExecutionInterruptedError, KeyboardInterrupt):
        raise InterruptedRunError(f"Stopped. {go_on}") from None
    except OperationalError as error:
        raise InterruptedRunError(f"The database went away: {str(error.orig).strip()} {go_on}") from error
