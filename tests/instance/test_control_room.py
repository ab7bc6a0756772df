"""``opsroom ui`` as a process: up, healed, and gone without a trace."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from opsroom_dagster.settings import Settings

pytestmark = pytest.mark.slow
OPSROOM = str(Path(sys.executable).with_name("opsroom"))


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


@dataclass
class Ui:
    """Starts ``opsroom ui`` on one home and finds its processes by the home in their environment."""

    settings: Settings
    port: int
    process: "subprocess.Popen[str] | None" = None

    def command(self, *arguments: str) -> list[str]:
        return [OPSROOM, "ui", "--home", str(self.settings.home.root), "--port", str(self.port), "--json", *arguments]

    @property
    def env(self) -> dict[str, str]:
        assert self.settings.database_url is not None
        url = self.settings.database_url.get_secret_value()
        return {"PATH": os.environ["PATH"], "HOME": str(self.settings.home.root), "OPSROOM_DATABASE_URL": url}

    def start(self) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            self.command(), env=self.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.process = process
        # It answers a moment before it says so to others.
        state = self.settings.home.root / "ui.json"
        until(lambda: (self.answers() and state.exists()) or process.poll() is not None, seconds=120)
        assert process.poll() is None
        return process

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/server_info", timeout=5) as response:
                return response.status == 200
        except OSError:
            return False

    def processes(self, word: str = "dagster") -> list[int]:
        """Ids of the processes of this home whose command line holds ``word``."""
        found: list[int] = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes().decode(errors="replace")
                environ = (folder / "environ").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if word in command and f"DAGSTER_HOME={self.settings.home.dagster}\0" in environ:
                found.append(int(folder.name))
        return found


@pytest.fixture
def ui(settings: Settings) -> Generator[Ui]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    started = Ui(settings, port)
    yield started
    for pid in started.processes():
        os.kill(pid, signal.SIGKILL)


needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes through /proc")


@needs_proc
def test_it_serves_heals_and_ends_cleanly(ui: Ui) -> None:
    process = ui.start()
    assert process.stdout is not None
    again = subprocess.run(ui.command(), env=ui.env, capture_output=True, text=True, timeout=60, check=False)
    assert again.returncode == 0
    assert f"running already (process {process.pid})" in again.stderr
    assert json.loads(again.stdout)["url"] == f"http://127.0.0.1:{ui.port}"
    assert ui.settings.inbox_path.is_dir()

    daemon = [pid for pid in ui.processes("dagster._daemon") if pid in ui.processes("-m\0dagster._daemon")]
    program = next(pid for pid in daemon if pid not in ui.processes("leash.py"))
    os.kill(program, signal.SIGKILL)
    until(lambda: set(ui.processes("dagster._daemon")) - set(daemon) - set(ui.processes("leash.py")))

    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert json.loads(output)["pid"] == process.pid
    assert ui.processes() == []
    assert not (ui.settings.home.root / "ui.json").exists()


@needs_proc
def test_killed_it_leaves_no_process_and_starts_again(ui: Ui) -> None:
    process = ui.start()
    assert ui.processes()
    process.kill()
    process.communicate()

    until(lambda: not ui.processes(), seconds=30)
    second = ui.start()
    second.send_signal(signal.SIGINT)
    second.communicate(timeout=60)
    assert second.returncode == 0
    assert ui.processes() == []


def test_a_taken_port_is_named(ui: Ui) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", ui.port))
        other.listen()
        done = subprocess.run(ui.command(), env=ui.env, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 2
    assert f"127.0.0.1:{ui.port}" in done.stderr
    assert "--port" in done.stderr
