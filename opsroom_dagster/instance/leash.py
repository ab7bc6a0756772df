"""Run a program that must not outlive the process that started it.

``python leash.py PROGRAM ARGUMENT…`` ends the program, with everything that it started, when standard input
is closed: whoever holds the other end may stop it, and cannot leave it behind, not even when it is killed.
Only the standard library is imported: three of these are running all the time.
"""

import os
import select
import signal
import subprocess
import sys
from types import FrameType

POLL_SECONDS = 0.5
GRACE_SECONDS = 10


def main(command: list[str]) -> int:
    """The program's exit status, or minus the signal that ended it."""
    # Not SIG_IGN: the program would inherit that, and Dagster's programs take SIGTERM as they take SIGINT.
    signal.signal(signal.SIGINT, _go_on)
    signal.signal(signal.SIGTERM, _let_go)
    # A session of its own: the keyboard's interrupt reaches the supervisor only, and the group can be ended at once.
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        while process.poll() is None and not _closed(POLL_SECONDS):
            pass
    finally:
        _signal_group(process.pid, signal.SIGTERM)
        try:
            process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            _signal_group(process.pid, signal.SIGKILL)
    return process.wait()


def _let_go(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _go_on(_number: int, _frame: FrameType | None) -> None:
    """The supervisor decides when to end."""


def _closed(seconds: float) -> bool:
    readable, _, _ = select.select([sys.stdin], [], [], seconds)
    return bool(readable) and not os.read(sys.stdin.fileno(), 1)


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) & 0xFF)
