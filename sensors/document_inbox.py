"""New, changed and deleted documents in the inbox start builds.

The file index lives in our own table; Dagster's cursor is only the number of the last change that was turned
into a run request. Dagster keeps the requests and the cursor together, before it submits the runs, and a run key
names the change: a crash at any point repeats a request at most, and a repeated key starts nothing.
"""

import time

import dagster as dg

from assets.partitions import projects
from opsroom_dagster.errors import ConflictError
from opsroom_dagster.jobs.stages import build
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.inbox import InboxChange, ScanResult, changes_since, disputes, scan
from opsroom_dagster.store.projects import register_inbox_project
from resources.workspace import Workspace

REQUESTS_PER_TICK = 25
"""Keeps a tick far below Dagster's limit of 60 s; the rest follows in the next ones."""
SETTLE_NS = 1_000_000_000
"""Files younger than this may still be written."""
NAMED = 5
"""Projects and problems that one line tells."""


@dg.sensor(
    job=build,
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Builds what is put into the inbox: each folder or file in it is a project, built again on a change.",
)
def document_inbox(context: dg.SensorEvaluationContext, workspace: Workspace) -> dg.SensorResult:
    """Watches the inbox: each top-level folder (or file) is a project, built again when its files change."""
    settings, database = workspace.settings, workspace.database
    inbox, limit = settings.inbox_path, settings.max_document_bytes
    result = scan(inbox, database, now_ns=time.time_ns(), settle_ns=SETTLE_NS, max_bytes=limit)
    changes = changes_since(database, _sequence(context.cursor), REQUESTS_PER_TICK)
    accepted = [change for change in changes if _registered(database, change)]
    problems = [*result.problems, *disputes(database)]
    cursor = str(changes[-1].sequence) if changes else context.cursor
    if not accepted:
        return dg.SensorResult(skip_reason=f"Nothing new in {inbox}. {_told(result, problems)}", cursor=cursor)
    if problems:
        context.log.warning(_told(result, problems))
    return dg.SensorResult(
        run_requests=[_request(change) for change in accepted],
        dynamic_partitions_requests=[projects.build_add_request([change.slug for change in accepted])],
        cursor=cursor,
    )


def _registered(database: Database, change: InboxChange) -> bool:
    """False: the name is taken, which ``disputes`` tells in every tick for as long as it lasts."""
    try:
        register_inbox_project(database, change.slug, change.source)
    except ConflictError:
        return False
    return True


def _request(change: InboxChange) -> dg.RunRequest:
    return dg.RunRequest(
        partition_key=change.slug,
        run_key=f"{change.slug}:{change.digest}:{change.sequence}",
        tags={"opsroom/project": change.slug, "opsroom/origin": "inbox"},
    )


def _sequence(cursor: str | None) -> int:
    """0 when a person has typed something else into it: all is requested again, and repeated keys start nothing."""
    return int(cursor) if cursor and cursor.isdecimal() else 0


def _told(result: ScanResult, problems: list[str]) -> str:
    """How many documents there are, what waits, what is gone, and what a person must put right."""
    parts = [f"Documents: {result.files}."]
    for what, slugs in (("Left for the next look", result.waiting), ("No longer there", result.removed)):
        if slugs:
            parts.append(f"{what}: {', '.join(slugs[:NAMED])}{' …' if len(slugs) > NAMED else ''}.")
    return " ".join([*parts, *problems[:NAMED], *(["…"] if len(problems) > NAMED else [])])
