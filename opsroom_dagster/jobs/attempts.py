"""Attempts: one process at a time works on a run, says that it is alive, and hears when the user cancels."""

import fcntl
import threading
from collections.abc import Generator
from contextlib import contextmanager

from opsroom_dagster.errors import ConflictError, OpsroomError
from opsroom_dagster.runtime.cancellation import cancel, forget
from opsroom_dagster.runtime.open_run import load_run
from opsroom_dagster.runtime.plan_run import PlanRun
from opsroom_dagster.settings import Settings
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.runs import heartbeat

BEAT_SECONDS = 2.0

_open: dict[str, PlanRun] = {}


@contextmanager
def alone(settings: Settings, run_id: str) -> Generator[None]:
    """Nobody else on this machine works on the run meanwhile.

    Raises:
        ConflictError: somebody does.
    """
    path = settings.home.lock(f"run-{run_id}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the kernel lets go of it when the process is killed
        except BlockingIOError:
            raise ConflictError(f"the run {run_id} is being executed by another process.") from None
        yield


@contextmanager
def attempt(database: Database, settings: Settings, run_id: str, *, heeds_cancel: bool = True) -> Generator[PlanRun]:
    """The run, for as long as this process works on it; ops find it with ``current``.

    Args:
        heeds_cancel: False: it is rolled back, also when that is because the user cancelled it.

    Raises:
        ConflictError: another process on this machine works on it.
        InputError: there is no such run.
    """
    with alone(settings, run_id):
        _open[run_id] = load_run(database, settings, run_id)
        ended = threading.Event()
        arguments = (database, run_id, ended, heeds_cancel)
        heart = threading.Thread(target=_beat, args=arguments, daemon=True, name="heartbeat")
        heart.start()
        try:
            yield _open[run_id]
        finally:
            ended.set()
            heart.join(BEAT_SECONDS)  # its connection must be back before the database is closed
            del _open[run_id]
            forget(run_id)


def current(run_id: str) -> PlanRun:
    """The run that this process works on.

    Raises:
        KeyError: it does not.
    """
    return _open[run_id]


def _beat(database: Database, run_id: str, ended: threading.Event, heeds_cancel: bool) -> None:
    while not ended.wait(BEAT_SECONDS):
        try:
            if heartbeat(database, run_id).cancel_requested and heeds_cancel:
                cancel(run_id)
        except OpsroomError:  # the database is away: the steps find that out themselves
            continue
