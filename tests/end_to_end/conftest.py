"""The command line as a process, in a home of its own, on a database of its own."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from opsroom_dagster.home import Home
from opsroom_dagster.postgres import ensure_running, stop

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "examples" / "repair-desk.md"


@dataclass(frozen=True)
class Opsroom:
    """Runs ``opsroom`` with a home and a database that no other test uses."""

    home: Path
    env: dict[str, str]

    def __call__(self, *args: str | Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run to the end; standard output and error as text."""
        return subprocess.run(
            self.command(*args),
            env={**self.env, **(env or {})},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def command(self, *args: str | Path) -> list[str]:
        """The argument vector."""
        return [str(Path(sys.executable).with_name("opsroom")), *map(str, args)]

    def build(self, *args: str | Path, status: int = 0, env: dict[str, str] | None = None) -> dict[str, Any]:
        """``opsroom build … --json``, which must end with ``status``."""
        done = self("build", *args, "--json", env=env)
        assert done.returncode == status, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return json.loads(done.stdout)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """URL of an embedded server that the end-to-end tests share; each test has a database of its own in it."""
    home = Home(tmp_path_factory.mktemp("pg"))
    url = ensure_running(home).render_as_string(hide_password=False)
    yield url.replace("postgresql+psycopg://", "postgresql://")
    stop(home)


@pytest.fixture(scope="session")
def template(server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name of a database with all tables made, ours and Dagster's; copying it takes 30 ms instead of seconds."""
    name = "opsroom_template"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    source = tmp_path_factory.mktemp("template") / "empty.md"
    source.write_text("# Nothing\n\nNothing to build here.\n", encoding="utf-8")
    opsroom(server.rsplit("/", 1)[0] + f"/{name}", tmp_path_factory.mktemp("home"))("build", source)
    return name


@pytest.fixture
def ops(server: str, template: str, tmp_path: Path) -> Generator[Opsroom]:
    """An ``opsroom`` of one's own."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    yield opsroom(server.rsplit("/", 1)[0] + f"/{name}", tmp_path / "home")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def opsroom(database_url: str | None, home: Path) -> Opsroom:
    """An ``opsroom`` whose environment holds nothing of the developer's but PATH."""
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "OPSROOM_HOME": str(home), "LC_ALL": "C.UTF-8"}
    if database_url is not None:
        env["OPSROOM_DATABASE_URL"] = database_url
    return Opsroom(home, env)


def edited(source: Path, target: Path, change: Callable[[str], str]) -> Path:
    """A changed copy of a document."""
    target.write_text(change(source.read_text(encoding="utf-8")), encoding="utf-8")
    return target
