"""Bring a database to this version's schema: Alembic runs only when something is to be done."""

import os
import re
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from opsroom_dagster.errors import OpsroomError

FOLDER = Path(__file__).parent / "migrations"
VERSION_TABLE = "opsroom_schema_version"
# Any number of our own: held while a process migrates, so that a second one waits and then finds nothing to do.
LOCK = 7_310_274_551


def migrate(engine: Engine) -> None:
    """Apply the migrations that the database lacks, in one transaction.

    Raises:
        OpsroomError: the database was migrated by a newer version of the product.
    """
    with engine.begin() as connection:
        if _current(connection) == head():
            return
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        current = _current(connection)
        if current is not None and current > head():
            raise OpsroomError(
                f"The database has schema {current}, this version of opsroom knows {head()}. Upgrade opsroom."
            )
        if current != head():
            _upgrade(connection)


@cache
def head() -> str:
    """The newest revision: migrations are numbered files, ``versions/0001_….py``."""
    names = (entry.name for entry in os.scandir(FOLDER / "versions"))
    return max(match.group(1) for name in names if (match := re.match(r"(\d{4})_\w+\.py$", name)))


def _current(connection: Connection) -> str | None:
    known = connection.execute(text("SELECT to_regclass(:name)"), {"name": f"public.{VERSION_TABLE}"}).scalar()
    if known is None:
        return None
    return connection.execute(text(f"SELECT version_num FROM public.{VERSION_TABLE}")).scalar()  # noqa: S608


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
