"""The sandbox that commands run in: bubblewrap, and what of this machine it shows them.

Everything is read-only but the step's folder, which is ``FOLDER`` inside whatever its name is outside, and a /tmp of
the command's own. Other people's files, our own, and the sockets of this machine's services are not there at all.
Capabilities are dropped and no further user namespaces can be made; what root starts is not root outside either. The
environment is passed to bubblewrap through a file: as its own it would act outside of the sandbox (LD_PRELOAD).
"""

import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from opsroom_dagster.errors import MissingToolError
from opsroom_dagster.postgres.account import SHARED
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.settings import Settings

FOLDER = "/tmp/work"  # noqa: S108 - inside of the sandbox
OFF = "off"
ROOTS_ACCOUNT = 65500
"""User and group that commands of root have outside of the sandbox: a number that distributions keep free."""
_NOBODY = "65534"
_ISOLATED = (
    *("--unshare-user", "--uid", _NOBODY, "--gid", _NOBODY, "--cap-drop", "ALL"),
    *("--unshare-pid", "--unshare-ipc", "--unshare-uts", "--hostname", "sandbox", "--unshare-cgroup-try"),
    *("--die-with-parent", "--new-session"),
)
STAGE = "/run"
_MASKED = ("/home", "/root", STAGE, "/var/run", "/var/tmp", "/etc/ssl/private", str(SHARED))  # noqa: S108 - hidden
"""Folders that are empty inside: people's files, sockets of services, other programs' temporary files."""
_SYSTEM = ("/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/opt", "/proc", "/sbin", "/sys", "/usr")
"""Some accounts of services have their home in here; it stays visible."""
_SHOWN = ("artifacts", "forge")
"""Folders of OPSROOM_HOME that commands may read, with that of their own run."""
_RESOLVER = Path("/etc/resolv.conf")
_ALLOW = (
    "Allow unprivileged user namespaces (for example sysctl kernel.apparmor_restrict_unprivileged_userns=0, or "
    "kernel.unprivileged_userns_clone=1; in a container, its seccomp profile)"
)
_OR_OFF = "or set OPSROOM_SANDBOX=off to run commands without a sandbox: proofs then say so."


@dataclass(frozen=True)
class Sandbox:
    """A bubblewrap that works here. ``limits_tmp``: it can limit temporary files and further namespaces."""

    name: str
    """Name and version, as outputs and proofs state them."""
    program: str
    limits_tmp: bool


@dataclass(frozen=True)
class Box:
    """What a command is put into.

    Attributes:
        options: of bubblewrap; not for everyone's eyes, as the environment is among them.
        staged: what the options name by its number in ``STAGE``, see ``runtime.leashed``; for root only.
    """

    options: list[str]
    staged: list[str]


def find_sandbox(settings: Settings) -> Sandbox | None:
    """The sandbox that commands must run in; None: the settings say that there is to be none.

    Raises:
        MissingToolError: bubblewrap is missing, or does not work here.
    """
    if settings.sandbox == OFF:
        return None
    program = shutil.which("bwrap")
    if program is None:
        linux = sys.platform == "linux"
        how = "Install it (apt-get install bubblewrap)" if linux else "There is none for this system: use Linux"
        raise MissingToolError("bubblewrap", f"{how}, {_OR_OFF}")
    return _tried(program)


def make_box(
    sandbox: Sandbox,
    context: StepContext,
    *,
    cwd: str,
    env: dict[str, str],
    network: bool,
    tmp_bytes: int,
) -> Box:
    """A box for one command.

    Args:
        cwd: relative to the step's folder.
        env: all of the environment, but for PWD.
        tmp_bytes: how much /tmp and /dev/shm may hold each.
    """
    output = context.output.resolve()
    if is_root():
        _give(output)
    masked = _outermost([*_MASKED, *_homes(), str(context.home.root)])
    shown = _readable(context, network=network)
    sources = [*shown, str(output)]
    found = [f"{STAGE}/{number}" for number, _ in enumerate(sources)] if is_root() else sources
    options = [
        *_ISOLATED,
        *_file_system(sandbox, tmp_bytes),
        *([] if network else ["--unshare-net"]),
        *(part for path in masked for part in ("--tmpfs", path)),
        *(part for source, path in zip(found[:-1], shown, strict=True) for part in ("--ro-bind", source, path)),
        *(part for path in masked for part in ("--remount-ro", path)),
        *("--bind", found[-1], FOLDER, "--chdir", os.path.normpath(f"{FOLDER}/{cwd}")),
        *(part for name, value in sorted(env.items()) for part in ("--setenv", name, value)),
    ]
    return Box(options, sources if is_root() else [])


