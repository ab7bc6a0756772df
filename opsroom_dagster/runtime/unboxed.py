"""Run a command without a sandbox and leave nothing of it behind.

``python unboxed.py LEASH MEMORY FILE LOCALE COMMAND ARGUMENT…`` ends the command, with all that it started, when the
other end of the pipe ``LEASH`` is closed: by whoever holds it, or by their death. ``LOCALE`` is 0 when LC_CTYPE was not
named: Python adds it by itself (PEP 538). Only the standard library is imported, and not pathlib: that takes longer
than all the rest.
"""

import ctypes
import os
import resource
import select
import signal
import sys
import time

PREFIX = "unboxed: "
"""Begins standard error when the command could not be started; then the exit status is 1."""
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of <linux/prctl.h>
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)


def main(leash: int, memory: int, file: int, command: list[str]) -> int:
    """The command's exit status; 128 + n for signal n, as shells have it."""
    os.set_inheritable(leash, False)
    if sys.platform == "linux":
        # What the command leaves without a parent becomes ours, and can be found.
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    wakes, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.set_wakeup_fd(wake)
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        _become(command, memory, file)
    poll = select.poll()
    poll.register(leash, select.POLLIN)
    poll.register(wakes, select.POLLIN)
    while leash not in [ready for ready, _ in poll.poll()]:
        os.read(wakes, 1024)
        if (status := _reaped().get(child)) is not None:
            _kill_group(child)
            return status
    _kill_all(child)
    return 128 + signal.SIGKILL


def _become(command: list[str], memory: int, file: int) -> None:
    try:
        for number in _IGNORED_BY_PYTHON:
            signal.signal(number, signal.SIG_DFL)
        for what, most in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, file), (resource.RLIMIT_AS, memory)):
            hard = resource.getrlimit(what)[1]
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(what, (most, most))
        os.execvp(command[0], command)  # noqa: S606 - that is what this is for
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        os.write(2, f"{PREFIX}execvp {command[0]}: {reason}\n".encode(errors="replace"))
    finally:
        os._exit(1)


def _reaped() -> dict[int, int]:
    """Exit statuses of children, adopted ones among them, that have ended since."""
    found: dict[int, int] = {}
    try:
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            code = os.waitstatus_to_exitcode(ended[1])
            found[ended[0]] = code if code >= 0 else 128 - code
    except ChildProcessError:
        pass
    return found


def _kill_all(child: int) -> None:
    _kill_group(child)
    for _ in range(1000):
        _reaped()
        found = _children(os.getpid())
        if not found:
            return
        for pid in found:
            _kill_group(pid)
            _kill(pid)
        time.sleep(0.001)  # the children of those that die become ours


def _children(pid: int) -> list[int]:
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as listed:  # noqa: PTH123 - see above
            return [int(child) for child in listed.read().split()]
    except OSError:  # not Linux
        return []


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
        return


if __name__ == "__main__":
    _leash, _memory, _file, _locale = map(int, sys.argv[1:5])
    if not _locale:
        os.environ.pop("LC_CTYPE", None)
    os._exit(main(_leash, _memory, _file, sys.argv[5:]))
