"""Execute a run in this process, on the instance that the UI shows, without a daemon."""

import os
from collections.abc import Mapping

import dagster as dg
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run

from opsroom_dagster.errors import InterruptedRunError
from opsroom_dagster.instance import open_instance
from opsroom_dagster.jobs.attempts import attempt
from opsroom_dagster.jobs.orphans import run_tags
from opsroom_dagster.jobs.plans import plan_job, rollback_job
from opsroom_dagster.jobs.threads import RUN_TAG
from opsroom_dagster.runtime.conclude import conclude, conclude_rollback, to_undo
from opsroom_dagster.runtime.plan_run import PlanRun
from opsroom_dagster.settings import Settings
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.run_status import RunStatus
from opsroom_dagster.store.runs import Run, attach_dagster_run, get_run, set_status


def execute_here(database: Database, settings: Settings, run_id: str) -> RunStatus:
    """Bring a queued, waiting or interrupted run to its end, or to the next person that it waits for.

    Raises:
        ConflictError: another process works on it, or it has ended.
        InterruptedRunError: stopped by the user; what had finished stays finished.
    """
    with open_instance(settings) as instance, attempt(database, settings, run_id) as run:
        set_status(database, run_id, "running", by=run.by)
        tags = tags_of(get_run(database, run_id))
        _execute(instance, plan_job(run.plan, run.plan_digest), run, tags)
        status = conclude(run)
        if status in ("failed", "cancelled") and to_undo(run):
            status = roll_back_here(instance, run, tags)
    return status


def roll_back_here(instance: dg.DagsterInstance, run: PlanRun, tags: Mapping[str, str]) -> RunStatus:
    """Undo what a failed run did."""
    job = rollback_job(run.plan, run.plan_digest)
    assert job is not None, "there are steps to undo"
    _execute(instance, job, run, tags)
    return conclude_rollback(run)


def tags_of(row: Run) -> dict[str, str]:
    """What Dagster shows of a run, and limits its concurrency by."""
    tags = {RUN_TAG: row.id, "opsroom/lane": row.lane, "opsroom/user": row.user_name}
    tags |= {"dagster/priority": str(row.priority)}
    return tags | ({"opsroom/session": row.session} if row.session else {})


def _execute(instance: dg.DagsterInstance, job: dg.JobDefinition, run: PlanRun, tags: Mapping[str, str]) -> None:
    dagster_run = instance.create_run_for_job(job, tags={**run_tags(run.plan.id, os.getpid()), **tags})
    before = get_run(run.database, run.id).dagster_run_id
    attach_dagster_run(run.database, run.id, dagster_run.run_id, replaces=before, by=run.by)
    try:
        execute_run(InMemoryJob(job), dagster_run, instance, raise_on_error=False)
    except (dg.DagsterExecutionInterruptedError, KeyboardInterrupt):
        conclude(run)
        raise InterruptedRunError(f"Stopped. Go on with: opsroom runs retry {run.id}") from None
