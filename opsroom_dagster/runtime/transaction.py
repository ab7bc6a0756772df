"""A transaction on a PostgreSQL server that a plan names: limited in time, ended when the run is cancelled."""

import math
import os
import re
import socket
import threading
import time
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from opsroom_dagster.errors import InputError, OpsroomError, StepError, StepTimeoutError
from opsroom_dagster.proofs.masking import mask
from opsroom_dagster.runtime.context import StepContext

if TYPE_CHECKING:
    import psycopg
    from psycopg import Connection

_SCHEME = re.compile(r"^postgres(?:ql)?(?:\+\w+)?://")
_CONNECT_SECONDS = 10
_POLL = 0.1
_GRACE = 5
_SESSION = """
    SELECT set_config('statement_timeout', %s, true), set_config('TimeZone', 'UTC', true),
           set_config('DateStyle', 'ISO', true), set_config('IntervalStyle', 'iso_8601', true),
           set_config('extra_float_digits', '1', true)
"""
"""The same value is written in the same way, whatever the server's settings."""


@contextmanager
def transaction(
    url: str | None, context: StepContext, *, seconds: float, read_only: bool
) -> "Generator[Connection[tuple[object, ...]]]":
    """A connection inside a transaction, which is committed at the end of the block unless it is read-only.

    Args:
        url: ``postgresql://…``; None: the database of the settings, for reading and not as a superuser, who could run
            programs on the server; without one, the home's own server in a role that reaches nothing of ours.
        seconds: for all of it.

    Raises:
        InputError: the URL cannot be used.
        StepError: the server cannot be reached, or refused something inside the block.
        StepTimeoutError, CancelledError: a statement was ended at the deadline, or because the run was cancelled.
    """
    import psycopg

    until = time.monotonic() + context.remaining(seconds)
    connection = _connected(url, context, until)
    with closing(connection), _watched(connection, context, until):
        try:
            _check_role(connection, url, context, read_only=read_only)
            connection.read_only = read_only
            left = max(int((until - time.monotonic()) * 1000), 1)
            connection.execute(_SESSION, [str(left)])
            yield connection
            (connection.rollback if read_only else connection.commit)()
        except psycopg.Error as error:
            raise _explained(error, context, until, seconds) from None
        except UnicodeEncodeError:
            raise InputError("a parameter holds half of a surrogate pair, which is no text.") from None


def _connected(url: str | None, context: StepContext, until: float) -> "Connection[tuple[object, ...]]":
    import psycopg
    from psycopg.conninfo import make_conninfo

    options = _options(url, context)
    place = f"the database {options.get('dbname', '')!r} at {options['host']}:{options.get('port', 5432)}"
    left = context.remaining(min(until - time.monotonic(), _CONNECT_SECONDS))
    fixed: dict[str, str | int] = {
        # Nothing that this account keeps for other servers is sent to one that a plan names.
        "password": options.get("password", ""),
        "passfile": os.devnull,
        "options": options.get("options", ""),
        "application_name": "opsroom",
        "connect_timeout": math.ceil(left),
        "keepalives_idle": 30,
    }
    try:
        return psycopg.connect(make_conninfo("", **{**options, **fixed}))
    except psycopg.Error as error:
        raise StepError(f"{place} cannot be reached: {mask(str(error).strip())}") from None


def _options(url: str | None, context: StepContext) -> "dict[str, str | int]":
    """The parts of the URL, as libpq names them."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    text = url if url is not None else _default_url(context)
    if not _SCHEME.match(text):
        raise InputError(
            "the URL of the database cannot be used.", remedy="Write postgresql://user:password@host/name."
        )
    try:
        found = conninfo_to_dict(_SCHEME.sub("postgresql://", text))
    except (psycopg.Error, UnicodeError, ValueError):
        raise InputError("the URL of the database cannot be read.", remedy="Encode special characters in it.") from None
    options = {name: value for name, value in found.items() if value is not None}
    if "host" not in options:
        raise InputError("the URL of the database names no host.", remedy="Write postgresql://user:password@host/name.")
    return options


def _default_url(context: StepContext) -> str:
    from opsroom_dagster.postgres.guest import guest_url

    stated = context.settings.database_url
    return stated.get_secret_value() if stated else guest_url(context.home).render_as_string(hide_password=False)


def _check_role(
    connection: "Connection[tuple[object, ...]]", url: str | None, context: StepContext, *, read_only: bool
) -> None:
    if url is not None or context.settings.database_url is None:
        return
    if not read_only:
        raise InputError("the product's own database is only read.", remedy="State the url of the one to write to.")
    if connection.info.parameter_status("is_superuser") == "on":
        raise InputError(
            "OPSROOM_DATABASE_URL connects as a superuser, whose statements could run programs.",
            remedy="State the url of the database to read, with a role that has fewer rights.",
        )


@contextmanager
def _watched(connection: "Connection[tuple[object, ...]]", context: StepContext, until: float) -> Generator[None]:
    """End what the connection waits for when the run is cancelled, or when the server has forgotten the deadline."""
    import psycopg

    done = threading.Event()
    plug = socket.socket(fileno=os.dup(connection.fileno()))

    def watch() -> None:
        while not done.wait(_POLL):
            if context.cancelled.is_set() or time.monotonic() > until + _GRACE:
                with suppress(psycopg.Error):
                    connection.cancel_safe(timeout=_GRACE)
                if not done.wait(_GRACE):
                    with suppress(OSError):  # who waits sees that the connection is lost
                        plug.shutdown(socket.SHUT_RDWR)
                return

    watcher = threading.Thread(target=watch, name="database-watcher", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        plug.close()


def _explained(error: "psycopg.Error", context: StepContext, until: float, seconds: float) -> OpsroomError:
    from psycopg import errors

    if isinstance(error, errors.QueryCanceled | errors.OperationalError) and context.cancelled.is_set():
        context.remaining(1)
    if isinstance(error, errors.QueryCanceled) or time.monotonic() > until:
        return StepTimeoutError(f"the statement did not end within {seconds * 1000:,.0f} ms.")
    parts = [error.diag.message_primary or str(error).strip(), error.diag.message_hint or ""]
    told = " ".join(part.rstrip(".") + "." for part in parts if part)
    state = f" (SQLSTATE {error.sqlstate})" if error.sqlstate else ""
    return StepError(f"the statement failed{state}: {mask(told)}")
