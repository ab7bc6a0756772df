"""Run a program that must not outlive whoever started it, nor leave anything behind.

``python leashed.py LEASH KEEP LOCALE LIMITS ACCOUNT STAGE COUNT FOLDER… PROGRAM ARGUMENT…``:

- When the other end of the pipe ``LEASH`` is written to or closed, by whoever holds it or by their death, the program
  is ended with all that it started. When it ends by itself, so is what is left of it; with ``KEEP`` 1 only its process
  group.
- ``LIMITS`` are of ``resource.setrlimit``: ``number=most,…``.
- ``ACCOUNT`` is a number: root starts the program as this user and group instead, because root is bound by few limits
  and owns too much. The ``COUNT`` files and folders are what it finds as ``STAGE/0``, ``STAGE/1`` and so on, even when
  only root may go where they are; nobody else sees ``STAGE`` changed. An empty text: as ourselves.
- ``LOCALE`` is 0 when LC_CTYPE was not named: Python adds it to the environment by itself (PEP 538).

Exit status: the program's; 128 + n for signal n, as shells have it. Only the standard library is imported, and of that
neither pathlib nor json: they would take longer than all the rest.
"""

import ctypes
import os
import resource
import select
import signal
import sys
import time

PREFIX = "leashed: "
"""Begins standard error when the program could not be started; then the exit status is 1."""
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of <linux/prctl.h>
_NEW_NAMESPACE = 0x00020000  # CLONE_NEWNS of <linux/sched.h>
_BIND, _RECURSIVE, _PRIVATE = 0x1000, 0x4000, 0x40000  # MS_… of <linux/mount.h>
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)


def main(arguments: list[str]) -> int:
    """The exit status."""
    leash, keep, locale = map(int, arguments[:3])
    os.set_inheritable(leash, False)
    if not locale:
        os.environ.pop("LC_CTYPE", None)
    if sys.platform == "linux":
        # What the program leaves without a parent becomes ours, and can be found.
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    wakes, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.set_wakeup_fd(wake)
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        _become(*arguments[3:])
    _close_all_but(leash, wakes, wake)
    poll = select.poll()
    poll.register(leash, select.POLLIN)
    poll.register(wakes, select.POLLIN)
    status = None
    while status is None and leash not in [ready for ready, _ in poll.poll()]:
        os.read(wakes, 1024)
        status = _reaped().get(child)
    if status is not None and keep:
        _kill_group(child)
    else:
        _kill_all(child)
    return 128 + signal.SIGKILL if status is None else status


def _become(limits: str, account: str, stage: str, count: str, *rest: str) -> None:
    folders, command = rest[: int(count)], rest[int(count) :]
    try:
        if account:
            _show_at(stage, folders)
        for limit in filter(None, limits.split(",")):
            what, _, most = limit.partition("=")
            _limit(int(what), int(most))
        if account:
            os.setgroups([])
            os.setresgid(*[int(account)] * 3)
            os.setresuid(*[int(account)] * 3)
        for number in _IGNORED_BY_PYTHON:
            signal.signal(number, signal.SIG_DFL)
    except (OSError, ValueError) as error:
        _fail(f"{error}")
    try:
        os.execvp(command[0], command)  # noqa: S606 - that is what this is for
    except OSError as error:
        _fail(f"execvp {command[0]}: {error.strerror}")


def _fail(reason: str) -> None:
    os.write(2, f"{PREFIX}{reason}\n".encode(errors="replace"))
    os._exit(1)


def _show_at(stage: str, folders: tuple[str, ...]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)

    def check(result: int) -> None:
        if result != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    def mount(source: str, target: str, kind: str, flags: int) -> None:
        texts = [text.encode() if text else None for text in (source, target, kind)]
        check(libc.mount(*texts, ctypes.c_ulong(flags), b"mode=0755" if kind else None))

    check(libc.unshare(_NEW_NAMESPACE))
    mount("", "/", "", _RECURSIVE | _PRIVATE)
    opened = [os.open(folder, os.O_PATH) for folder in folders]  # the stage may lie on top of them
    mount("tmpfs", stage, "tmpfs", 0)
    for number, handle in enumerate(opened):
        source, target = f"/proc/self/fd/{handle}", f"{stage}/{number}"
        if os.path.isdir(source):  # noqa: PTH112 - see above
            os.mkdir(target)  # noqa: PTH102
        else:
            os.mknod(target)
        mount(source, target, "", _BIND | _RECURSIVE)
        os.close(handle)


def _close_all_but(*handles: int) -> None:
    """What the program alone was given: its other ends must see when it closes them."""
    first = 3
    for handle in sorted(handles):
        os.closerange(first, handle)
        first = handle + 1
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))


def _limit(what: int, most: int) -> None:
    hard = resource.getrlimit(what)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


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
        found = _children()
        if not found:
            return
        for pid in found:
            _kill_group(pid)
            _kill(pid)
        time.sleep(0.001)  # the children of those that die become ours


def _children() -> list[int]:
    try:
        with open("/proc/thread-self/children", encoding="ascii") as listed:  # noqa: PTH123 - see above
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
    os._exit(main(sys.argv[1:]))
