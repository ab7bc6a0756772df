"""The embedded server through its whole life: created, shared, killed, stopped, unable."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL

from opsroom_dagster.errors import OpsroomError
from opsroom_dagster.home import Home
from opsroom_dagster.postgres import ensure_running, status, stop
from opsroom_dagster.postgres.cluster import read_postmaster

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root must hand the server to another account")


def query(url: URL, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.01)


def test_a_second_call_finds_the_running_server(server_home: Home) -> None:
    first = ensure_running(server_home)
    pid = status(server_home).pid
    started = time.perf_counter()
    second = ensure_running(server_home)
    seconds = time.perf_counter() - started

    assert second == first
    assert status(server_home).pid == pid
    assert seconds < 0.5
    assert query(first, "SELECT current_database()") == [("opsroom",)]


def test_data_survives_stop_and_start_on_the_same_port(server_home: Home) -> None:
    first = ensure_running(server_home)
    query(first, "CREATE TABLE kept AS SELECT 1 AS one")

    assert stop(server_home)
    assert not stop(server_home)
    assert status(server_home).pid is None
    second = ensure_running(server_home)

    assert second == first
    assert query(second, "SELECT one FROM kept") == [(1,)]


def test_another_port_is_taken_when_the_old_one_is_occupied(server_home: Home) -> None:
    first = ensure_running(server_home)
    stop(server_home)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", first.port or 0))
        other.listen()
        second = ensure_running(server_home)

    assert second.port != first.port
    assert query(second, "SELECT 1") == [(1,)]


def test_a_killed_server_comes_back_with_what_was_committed(server_home: Home) -> None:
    url = ensure_running(server_home)
    query(url, "CREATE TABLE kept AS SELECT 1 AS one")
    pid = status(server_home).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for_end(pid)

    again = ensure_running(server_home)

    assert status(server_home).pid != pid
    assert query(again, "SELECT one FROM kept") == [(1,)]


def test_a_pid_file_that_names_another_process_is_stale(server_home: Home) -> None:
    ensure_running(server_home)
    found = status(server_home)
    assert found.pid is not None and found.data is not None
    os.kill(found.pid, signal.SIGKILL)
    wait_for_end(found.pid)
    sleeper = subprocess.Popen(["sleep", "60"])
    try:
        pid_file = found.data / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(sleeper.pid), *lines[1:]]) + "\n")

        assert read_postmaster(found.data) is None
        assert query(ensure_running(server_home), "SELECT 1") == [(1,)]
    finally:
        sleeper.kill()
        sleeper.wait()


def test_four_processes_at_once_start_one_server(server_home: Home) -> None:
    code = (
        "import sys; from pathlib import Path; from opsroom_dagster.home import Home;"
        "from opsroom_dagster.postgres import ensure_running, status;"
        "home = Home(Path(sys.argv[1])); print(ensure_running(home).port, status(home).pid)"
    )
    command = [sys.executable, "-c", code, str(server_home.root)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    outputs = [process.communicate(timeout=120)[0] for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0, 0]
    assert len(set(outputs)) == 1
    assert query(ensure_running(server_home), "SELECT 1") == [(1,)], "it outlives those who asked for it"


def test_a_creation_that_was_cut_short_is_done_again(server_home: Home) -> None:
    left_over = server_home.postgres / "data.new"
    left_over.mkdir(parents=True)
    (left_over / "PG_VERSION").write_text("18\n")

    assert query(ensure_running(server_home), "SELECT 1") == [(1,)]


def test_a_wrong_password_is_refused(server_url: URL) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        query(server_url.set(password="guess"), "SELECT 1")


def test_only_the_owner_reads_the_password(server_home: Home) -> None:
    ensure_running(server_home)

    assert stat.S_IMODE((server_home.postgres / "password").stat().st_mode) == 0o600


def test_the_server_listens_on_the_loopback_interface_and_is_durable(server_url: URL) -> None:
    names = ("listen_addresses", "unix_socket_directories", "fsync", "server_encoding")
    shown = {name: query(server_url, f"SHOW {name}")[0][0] for name in names}

    assert shown == {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "fsync": "on",
        "server_encoding": "UTF8",
    }


def test_a_server_that_cannot_start_says_why(server_home: Home) -> None:
    ensure_running(server_home)
    stop(server_home)
    data = status(server_home).data
    assert data is not None
    (data / "global" / "pg_control").unlink()

    with pytest.raises(OpsroomError, match="pg_control") as caught:
        ensure_running(server_home)
    assert "postgres.log" in str(caught.value)


def test_data_of_another_version_names_that_version(server_home: Home) -> None:
    ensure_running(server_home)
    stop(server_home)
    data = status(server_home).data
    assert data is not None
    (data / "PG_VERSION").write_text("99\n")

    with pytest.raises(OpsroomError, match=r"PostgreSQL 99.*Found: \d+") as caught:
        ensure_running(server_home)
    assert caught.value.exit_code == 3


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(OpsroomError, match="file"):
        ensure_running(Home(tmp_path / "file"))


@as_root
def test_root_hands_the_server_to_an_unprivileged_account(server_home: Home) -> None:
    ensure_running(server_home)
    pid = status(server_home).pid

    assert Path(f"/proc/{pid}").stat().st_uid != 0


@as_root
def test_a_home_behind_a_closed_folder_keeps_its_data_elsewhere(make_server_home: Callable[[], Home]) -> None:
    home = make_server_home()
    closed = home.root.parent
    closed.chmod(0o700)

    url = ensure_running(home)
    query(url, "CREATE TABLE kept AS SELECT 1 AS one")
    stop(home)

    data = status(home).data
    assert data is not None and data.parent.parent == Path("/var/lib/opsroom")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700, "folders that are not ours stay as they are"
    assert query(ensure_running(home), "SELECT one FROM kept") == [(1,)]


@as_root
def test_a_new_home_at_an_old_path_leaves_the_old_data_alone(make_server_home: Callable[[], Home]) -> None:
    home = make_server_home()
    home.root.parent.chmod(0o700)
    query(ensure_running(home), "CREATE TABLE kept AS SELECT 1 AS one")
    old = status(home)
    moved = Home(home.root.with_name("moved"))
    home.root.rename(moved.root)
    try:
        query(ensure_running(home), "CREATE TABLE kept AS SELECT 2 AS one")

        assert status(home).data != old.data
        assert query(ensure_running(moved), "SELECT one FROM kept") == [(1,)]
    finally:
        stop(moved)
        shutil.rmtree(old.data.parent if old.data else moved.root)
