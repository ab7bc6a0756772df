"""Start a program as an ordinary account when root asks: root is bound by few limits, and owns too much.

``python demoted.py ID STAGE LIMITS COUNT FOLDER… PROGRAM ARGUMENT…`` becomes ``PROGRAM`` with the user and group ``ID``
and the limits ``number=most,…``. The ``COUNT`` files and folders are what it finds as ``STAGE/0``, ``STAGE/1`` and so
on, even when only root may go where they are; nobody else sees ``STAGE`` changed. The environment is empty. Only the
standard library is imported, and not pathlib: that takes longer than all the rest.
"""

import ctypes
import os
import resource
import sys

# <linux/sched.h>, <linux/mount.h>
_NEW_NAMESPACE = 0x00020000
_BIND, _RECURSIVE, _PRIVATE = 0x1000, 0x4000, 0x40000


def main(identity: int, stage: str, limits: dict[int, int], folders: list[str], command: list[str]) -> None:
    """Does not return.

    Raises:
        OSError: a mount, giving up root, or starting the program failed.
        ValueError: a limit cannot be set.
    """
    libc = ctypes.CDLL(None, use_errno=True)

    def mount(source: str, target: str, kind: str, flags: int) -> None:
        texts = [text.encode() if text else None for text in (source, target, kind)]
        _check(libc.mount(*texts, ctypes.c_ulong(flags), b"mode=0755" if kind else None))

    _check(libc.unshare(_NEW_NAMESPACE))
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
    for what, most in limits.items():
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))
    os.setgroups([])
    os.setresgid(identity, identity, identity)
    os.setresuid(identity, identity, identity)
    # Without what Python has added to the environment (LC_CTYPE, PEP 538).
    os.execve(command[0], command, {})  # noqa: S606 - that is what this is for


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    _limits = [limit.partition("=") for limit in sys.argv[3].split(",") if limit]
    _end = 5 + int(sys.argv[4])
    try:
        main(
            int(sys.argv[1]),
            sys.argv[2],
            {int(what): int(most) for what, _, most in _limits},
            sys.argv[5:_end],
            sys.argv[_end:],
        )
    except (OSError, ValueError) as _error:
        sys.exit(f"bwrap: cannot be started as an ordinary account: {_error}")
