"""A home's database cluster: where its data lies, how it is created, configured, started and stopped."""

import hashlib
import os
import secrets
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from opsroom_dagster.errors import OpsroomError
from opsroom_dagster.files import write_atomic
from opsroom_dagster.home import Home
from opsroom_dagster.postgres.account import SHARED, Account, reachable_programs, server_account, shared_folder
from opsroom_dagster.postgres.binaries import find_binaries

SUPERUSER = "opsroom"
START_ATTEMPTS = 5
# After a kill, the old server's children hold its memory and its lock until they notice; a port may be taken
# between looking and listening.
PASSING = ("shared memory block", "lock file", "could not bind")
# Durable (fsync is on by default), small, loopback TCP only: unix sockets have a path limit of about 100 bytes.
CONFIGURATION = """\
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
max_connections = 100
shared_buffers = '48MB'
work_mem = '8MB'
maintenance_work_mem = '32MB'
max_parallel_workers_per_gather = 0
wal_level = 'minimal'
max_wal_senders = 0
min_wal_size = '32MB'
max_wal_size = '256MB'
log_checkpoints = off
log_line_prefix = '%t [%p] '
log_timezone = 'UTC'
timezone = 'UTC'
datestyle = 'iso, ymd'
lc_messages = 'C'
jit = off
"""


@dataclass(frozen=True)
class Postmaster:
    """What a running server says about itself in ``postmaster.pid``."""

    pid: int
    port: int
    ready: bool


def data_folder(home: Home) -> Path | None:
    """The folder of the home's cluster, None before it is created."""
    own = home.postgres / "data"
    if own.exists():
        return own
    try:
        return Path((home.postgres / "location").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def read_postmaster(data: Path) -> Postmaster | None:
    """The server of ``data`` if its process is alive; see PostgreSQL's ``miscadmin.h`` for the file's lines."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        pid, port = int(lines[0]), int(lines[3])
    except (FileNotFoundError, ValueError, IndexError):
        return None
    if not _serves(pid, data):
        return None
    return Postmaster(pid, port, ready=len(lines) > 7 and lines[7].strip() == "ready")


def _serves(pid: int, data: Path) -> bool:
    """Whether process ``pid`` is a server of ``data``, not a later process that was given the same number."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return False
        done = subprocess.run(
            ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, timeout=30, check=False
        )
        command = done.stdout
    return os.fsencode(data) in command


def create(home: Home) -> Path:
    """Create the cluster; complete or not at all, whenever it is killed. Returns its folder.

    Raises:
        OpsroomError: ``initdb`` failed; its words are in the message.
    """
    account = server_account()
    programs = reachable_programs(find_binaries(), account)
    folder = _place(home, account)
    fresh, password_file = folder / "data.new", folder / "password.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    account.own(fresh)
    password = secrets.token_urlsafe(24)
    write_atomic(password_file, password.encode(), mode=0o600)
    account.own(password_file)
    options = [
        f"--pwfile={password_file}",
        f"--username={SUPERUSER}",
        "--auth=scram-sha-256",
        "-E",
        "UTF8",
        "--no-locale",
    ]
    done = account.run([str(programs / "initdb"), "-D", str(fresh), *options])
    password_file.unlink()
    if done.returncode:
        shutil.rmtree(fresh, ignore_errors=True)
        raise OpsroomError(f"PostgreSQL cannot create its data folder {fresh}:\n{last_lines(done.stderr)}")
    write_atomic(home.postgres / "password", password.encode(), mode=0o600)
    data = folder / "data"
    fresh.rename(data)
    if folder != home.postgres:
        write_atomic(home.postgres / "location", str(data).encode())
    return data


def _place(home: Home, account: Account) -> Path:
    """``OPSROOM_HOME/postgres``, or a folder of ours in ``SHARED`` when the server's account cannot get there."""
    if account.reaches(home.postgres):
        return home.postgres
    name = hashlib.sha256(os.fsencode(home.root)).hexdigest()[:12]
    folder, number = SHARED / name, 1
    while (folder / "data").exists():
        # A home that was here before was moved or deleted: its server must not stay, its data may.
        shut_down(folder / "data")
        number += 1
        folder = SHARED / f"{name}-{number}"
    shared_folder(SHARED)
    shared_folder(folder)
    return folder


def start(home: Home, data: Path) -> Postmaster:
    """Start the server of ``data``, detached from this process, and wait until it accepts connections.

    Raises:
        OpsroomError: it does not start; the last lines of its log are in the message.
    """
    account = server_account()
    major = int((data / "PG_VERSION").read_text(encoding="utf-8"))
    programs = reachable_programs(find_binaries(major), account)
    home.logs.mkdir(parents=True, exist_ok=True)
    log = home.logs / "postgres.log"
    said = ""
    for attempt in range(START_ATTEMPTS):
        time.sleep(attempt)
        if read_postmaster(data) is None:
            (data / "postmaster.pid").unlink(missing_ok=True)
            _configure(home, data)
        with log.open("ab") as stream:
            begin = stream.tell()
            command = [str(programs / "pg_ctl"), "start", "--wait", "--silent", "-t", "60", "-D", str(data)]
            account.run(command, output=stream.fileno())
        postmaster = read_postmaster(data)
        if postmaster is not None and postmaster.ready:
            return postmaster
        said = log.read_bytes()[begin:].decode(errors="replace")
        if not any(reason in said for reason in PASSING):
            break
    raise OpsroomError(f"The database server does not start. The end of its log {log}:\n{last_lines(said)}")


def _configure(home: Home, data: Path) -> None:
    port_file = home.postgres / "port"
    try:
        port = int(port_file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        port = 0
    free = _free_port(port)
    if free != port:
        write_atomic(port_file, str(free).encode())
    write_atomic(data / "postgresql.conf", CONFIGURATION.format(port=free).encode())


def _free_port(wanted: int) -> int:
    """``wanted`` if nothing listens there, else any free TCP port of the loopback interface."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise OpsroomError("No TCP port is free on 127.0.0.1 for the database server.")


def shut_down(data: Path) -> bool:
    """Stop the server of ``data``: open transactions are rolled back. False when none runs."""
    if read_postmaster(data) is None:
        return False
    account = server_account()
    major = int((data / "PG_VERSION").read_text(encoding="utf-8"))
    programs = reachable_programs(find_binaries(major), account)
    done = account.run([str(programs / "pg_ctl"), "stop", "-m", "fast", "--wait", "-t", "60", "-D", str(data)])
    if done.returncode and read_postmaster(data) is not None:
        raise OpsroomError(f"The database server does not stop:\n{last_lines(done.stderr)}")
    return True


def last_lines(text: str, count: int = 12) -> str:
    """The end of a log."""
    return "\n".join(text.strip().splitlines()[-count:])
