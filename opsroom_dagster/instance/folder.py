"""DAGSTER_HOME and the environment that makes processes share it."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from opsroom_dagster.errors import OpsroomError
from opsroom_dagster.files import write_atomic
from opsroom_dagster.jobs.lanes import queue_limits
from opsroom_dagster.settings import Settings
from opsroom_dagster.store.database import database_url, open_database

if TYPE_CHECKING:
    from dagster import DagsterInstance

STATEMENT_MS = 60_000
POOL_SECONDS = 3600

# The address is read from the environment: it holds the password, and the port of an embedded server may change.
CONFIGURATION = """\
# Written by opsroom; changes are overwritten.
storage:
  postgres:
    postgres_url: {env: OPSROOM_DAGSTER_DATABASE_URL}
telemetry: {enabled: false}
nux: {enabled: false}
concurrency:
  pools: {granularity: op, default_limit: 2}
  runs:
    max_concurrent_runs: 15
    tag_concurrency_limits:
      # A build is heavy; steps of plans mostly wait.
      - {key: opsroom/project, limit: 4}
      # Two builds of one project take turns.
      - {key: opsroom/project, value: {applyLimitPerUniqueValue: true}, limit: 1}
@LIMITS@
run_retries: {enabled: true, max_retries: 0}
run_monitoring:
  enabled: true
  start_timeout_seconds: 120
  cancel_timeout_seconds: 60
  max_resume_run_attempts: 0
  poll_interval_seconds: 10
retention:
  schedule: {purge_after_days: {skipped: 7, success: 30, failure: 30}}
  sensor: {purge_after_days: {skipped: 7, success: 30, failure: 30}}
"""


def prepare(settings: Settings) -> Path:
    """Make the database ready and write ``dagster.yaml`` when it is not as it should be. Returns DAGSTER_HOME.

    Raises:
        OpsroomError: the database or the folder cannot be used; see ``open_database``.
    """
    open_database(settings).close()
    return write_configuration(settings)


def write_configuration(settings: Settings) -> Path:
    """Write ``dagster.yaml`` when it is not as it should be; the database must be ready. Returns DAGSTER_HOME."""
    target = settings.home.dagster / "dagster.yaml"
    wanted = CONFIGURATION.replace("@LIMITS@", queue_limits()).encode()
    try:
        if not target.exists() or target.read_bytes() != wanted:
            write_atomic(target, wanted)
    except OSError as error:
        raise OpsroomError(f"The folder {target.parent} cannot be used: {error}.") from error
    return target.parent


def environment(settings: Settings) -> dict[str, str]:
    """The variables that a process needs to be part of this home's instance; the database is started if need be.

    ``OPSROOM_DAGSTER_DATABASE_URL`` holds a password: pass it on in an environment only.
    """
    url = database_url(settings)
    # Dagster's tables lie in a schema of their own, and its driver is named: SQLAlchemy 2.1 reads a plain
    # postgresql:// as psycopg 3, which dagster-postgres 0.29 cannot use.
    options = " ".join([*_texts(url.query.get("options")), "-csearch_path=dagster"])
    dagster_url = url.set(drivername="postgresql+psycopg2").update_query_dict({"options": options})
    return {
        "DAGSTER_HOME": str(settings.home.dagster),
        "OPSROOM_HOME": str(settings.home.root),
        "OPSROOM_INBOX": str(settings.inbox_path),
        "OPSROOM_DAGSTER_DATABASE_URL": dagster_url.render_as_string(hide_password=False),
    }


def apply_environment(settings: Settings) -> None:
    """Make this process, and those that it starts, part of the home's instance."""
    os.environ.update(environment(settings))


def open_instance(settings: Settings) -> "DagsterInstance":
    """The home's Dagster instance, prepared; use it in a ``with`` block.

    Raises:
        OpsroomError: see ``prepare``.
    """
    folder = prepare(settings)
    apply_environment(settings)

    from dagster import DagsterInstance

    instance = DagsterInstance.from_config(str(folder))
    # Dagster opens a connection for each statement otherwise, which is most of the time of a small build.
    instance.optimize_for_webserver(statement_timeout=STATEMENT_MS, pool_recycle=POOL_SECONDS, max_overflow=10)
    return instance


def _texts(value: "tuple[str, ...] | str | None") -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else value
