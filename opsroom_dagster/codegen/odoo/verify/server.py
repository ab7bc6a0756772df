"""A real Odoo on databases that are made for one run and dropped after it.

A database with the addon's dependencies installed is kept as a template, so that only the first run of a set of
dependencies pays for them. The template holds nothing but them: an addon that forgets one still fails.
"""

import hashlib
import os
import re
import signal
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, LiteralString, NamedTuple

from opsroom_dagster.errors import MissingToolError, OpsroomError

if TYPE_CHECKING:
    from psycopg import Connection

INSTALL_SECONDS = 1_200
TEMPLATE_PREFIX, RUN_PREFIX = "opsroom_odoo_", "opsroom_run_"
_LINE = re.compile(r"^\d{4}-\d\d-\d\d [\d:,]+ \d+ (?P<level>[A-Z]+) \S+ (?P<logger>[\w.]+): (?P<text>.*)$")


class LogLine(NamedTuple):
    """A line of Odoo's log, with the lines that follow it up to the next."""

    level: str
    logger: str
    text: str


@dataclass(frozen=True)
class OdooServer:
    """How to run Odoo.

    Attributes:
        program: ``odoo-bin``.
        python: the interpreter that has Odoo's dependencies.
        database_url: a PostgreSQL server whose role has CREATEDB; not the role ``postgres``, which Odoo refuses.
    """

    program: Path
    python: Path
    database_url: str = field(repr=False)

    @cached_property
    def version(self) -> str:
        """For example ``Odoo Server 18.0``.

        Raises:
            MissingToolError: it does not run.
        """
        command = [str(self.python), str(self.program), "--version"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            how = "Set OPSROOM_ODOO_BIN to odoo-bin and OPSROOM_ODOO_PYTHON to the Python that has its requirements."
            raise MissingToolError(f"A working Odoo ({self.program} with {self.python})", how) from error
        return done.stdout.strip()

    @contextmanager
    def database_with(self, modules: Iterable[str]) -> Generator[str]:
        """The name of a new database in which the modules, with demonstration data, are installed.

        Raises:
            MissingToolError: the server cannot be reached, or the role may not create databases.
            OpsroomError: the modules do not install.
        """
        name = f"{RUN_PREFIX}{uuid.uuid4().hex[:12]}"
        with self._connection() as connection:
            _sweep(connection)
            _lock(connection, name)
            with self._template(connection, sorted(set(modules))) as template:
                _create(connection, name, template)
            try:
                yield name
            finally:
                _drop(connection, name)

    def run(self, database: str, *options: str, addons: Path | None = None) -> tuple[int, list[LogLine]]:
        """Run ``odoo-bin`` to its end; its exit status and log.

        Raises:
            OpsroomError: it did not end in time; it and what it started are killed.
        """
        with tempfile.TemporaryDirectory(prefix="opsroom-odoo-") as name:
            folder = Path(name)
            configuration = folder / "odoo.conf"
            configuration.touch(mode=0o600)
            configuration.write_text(self._configuration(folder, addons), encoding="utf-8")
            command = [
                str(self.python), str(self.program), "-c", str(configuration), "-d", database, "--stop-after-init",
                "--max-cron-threads=0", "--log-level=info", *options,
            ]  # fmt: skip
            env = {"PATH": os.environ.get("PATH", ""), "HOME": name, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
            env |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
            return _run_group(command, env)

    def module_state(self, database: str, module: str) -> str:
        """``installed``, or what Odoo says of the module instead; empty when it does not know it."""
        with self._connection(database) as connection:
            row = connection.execute("SELECT state FROM ir_module_module WHERE name = %s", [module]).fetchone()
        return str(row[0]) if row else ""

    def _configuration(self, folder: Path, addons: Path | None) -> str:
        """A file, so that the password stands in no list of processes."""
        from psycopg.conninfo import conninfo_to_dict

        stated = conninfo_to_dict(self.database_url)
        paths = [self.program.parent / "addons", *([addons] if addons else [])]
        values = {
            "addons_path": ",".join(str(path.resolve()) for path in paths if path.is_dir()),
            "data_dir": str(folder / "data"),
            "db_host": stated.get("host", "localhost"),
            "db_port": stated.get("port", 5432),
            "db_user": stated.get("user", ""),
            "db_password": stated.get("password", ""),
            "http_interface": "127.0.0.1",
            "http_port": _free_port(),
            "list_db": False,
        }
        return "[options]\n" + "".join(f"{key} = {str(value).replace('%', '%%')}\n" for key, value in values.items())

    @contextmanager
    def _template(self, connection: "Connection", modules: list[str]) -> Generator[str]:
        """The template of these modules, made unless it is there, while no other process makes or copies it."""
        identity = "\0".join([str(self.program.resolve()), self.version, *modules])
        name = f"{TEMPLATE_PREFIX}{hashlib.sha256(identity.encode()).hexdigest()[:16]}"
        _lock(connection, name)
        try:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                self._make_template(connection, name, modules)
            yield name
        finally:
            _unlock(connection, name)

    def _make_template(self, connection: "Connection", name: str, modules: list[str]) -> None:
        unfinished = f"{name}_new"
        _drop(connection, unfinished)
        _create(connection, unfinished, "template0")
        status, log = self.run(unfinished, "-i", ",".join(modules))
        errors = [line.text for line in log if line.level in ("ERROR", "CRITICAL")]
        if status or errors:
            _drop(connection, unfinished)
            reason = errors[0].splitlines()[0] if errors else f"exit status {status}"
            raise OpsroomError(f"Odoo cannot install {', '.join(modules)}: {reason}")
        _execute(connection, "ALTER DATABASE {} RENAME TO {}", unfinished, name)

    @contextmanager
    def _connection(self, database: str = "postgres") -> "Generator[Connection]":
        import psycopg
        from psycopg.conninfo import make_conninfo

        try:
            connection = psycopg.connect(make_conninfo(self.database_url, dbname=database), autocommit=True)
        except psycopg.OperationalError as error:
            how = "Set OPSROOM_ODOO_DATABASE_URL to a server that answers."
            raise MissingToolError(f"A database for Odoo ({str(error).splitlines()[0]})", how) from error
        with connection:
            yield connection


def _create(connection: "Connection", name: str, template: str) -> None:
    import psycopg

    try:
        _execute(connection, "CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8'", name, template)
    except psycopg.errors.InsufficientPrivilege as error:
        how = "Give its role CREATEDB, or set OPSROOM_ODOO_DATABASE_URL to another."
        raise MissingToolError("A database role that may create databases", how) from error


def _drop(connection: "Connection", name: str) -> None:
    import psycopg

    try:
        _execute(connection, "DROP DATABASE IF EXISTS {}", name)
    except psycopg.errors.ObjectInUse:
        # Only the second way: without superuser rights, FORCE fails when an autovacuum worker is in the database.
        _execute(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _lock(connection: "Connection", name: str) -> None:
    """Hold the name until ``_unlock`` or the end of the connection."""
    connection.execute("SELECT pg_advisory_lock(%s)", [_key(name)])


def _unlock(connection: "Connection", name: str) -> None:
    connection.execute("SELECT pg_advisory_unlock(%s)", [_key(name)])


def _sweep(connection: "Connection") -> None:
    """Drop what killed runs left behind: databases whose name nobody holds."""
    names = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{RUN_PREFIX}%"])
    for (name,) in names.fetchall():
        free = connection.execute("SELECT pg_try_advisory_lock(%s)", [_key(name)]).fetchone()
        if free and free[0]:
            _drop(connection, name)
            _unlock(connection, name)


def _key(name: str) -> int:
    return int(hashlib.sha256(name.encode()).hexdigest()[:15], 16)


def _execute(connection: "Connection", statement: LiteralString, *names: str) -> None:
    from psycopg import sql

    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _run_group(command: list[str], env: Mapping[str, str]) -> tuple[int, list[LogLine]]:
    with subprocess.Popen(
        command, env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        errors="replace", start_new_session=True,
    ) as process:  # fmt: skip
        try:
            _, log = process.communicate(timeout=INSTALL_SECONDS)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                raise OpsroomError(f"Odoo did not end within {INSTALL_SECONDS} s.") from error
            raise
    return process.returncode, _lines(log)


def _lines(log: str) -> list[LogLine]:
    found: list[LogLine] = []
    for line in log.splitlines():
        match = _LINE.match(line)
        if match:
            found.append(LogLine(match["level"], match["logger"], match["text"]))
        elif found:
            found[-1] = found[-1]._replace(text=f"{found[-1].text}\n{line}")
    return found


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
