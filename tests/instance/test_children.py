"""Programs on a leash: restarted when they die, and never left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from opsroom_dagster.errors import OpsroomError
from opsroom_dagster.instance import leash
from opsroom_dagster.instance.children import MAX_DEATHS, Child

FAMILY = (
    "import subprocess, sys, time; p = subprocess.Popen(['sleep', '600']); print(p.pid, flush=True); time.sleep(600)"
)
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(600)"
)
INTERRUPTED = """
import signal, time
signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
print('on', flush=True)
try:
    time.sleep(600)
except KeyboardInterrupt:
    print('ended', flush=True)
"""


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def child(tmp_path: Path, code: str) -> Child:
    return Child("program", [sys.executable, "-c", code], dict(os.environ), tmp_path / "logs" / "program.log")


def test_letting_go_ends_the_whole_family(tmp_path: Path) -> None:
    program = child(tmp_path, FAMILY)
    program.tend()
    until(lambda: program.log.read_text(encoding="utf-8").strip())
    grandchild = int(program.log.read_text(encoding="utf-8"))
    assert alive(grandchild)

    program.let_go()
    program.wait()

    until(lambda: not alive(grandchild))


def test_a_killed_supervisor_leaves_nothing_behind(tmp_path: Path) -> None:
    log = tmp_path / "log"
    supervisor = (
        "import subprocess, sys, time;"
        f"subprocess.Popen([sys.executable, {leash.__file__!r}, sys.executable, '-c', {FAMILY!r}],"
        f" stdin=subprocess.PIPE, stdout=open({str(log)!r}, 'w'), start_new_session=True); time.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", supervisor])
    until(lambda: log.exists() and log.read_text(encoding="utf-8").strip())
    grandchild = int(log.read_text(encoding="utf-8"))

    process.send_signal(signal.SIGKILL)
    process.wait()

    until(lambda: not alive(grandchild))


def test_a_program_that_dies_is_started_again_after_a_while(tmp_path: Path) -> None:
    program = child(tmp_path, "print('once', flush=True)")
    news: list[str] = []
    until(lambda: news.append(program.tend() or "") or sum("started again in 1 s" in line for line in news))
    until(lambda: program.tend() or program.log.read_text(encoding="utf-8").count("once") == 2)
    program.let_go()
    program.wait()


def test_a_program_that_keeps_dying_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    program = child(tmp_path, "raise SystemExit('no configuration')")

    def tend_at_once() -> None:
        program.tend()
        program.start_at = 0

    with pytest.raises(OpsroomError, match=f"ended {MAX_DEATHS} times") as caught:
        until(tend_at_once, seconds=60)
    assert "no configuration" in str(caught.value)


def test_a_program_that_takes_a_request_to_end_for_an_interrupt_ends_at_once(tmp_path: Path) -> None:
    """As Dagster's programs do: what they do about SIGINT when they start, they do about SIGTERM."""
    program = child(tmp_path, INTERRUPTED)
    program.tend()
    until(lambda: "on" in program.log.read_text(encoding="utf-8"))
    started = time.monotonic()

    program.let_go()
    program.wait()

    assert time.monotonic() - started < leash.GRACE_SECONDS / 2
    assert program.log.read_text(encoding="utf-8") == "on\nended\n"


def test_a_program_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    program = child(tmp_path, STUBBORN)
    program.tend()
    until(lambda: "on" in program.log.read_text(encoding="utf-8"))
    assert program.process is not None
    started = time.monotonic()

    program.let_go()
    program.wait()

    assert leash.GRACE_SECONDS - 1 < time.monotonic() - started < leash.GRACE_SECONDS + 5
