"""Ticks of the real sensor daemon over the real code location, on the instance of one home."""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL

import dagster as dg
from dagster._core.events import DagsterEvent, DagsterEventType
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.scheduler.instigation import InstigatorState, InstigatorTick, SensorInstigatorData
from dagster._core.test_utils import InProcessTestWorkspaceLoadTarget, create_test_daemon_workspace_context
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._daemon.sensor import execute_sensor_iteration

from opsroom_dagster.instance import open_instance
from opsroom_dagster.settings import Settings
from sensors.document_inbox import SETTLE_NS

LOCATION = InProcessTestWorkspaceLoadTarget(
    InProcessCodeLocationOrigin(
        LoadableTargetOrigin(module_name="opsroom_dagster.definitions"), location_name="opsroom"
    )
)

WORKER = """
import sys
from dagster import DagsterInstance
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._core.execution.api import execute_run
with DagsterInstance.get() as instance:
    run = instance.get_run_by_id(sys.argv[1])
    repository = ReconstructableRepository.for_module("opsroom_dagster.definitions", "defs")
    execute_run(repository.get_reconstructable_job(run.job_name), run, instance)
"""


def until(condition: Callable[[], object], seconds: float = 30) -> None:
    """Wait for something that comes by itself."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@dataclass
class Room:
    """A home with its Dagster instance; ``sensor`` is the only one that ticks. Runs are queued, and stay so."""

    settings: Settings
    instance: dg.DagsterInstance
    workspace: WorkspaceProcessContext
    sensor: str

    @property
    def inbox(self) -> Path:
        return self.settings.inbox_path

    def put(self, name: str, text: str = "# Title\n") -> Path:
        """Write a document into the inbox."""
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def settle(self) -> None:
        """Wait until everything in the inbox is as old as the sensor wants."""
        found = [Path(folder, name) for folder, _, files in os.walk(self.inbox) for name in files]
        newest = max((path.lstat().st_ctime_ns for path in found), default=0)
        until(lambda: time.time_ns() - newest > SETTLE_NS)

    def tick(self, *, killed_at: str | None = None) -> InstigatorTick:
        """One look of the daemon, as if the interval since the last had passed.

        ``killed_at``: the point of the daemon's work at which this process is killed.
        """
        if state := self._state():
            self._write(last_tick_timestamp=None, last_tick_start_timestamp=None)
        flags = {self.sensor: {killed_at: SIGKILL}} if killed_at else {}
        looked = execute_sensor_iteration(
            self.workspace, logging.getLogger("tests"), None, None, debug_crash_flags=flags
        )
        errors = [error for error in looked if error]
        assert not errors, errors
        state = self._state()
        assert state is not None
        return self.instance.get_ticks(state.instigator_origin_id, state.selector_id)[0]

    def look(self) -> list[str]:
        """The projects for which one tick requests runs, in order, once the inbox has settled."""
        self.settle()
        before = len(self.runs())
        self.tick()
        return [run.tags["dagster/partition"] for run in self.runs()[before:]]

    def execute(self, run: dg.DagsterRun) -> dg.DagsterRunStatus:
        """Dequeue a run and do what its worker does, in a process of its own; how it ended."""
        starting = DagsterEvent(DagsterEventType.PIPELINE_STARTING.value, job_name=run.job_name)
        self.instance.report_dagster_event(starting, run.run_id)
        subprocess.run([sys.executable, "-c", WORKER, run.run_id], check=True, capture_output=True, timeout=120)
        ended = self.instance.get_run_by_id(run.run_id)
        assert ended is not None
        return ended.status

    def runs(self) -> list[dg.DagsterRun]:
        """All runs, oldest first."""
        return list(reversed(self.instance.get_runs()))

    @property
    def cursor(self) -> str | None:
        state = self._state()
        return _data(state).cursor if state else None

    @cursor.setter
    def cursor(self, value: str) -> None:
        self._write(cursor=value)

    def _write(self, **changes: str | None) -> None:
        state = self._state()
        assert state is not None
        self.instance.update_instigator_state(state.with_data(_data(state)._replace(**changes)))

    def _state(self) -> InstigatorState | None:
        states = self.instance.all_instigator_state()
        return next((state for state in states if state.instigator_name == self.sensor), None)


def _data(state: InstigatorState) -> SensorInstigatorData:
    assert isinstance(state.instigator_data, SensorInstigatorData)
    return state.instigator_data


@contextmanager
def open_room(settings: Settings, sensor: str) -> Generator[Room]:
    """The room of a home; the environment names its database."""
    settings.inbox_path.mkdir(parents=True, exist_ok=True)
    with (
        open_instance(settings) as instance,
        create_test_daemon_workspace_context(LOCATION, instance) as workspace,
    ):
        for location in workspace.create_request_context().code_locations:
            for repository in location.get_repositories().values():
                for found in repository.get_sensors():
                    if found.name == sensor:
                        instance.start_sensor(found)
                    else:
                        instance.stop_sensor(found.get_remote_origin_id(), found.selector_id, found)
        yield Room(settings, instance, workspace, sensor)
