"""A home with a database in which plans are run, in this process or by ``opsroom`` as a process of its own."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import yaml
from sqlalchemy import URL

from opsroom_dagster.jobs.here import execute_here
from opsroom_dagster.jobs.start import queue_run
from opsroom_dagster.plans.check import check_plan
from opsroom_dagster.plans.model import Plan
from opsroom_dagster.plans.tools import stock_tools
from opsroom_dagster.proofs.bundle import BUNDLE
from opsroom_dagster.proofs.keys import PUBLIC
from opsroom_dagster.proofs.verify import VerificationReport, verify_bundle
from opsroom_dagster.settings import Settings
from opsroom_dagster.store.database import Database, open_database
from opsroom_dagster.store.runs import Run
from opsroom_dagster.store.steps import StepRow, steps_of


def step(name: str, script: str, *after: str, **values: Any) -> dict[str, Any]:
    """A step that runs a shell script."""
    return {
        "id": name,
        "title": name,
        "kind": "tool",
        "tool": "shell",
        "action": "shell",
        "args": shell(script),
        "dependsOn": list(after),
        **values,
    }


def gate(name: str, *after: str, **args: Any) -> dict[str, Any]:
    """A step that waits for a person."""
    return {"id": name, "title": name, "kind": "system", "action": "approve", "args": args, "dependsOn": list(after)}


def shell(script: str) -> dict[str, Any]:
    """Arguments of the shell tool."""
    return {"command": ["/bin/sh", "-c", script]}


def undo(script: str, **values: Any) -> dict[str, Any]:
    """A rollback that runs a shell script."""
    return {"tool": "shell", "action": "shell", "args": shell(script), **values}


def asks(name: str, script: str, **values: Any) -> dict[str, Any]:
    """A verifier that runs a shell script."""
    return {"id": name, "kind": "shell", "config": shell(script), **values}


def raw_plan(*steps: dict[str, Any], **values: Any) -> dict[str, Any]:
    """A plan as a file would hold it."""
    numbered = [{"idx": idx, **one} for idx, one in enumerate(steps)]
    return {"id": "p", "kind": "ops", "title": "P", "steps": numbered, "metadata": {"source": "test"}, **values}


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait for something that comes by itself."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@dataclass(frozen=True)
class House:
    """Commands of plans run without the sandbox: what they do is seen in files outside of their folders."""

    settings: Settings
    database: Database
    folder: Path
    env: dict[str, str]

    @property
    def effects(self) -> Path:
        """The file to which steps append what they do."""
        return self.folder / "effects"

    def does(self, what: str) -> str:
        """A line of script that leaves ``what`` among the effects."""
        return f"echo {what} >> {self.effects}"

    def done(self) -> list[str]:
        """The effects, in their order."""
        return self.effects.read_text(encoding="utf-8").split() if self.effects.exists() else []

    def queued(self, *steps: dict[str, Any], inputs: dict[str, Any] | None = None, **values: Any) -> Run:
        """A queued run of a plan that has no problems."""
        raw, tools = raw_plan(*steps, **values), stock_tools()
        assert [str(problem) for problem in check_plan(raw, tools, {})] == []
        plan = Plan.model_validate(raw)
        return queue_run(self.database, plan, inputs=inputs or {}, tools=tools, skills={}, user="ann")

    def run(self, *steps: dict[str, Any], **values: Any) -> Run:
        """The run at its end, or where it waits."""
        return execute_here(self.database, self.settings, self.queued(*steps, **values).id)

    def steps(self, run: Run) -> dict[str, StepRow]:
        """What is recorded of the run's steps."""
        return {row.step_id: row for row in steps_of(self.database, run.id)}

    def states(self, run: Run) -> dict[str, str]:
        """Step → its state."""
        return {name: row.status for name, row in self.steps(run).items()}

    def bundle(self, run: Run) -> Path:
        """The run's proofs."""
        return self.settings.home.run(run.id) / BUNDLE

    def verified(self, run: Run) -> VerificationReport:
        """The bundle and the files of the run, checked; nothing is wrong with them."""
        folder = self.settings.home.run(run.id)
        report = verify_bundle(self.bundle(run), folder, self.settings.home.keys / PUBLIC)
        assert report.problems == (), report.problems
        return report

    def plan_file(self, *steps: dict[str, Any], **values: Any) -> Path:
        """A plan as a file."""
        path = self.folder / "plan.yaml"
        path.write_text(yaml.safe_dump(raw_plan(*steps, **values)), encoding="utf-8")
        return path

    def command(self, *args: str | Path) -> list[str]:
        """The argument vector of ``opsroom``."""
        return [str(Path(sys.executable).with_name("opsroom")), *map(str, args)]

    def start(self, *args: str | Path) -> subprocess.Popen[str]:
        """``opsroom`` in a process of its own."""
        pipe = subprocess.PIPE
        return subprocess.Popen(self.command(*args), env=self.env, stdout=pipe, stderr=pipe, text=True)

    def opsroom(self, *args: str | Path, status: int, env: dict[str, str] | None = None) -> tuple[str, str]:
        """What ``opsroom`` says, on standard output and error, when it ends with ``status``."""
        done = subprocess.run(
            self.command(*args),
            env={**self.env, **(env or {})},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == status, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout, done.stderr


@contextmanager
def open_house(server_url: URL, folder: Path) -> Generator[tuple[Settings, Database]]:
    """A home with its database; making the tables takes seconds, so several tests share them."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    server = server_url.render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    url = server_url.set(database=name).render_as_string(hide_password=False)
    values: dict[str, Any] = {"OPSROOM_HOME": folder / "home", "database_url": url, "sandbox": "off"}
    settings = Settings(**values)
    database = open_database(settings)
    yield settings, database
    database.close()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def environment(settings: Settings) -> dict[str, str]:
    """The variables by which a process knows the home, and nothing of the developer's but PATH."""
    assert settings.database_url is not None
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(settings.home.root),
        "LC_ALL": "C.UTF-8",
        "OPSROOM_HOME": str(settings.home.root),
        "OPSROOM_DATABASE_URL": settings.database_url.get_secret_value(),
        "OPSROOM_SANDBOX": "off",
        "OPSROOM_USER": "ann",
    }