def is_root() -> bool:
    """Whether commands are started by root, as another account."""
    return os.geteuid() == 0


def _give(folder: Path) -> None:
    """Let what root starts write where it is meant to; files that have another name elsewhere stay root's."""
    os.chown(folder, ROOTS_ACCOUNT, ROOTS_ACCOUNT)
    for _, folders, files, handle in os.fwalk(folder):
        for name in (*folders, *files):
            found = os.stat(name, dir_fd=handle, follow_symlinks=False)
            if found.st_uid != ROOTS_ACCOUNT and (stat.S_ISDIR(found.st_mode) or found.st_nlink == 1):
                os.chown(name, ROOTS_ACCOUNT, ROOTS_ACCOUNT, dir_fd=handle, follow_symlinks=False)


def _file_system(sandbox: Sandbox, tmp_bytes: int) -> list[str]:
    # Mounted in this order: later ones lie on top.
    tmpfs = ["--size", str(tmp_bytes), "--tmpfs"] if sandbox.limits_tmp else ["--tmpfs"]
    limited = ["--disable-userns"] if sandbox.limits_tmp else []
    read_only = ["--ro-bind", "/", "/", "--dev", "/dev"]
    own = [*tmpfs, "/dev/shm", "--remount-ro", "/dev", "--proc", "/proc", *tmpfs, "/tmp"]  # noqa: S108 - its own
    return [*limited, *read_only, *own]


def _homes() -> Iterator[str]:
    homes = [str(Path.home())]
    with suppress(KeyError):  # an account that only a container knows
        homes.append(pwd.getpwuid(os.geteuid()).pw_dir)
    return (home for home in homes if home != "/" and not any(_is_inside(home, system) for system in _SYSTEM))


def _outermost(folders: Iterable[str]) -> list[str]:
    """Those that exist, without symbolic links, and without those that lie inside another one or in /tmp."""
    real = sorted({os.path.realpath(folder) for folder in folders if Path(folder).is_dir()})
    return [path for path in real if not any(_is_inside(path, other) for other in ("/tmp", *real) if other != path)]  # noqa: S108


def _is_inside(path: str, folder: str) -> bool:
    return Path(path).is_relative_to(folder)


def _readable(context: StepContext, *, network: bool) -> list[str]:
    """What lies in a masked folder and is shown all the same."""
    found = [context.home.root / name for name in _SHOWN]
    run = context.home.run(context.run_id)
    if context.output.is_relative_to(run):
        found.append(run)
    if network:  # systemd keeps it in /run
        found.append(_RESOLVER)
    return [str(path) for path in sorted({path.resolve() for path in found if path.exists()} - {_RESOLVER})]


@cache
def _tried(program: str) -> Sandbox:
    name = _run([program, "--version"]).stdout.strip() or "bubblewrap"
    refused = ""
    for limits_tmp in (True, False):  # releases before 0.8 cannot
        sandbox = Sandbox(name, program, limits_tmp)
        options = [*_ISOLATED, "--unshare-net", *_file_system(sandbox, 1 << 20)]
        done = _run([program, *options, "--", "true"])
        if done.returncode == 0:
            return sandbox
        refused = refused or done.stderr.strip()
    raise MissingToolError("A bubblewrap that works", f"{name} says: {refused!r}. {_ALLOW}, {_OR_OFF}")


def _run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    as_account: dict[str, Any] = {}
    if is_root():
        as_account = {"user": ROOTS_ACCOUNT, "group": ROOTS_ACCOUNT, "extra_groups": [], "cwd": "/"}
    try:
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60, **as_account
        )
    except (OSError, subprocess.SubprocessError) as error:
        how = f"It cannot be started: {error}. {_ALLOW}, {_OR_OFF}"
        raise MissingToolError("A bubblewrap that works", how) from None
