"""The jobs of approved plans, read from the database when the code location is loaded."""

import logging
import os

import dagster as dg

from opsroom_dagster.errors import OpsroomError
from opsroom_dagster.jobs.plans import plan_job, rollback_job
from opsroom_dagster.settings import Settings
from opsroom_dagster.store.database import Database, open_database
from opsroom_dagster.store.plans import StoredPlan, list_plans, plan_of, quarantine_plan

LOG = logging.getLogger(__name__)


def approved_jobs() -> list[dg.JobDefinition]:
    """Two jobs a plan: it, and what undoes it. None outside an instance, such as where definitions are validated.

    A plan that cannot be read is set apart with the reason: it hides no other job. So does a database that does not
    answer, which the log tells.
    """
    if "OPSROOM_DAGSTER_DATABASE_URL" not in os.environ:
        return []
    try:
        database = open_database(Settings())
    except OpsroomError as error:
        LOG.warning("Plans are not shown: %s", error)
        return []
    try:
        jobs: dict[str, dg.JobDefinition] = {}
        for stored in list_plans(database, "approved"):
            for job in _jobs(database, stored):
                jobs.setdefault(job.name, job)
        return list(jobs.values())
    finally:
        database.close()


def _jobs(database: Database, stored: StoredPlan) -> list[dg.JobDefinition]:
    try:
        plan = plan_of(stored)
        undo = rollback_job(plan, stored.digest)
        return [plan_job(plan, stored.digest), *([undo] if undo else [])]
    except (OpsroomError, dg.DagsterError) as error:
        LOG.warning("The plan %s is set apart: %s", stored.id, error)
        quarantine_plan(database, stored.digest, str(error))
        return []
