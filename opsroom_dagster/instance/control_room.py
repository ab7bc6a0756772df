"""The Dagster UI, its daemon and our code server, as one thing that runs until it is stopped."""

import fcntl
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from opsroom_dagster.errors import InputError, OpsroomError
from opsroom_dagster.files import write_atomic
from opsroom_dagster.frozen import Frozen
from opsroom_dagster.instance.children import Child
from opsroom_dagster.instance.folder import environment, prepare
from opsroom_dagster.postgres import ensure_running
from opsroom_dagster.settings import Settings

MODULE = "opsroom_dagster.definitions"
START_SECONDS = 180
POLL_SECONDS = 0.5


class Running(Frozen):
    """A control room that is up: where it answers, and the process that supervises it."""

    url: str
    pid: int
    inbox: str
    logs: str


def running(settings: Settings) -> Running | None:
    """The control room that runs on this home, if one does."""
    try:
        with _only_one(settings):
            return None
    except BlockingIOError:
        try:
            return Running.model_validate_json(_state_file(settings).read_bytes())
        except FileNotFoundError:
            raise OpsroomError("The UI of this home is just being started by another command.") from None


def run_control_room(
    settings: Settings, *, host: str, port: int, say: Callable[[str], None], on_ready: Callable[[Running], None]
) -> None:
    """Run the UI and the daemon until SIGINT or SIGTERM; nothing that was started here is left behind.

    Raises:
        InputError: the port is taken.
        OpsroomError: another control room runs on this home, or a part of this one keeps dying.
    """
    stop = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    try:
        with _only_one(settings):
            _check_port(host, port)
            say("Starting the database, the code server, the daemon and the UI …")
            prepare(settings)
            settings.inbox_path.mkdir(parents=True, exist_ok=True)
            for number in before:
                signal.signal(number, ask_to_stop)
            with _runtime_folder() as folder:
                children = _children(settings, folder, host, port)
                try:
                    _bring_up(children, folder, _address(host, port), settings, stop, say)
                    if not stop.is_set():
                        on_ready(_announce(settings, host, port))
                        if trouble := _load_error(_address(host, port)):
                            say(f"The definitions could not be loaded, so nothing can run: {trouble}")
                    _supervise(children, settings, stop, say)
                finally:
                    _state_file(settings).unlink(missing_ok=True)
                    for child in children:
                        child.let_go()
                    for child in children:
                        child.wait()
    except BlockingIOError:
        raise OpsroomError("The UI of this home is running already.") from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _children(settings: Settings, folder: Path, host: str, port: int) -> list[Child]:
    """Code server first: the others ask it for the definitions."""
    env = {**os.environ, **environment(settings)}
    # Each step process would compile every module again.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    # A folder named assets or resources where the user happens to be must not hide ours.
    env["PYTHONSAFEPATH"] = "1"
    code_socket = folder / "code.sock"
    workspace = folder / "workspace.yaml"
    location = {"grpc_server": {"socket": str(code_socket), "location_name": "opsroom"}}
    write_atomic(workspace, json.dumps({"load_from": [location]}).encode())
    code = ["dagster", "code-server", "start", "--socket", str(code_socket), "--location-name", "opsroom"]
    code += ["-m", MODULE, "-d", str(settings.home.dagster), "--use-python-environment-entry-point"]
    modules = {
        "code server": code,
        "webserver": ["dagster_webserver", "-h", host, "-p", str(port), "-w", str(workspace)],
        "daemon": ["dagster._daemon", "run", "-w", str(workspace)],
    }
    return [
        Child(name, [sys.executable, "-m", *arguments], env, settings.home.logs / f"{name.replace(' ', '-')}.log")
        for name, arguments in modules.items()
    ]


def _bring_up(
    children: list[Child], folder: Path, url: str, settings: Settings, stop: threading.Event, say: Callable[[str], None]
) -> None:
    code_server, *others = children
    _wait_for((folder / "code.sock").exists, [code_server], settings, stop, say)
    _wait_for(lambda: _answers(url), [code_server, *others], settings, stop, say)


def _wait_for(
    ready: Callable[[], bool],
    children: list[Child],
    settings: Settings,
    stop: threading.Event,
    say: Callable[[str], None],
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not stop.is_set():
        _tend(children, say)
        if ready():
            return
        if time.monotonic() > deadline:
            last = children[-1]
            raise OpsroomError(
                f"The UI does not answer after {START_SECONDS} s; see the logs in {settings.home.logs}.\n"
                f"The end of {last.log}:\n{last.last_lines()}"
            )
        stop.wait(POLL_SECONDS)


def _supervise(children: list[Child], settings: Settings, stop: threading.Event, say: Callable[[str], None]) -> None:
    trouble = ""
    while not stop.wait(POLL_SECONDS):
        _tend(children, say)
        if settings.database_url is None:
            try:
                ensure_running(settings.home)
                trouble = ""
            except OpsroomError as error:
                if str(error) != trouble:
                    say(str(error))
                trouble = str(error)


def _tend(children: list[Child], say: Callable[[str], None]) -> None:
    for child in children:
        if news := child.tend():
            say(news)


def _announce(settings: Settings, host: str, port: int) -> Running:
    home = settings.home
    state = Running(url=_address(host, port), pid=os.getpid(), inbox=str(settings.inbox_path), logs=str(home.logs))
    write_atomic(_state_file(settings), state.model_dump_json().encode())
    return state


def _address(host: str, port: int) -> str:
    return f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"  # noqa: S104


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/server_info", timeout=5) as response:  # noqa: S310
            return response.status == 200
    except OSError:
        return False


def _load_error(url: str) -> str | None:
    """Why the code server has no definitions to show; None when it has."""
    query = "{workspaceOrError{...on Workspace{locationEntries{locationOrLoadError{...on PythonError{message}}}}}}"
    request = urllib.request.Request(  # noqa: S310
        f"{url}/graphql", json.dumps({"query": query}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
        entries: list[dict[str, Any]] = json.load(response)["data"]["workspaceOrError"].get("locationEntries", [])
    for entry in entries:
        error: dict[str, str] = entry["locationOrLoadError"] or {}
        if "message" in error:
            return error["message"].strip()
    return None


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise InputError(
                f"the UI cannot listen on {host}:{port}: {error.strerror or error}.",
                remedy="Give another port with --port, or set OPSROOM_UI_PORT.",
            ) from error


def _state_file(settings: Settings) -> Path:
    return settings.home.root / "ui.json"


@contextmanager
def _only_one(settings: Settings) -> Generator[None]:
    """Held by the control room of a home. Raises BlockingIOError when another holds it."""
    path = settings.home.root / "ui.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


@contextmanager
def _runtime_folder() -> Generator[Path]:
    """A private folder with a short path: a unix socket's may have about 100 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="opsroom-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
