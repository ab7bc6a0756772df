"""``opsroom db`` as a process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg

from opsroom_dagster.home import Home

OPSROOM = str(Path(sys.executable).with_name("opsroom"))


def db(home: Home, *arguments: str) -> "subprocess.CompletedProcess[str]":
    env = {"PATH": os.environ["PATH"], "HOME": str(home.root), "OPSROOM_HOME": str(home.root)}
    return subprocess.run(
        [OPSROOM, "db", *arguments], env=env, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_server_is_started_shown_and_stopped(server_home: Home) -> None:
    assert json.loads(db(server_home, "status", "--json").stdout)["running"] is False
    assert db(server_home, "start").returncode == 0
    running = json.loads(db(server_home, "status", "--json").stdout)
    assert running["running"] is True
    assert running["kind"] == "embedded"

    assert ":***@" in db(server_home, "url").stdout
    url = db(server_home, "url", "--show-password").stdout.strip()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM projects").fetchone() == (0,)

    assert "Stopped" in db(server_home, "stop").stderr
    assert "not running" in db(server_home, "stop").stderr
    assert json.loads(db(server_home, "status", "--json").stdout)["running"] is False
