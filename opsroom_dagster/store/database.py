"""The product's database: opened once a process, migrated, with errors that a user can act on."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import URL, Connection, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from opsroom_dagster.errors import InputError, InterruptedRunError
from opsroom_dagster.postgres import ensure_running
from opsroom_dagster.settings import Settings
from opsroom_dagster.store.jsonb import loads
from opsroom_dagster.store.migrate import migrate

# A server that was killed a moment ago may still look alive.
PATIENCE_SECONDS = 10


@dataclass(frozen=True)
class Database:
    """A migrated database and a small pool of connections to it."""

    url: URL
    engine: Engine

    @contextmanager
    def begin(self) -> Generator[Connection]:
        """A transaction: committed at the end of the block, rolled back on an error.

        Raises:
            InterruptedRunError: the server went away; nothing of the block was kept.
        """
        try:
            with self.engine.begin() as connection:
                yield connection
        except OperationalError as error:
            raise InterruptedRunError(
                f"The database {_place(self.url)} stopped answering ({_reason(error)}). Run the same command again."
            ) from error

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def database_url(settings: Settings) -> URL:
    """Where the product's database is: ``OPSROOM_DATABASE_URL``, else the home's own server, started if need be.

    Raises:
        InputError: the setting is no PostgreSQL URL.
        OpsroomError, MissingToolError: see ``ensure_running``.
    """
    if settings.database_url is None:
        return ensure_running(settings.home)
    remedy = "Write it as postgresql://user:password@host:5432/database."
    try:
        url = make_url(settings.database_url.get_secret_value())
    except (ArgumentError, ValueError) as error:
        raise InputError("OPSROOM_DATABASE_URL is not a URL.", remedy=remedy) from error
    if url.get_backend_name() not in ("postgresql", "postgres") or not url.database:
        raise InputError("OPSROOM_DATABASE_URL does not name a PostgreSQL database.", remedy=remedy)
    return url.set(drivername="postgresql")


def open_database(settings: Settings) -> Database:
    """The product's database, running and at this version's schema; close it when done.

    Raises:
        InputError: ``OPSROOM_DATABASE_URL`` is wrong, or its server does not let us in.
        OpsroomError, MissingToolError: the home's own server cannot be started.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        url = database_url(settings)
        database = Database(url, _engine(url))
        try:
            migrate(database.engine)
        except OperationalError as error:
            database.close()
            if settings.database_url is not None or time.monotonic() > deadline:
                raise InputError(
                    f"cannot connect to the database {_place(url)}: {_reason(error)}.",
                    remedy="Check OPSROOM_DATABASE_URL." if settings.database_url else "Run `opsroom db status`.",
                ) from error
            time.sleep(0.2)
        except BaseException:
            database.close()
            raise
        else:
            return database


def _engine(url: URL) -> Engine:
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        pool_size=2,
        max_overflow=6,
        json_deserializer=loads,
        connect_args={"connect_timeout": 10, "application_name": "opsroom"},
    )


def _place(url: URL) -> str:
    return f"{url.database} at {url.host or 'localhost'}:{url.port or 5432}"


def _reason(error: OperationalError) -> str:
    lines = str(error.orig).strip().splitlines()
    return lines[0].rstrip(".") if lines else "no reason given"
