"""The home's own database server: running when it is needed, one per home, whoever asks first."""

import fcntl
import socket
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from opsroom_dagster.errors import OpsroomError
from opsroom_dagster.home import Home
from opsroom_dagster.postgres import cluster

if TYPE_CHECKING:
    from sqlalchemy import URL

DATABASE = "opsroom"


@dataclass(frozen=True)
class ServerStatus:
    """``data`` and ``port`` are None before the first start; ``pid`` is None while it is stopped."""

    data: Path | None
    pid: int | None
    port: int | None


def ensure_running(home: Home) -> "URL":
    """The URL of the home's database; the server is created and started if need be, and outlives this process.

    Safe to call from many processes at once. A running server costs a few file reads and one connection.

    Raises:
        OpsroomError: it cannot be created or started (no space, no permission, …).
        MissingToolError: there is no PostgreSQL, or not of the version that made the data.
    """
    try:
        port = _answering_port(home)
        if port is None:
            with _lock(home):
                port = _answering_port(home) or _bring_up(home)
        return _url(home, port, DATABASE)
    except OSError as error:
        raise OpsroomError(f"The database of {home.root} cannot be used: {error}.") from error


def stop(home: Home) -> bool:
    """Stop the home's server; False when it was not running."""
    data = cluster.data_folder(home)
    if data is None:
        return False
    with _lock(home):
        return cluster.shut_down(data)


def status(home: Home) -> ServerStatus:
    """What is known of the home's server, without starting it."""
    data = cluster.data_folder(home)
    postmaster = cluster.read_postmaster(data) if data else None
    if postmaster is None:
        return ServerStatus(data, None, None)
    return ServerStatus(data, postmaster.pid, postmaster.port)


def _answering_port(home: Home) -> int | None:
    data = cluster.data_folder(home)
    postmaster = cluster.read_postmaster(data) if data else None
    if postmaster is None or not postmaster.ready:
        return None
    try:
        socket.create_connection(("127.0.0.1", postmaster.port), timeout=5).close()
    except OSError:
        return None
    return postmaster.port


def _bring_up(home: Home) -> int:
    data = cluster.data_folder(home) or cluster.create(home)
    port = cluster.start(home, data).port
    _create_database(home, port)
    return port


def _create_database(home: Home, port: int) -> None:
    import psycopg

    url = _url(home, port, "postgres").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True, connect_timeout=30) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if known is None:
            connection.execute(f"CREATE DATABASE {DATABASE}")


def _url(home: Home, port: int, database: str) -> "URL":
    from sqlalchemy import URL

    password = (home.postgres / "password").read_text(encoding="utf-8")
    return URL.create("postgresql", cluster.SUPERUSER, password, "127.0.0.1", port, database)


@contextmanager
def _lock(home: Home) -> Generator[None]:
    """Held by the one process that creates, starts or stops the server; released by the kernel on a kill."""
    home.postgres.mkdir(parents=True, exist_ok=True)
    with (home.postgres / "lock").open("w", encoding="utf-8") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
