"""New, changed and deleted documents in the inbox start builds.

The file index lives in our own table; Dagster's cursor is only the number of the last change that was turned
into a run request. Dagster stores it after it has submitted the runs, and a run key names the change, so a
crash at any point repeats a request at most, and a repeated key starts nothing.
"""

import time

import dagster as dg

from assets.partitions import projects
from opsroom_dagster.errors import OpsroomError
from opsroom_dagster.jobs.stages import build
from opsroom_dagster.project import Project
from opsroom_dagster.store.inbox import changes_since, scan
from opsroom_dagster.store.projects import register_project
from resources.workspace import Workspace

REQUESTS_PER_TICK = 25
"""Keeps a tick far below Dagster's limit of 60 s; the rest follows in the next ones."""
SETTLE_NS = 1_000_000_000
"""Files younger than this may still be written."""


@dg.sensor(job=build, minimum_interval_seconds=5, default_status=dg.DefaultSensorStatus.RUNNING)
def document_inbox(context: dg.SensorEvaluationContext, workspace: Workspace) -> dg.SensorResult | dg.SkipReason:
    """Watches the inbox: each top-level folder (or file) is a project, built again when its files change."""
    database, inbox = workspace.database, workspace.settings.inbox_path
    inbox.mkdir(parents=True, exist_ok=True)
    result = scan(inbox, database, now_ns=time.time_ns(), settle_ns=SETTLE_NS)
    for problem in result.problems:
        context.log.error(problem)
    cursor = int(context.cursor or 0)
    changes = changes_since(database, cursor, REQUESTS_PER_TICK)
    if not changes:
        return dg.SkipReason(f"Nothing new among {result.files} files in {inbox}.")
    requests: list[dg.RunRequest] = []
    for change in changes:
        try:
            register_project(database, Project(slug=change.slug, sources=(str(change.source),), origin="inbox"))
        except OpsroomError as error:
            context.log.error(str(error))
            continue
        requests.append(
            dg.RunRequest(
                partition_key=change.slug,
                run_key=f"{change.slug}:{change.digest}:{change.sequence}",
                tags={"opsroom/project": change.slug, "opsroom/origin": "inbox"},
            )
        )
    slugs = sorted({request.partition_key for request in requests if request.partition_key})
    return dg.SensorResult(
        run_requests=requests,
        dynamic_partitions_requests=[projects.build_add_request(slugs)] if slugs else [],
        cursor=str(changes[-1].sequence),
    )
