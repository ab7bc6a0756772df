"""Killed anywhere, the same command goes on and ends as an undisturbed one."""

import os
import signal
import subprocess
import time
from pathlib import Path

import psycopg
import pytest

from opsroom_dagster.digests import tree_files
from opsroom_dagster.home import Home
from opsroom_dagster.postgres import ensure_running, stop
from tests.end_to_end.conftest import DEMO, Opsroom, opsroom
from tests.end_to_end.test_build import STAGES

pytestmark = pytest.mark.slow


def _artifacts(home: Path) -> dict[str, str]:
    files = tree_files(home / "artifacts" / "repair-desk")
    return {name: digest for name, digest in files.items() if not name.startswith("proof_bundle/")}


@pytest.fixture(scope="module")
def undisturbed(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Artifacts of a build that nobody disturbed."""
    name = "undisturbed"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    ops = opsroom(server.rsplit("/", 1)[0] + f"/{name}", tmp_path_factory.mktemp("undisturbed"))
    ops.build(DEMO)
    return _artifacts(ops.home)


@pytest.mark.parametrize("stage", STAGES)
def test_kill_at_a_stage(stage: str, ops: Opsroom, undisturbed: dict[str, str]) -> None:
    process = subprocess.Popen(
        ops.command("build", DEMO), env=ops.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.strip().startswith(f"{stage}:"):
            os.kill(process.pid, signal.SIGKILL)
            break
    process.wait(timeout=60)
    process.stderr.close()
    assert process.returncode == -signal.SIGKILL, f"the build ended before {stage} began"

    report = ops.build(DEMO)

    assert _artifacts(ops.home) == undisturbed
    assert [pull["number"] for pull in _pulls(ops)] == [1], "nothing was opened twice"
    assert ops("proofs", "verify", report["proof_bundle"]).returncode == 0


def _pulls(ops: Opsroom) -> list[dict[str, object]]:
    import json

    return json.loads(ops("pr", "list", "repair-desk", "--json").stdout)


def test_interrupt_says_how_to_go_on(ops: Opsroom) -> None:
    process = subprocess.Popen(
        ops.command("build", DEMO), env=ops.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.strip().startswith("requirements:"):
            process.send_signal(signal.SIGINT)
            break
    rest = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 4, rest
    assert "goes on" in rest
    ops.build(DEMO)


def test_postgres_stopped_halfway(tmp_path: Path) -> None:
    ops = opsroom(None, tmp_path / "home")
    process = subprocess.Popen(
        ops.command("build", DEMO), env=ops.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.strip().startswith("requirements:"):
            stop(Home(ops.home))
            break
    rest = process.stderr.read()
    process.stderr.close()
    try:
        assert process.wait(timeout=120) == 4, rest
        assert "database" in rest and "Traceback" not in rest
        report = ops.build(DEMO)
        assert report["pull_request"]["number"] == 1
    finally:
        ops("db", "stop")


def test_a_killed_server_comes_back(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    url = ensure_running(home).render_as_string(hide_password=False).replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
    assert row is not None
    stop(home)
    started = time.monotonic()
    assert ensure_running(home).render_as_string(hide_password=False).replace("+psycopg", "") == url
    assert time.monotonic() - started < 30
    stop(home)
