"""The git command on one bare repository: argument vectors, no user configuration, no hooks."""

import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from opsroom_dagster.errors import MissingToolError, OpsroomError

NEEDED = (2, 38)
"""The first version whose ``merge-tree`` merges without a work tree."""
TIMEOUT_SECONDS = 120
STALE_SECONDS = 5
"""Git holds the lock of a ref for milliseconds; an older one was left by a kill."""
MACHINE = {"NAME": "Ops Control Room", "EMAIL": "opsroom@localhost"}
EPOCH = 946_684_800
"""2000-01-01T00:00:00Z: machine-made commits do not depend on the clock, so equal documents give equal commits."""


PINNED = ("core.hooksPath=/dev/null", "core.protectHFS=true", "core.protectNTFS=true")
"""Wins over what the repository's own configuration says: no hooks, and no names that other systems take for .git."""


class GitError(OpsroomError):
    """Git refused; the message is its own."""


@dataclass(frozen=True)
class Git:
    """Commands on the bare repository at ``path``."""

    path: Path

    def run(self, *args: str, data: bytes | None = None, env: dict[str, str] | None = None) -> bytes:
        """Standard output of ``git <args>``.

        Raises:
            GitError: a non-zero exit status.
        """
        done = self.attempt(*args, data=data, env=env)
        if done.returncode:
            raise GitError(f"git {args[0]} failed in {self.path}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    def text(self, *args: str, data: bytes | None = None, env: dict[str, str] | None = None) -> str:
        """The output as stripped text."""
        return self.run(*args, data=data, env=env).decode(errors="replace").strip()

    def attempt(
        self, *args: str, data: bytes | None = None, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """The finished command, whatever its status. Lock files that a killed git has left are removed on the way.

        Raises:
            GitError: it took longer than ``TIMEOUT_SECONDS``.
        """
        done = self._once(args, data, env)
        if done.returncode and b"File exists" in done.stderr and self._drop_stale_locks():
            return self._once(args, data, env)
        return done

    def _once(
        self, args: tuple[str, ...], data: bytes | None, env: dict[str, str] | None
    ) -> subprocess.CompletedProcess[bytes]:
        require_git()
        pinned = [part for setting in PINNED for part in ("-c", setting)]
        try:
            return subprocess.run(
                ["git", *pinned, "--git-dir", str(self.path), *args],
                input=data or b"",
                env={**_environment(), **(env or {})},
                capture_output=True,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise GitError(f"git {args[0]} took over {TIMEOUT_SECONDS} s in {self.path} and was stopped.") from error

    def _drop_stale_locks(self) -> bool:
        """Remove lock files of refs and configuration once they are too old for a living git; True if any was."""
        locks = {path: _age(path) for path in (*self.path.glob("refs/**/*.lock"), *self.path.glob("*.lock"))}
        time.sleep(max(0.0, STALE_SECONDS - min(locks.values(), default=STALE_SECONDS)))
        for path in locks:
            if _age(path) >= STALE_SECONDS:
                path.unlink(missing_ok=True)
        return bool(locks)

    def fields(self, *args: str, data: bytes | None = None) -> list[str]:
        """The NUL-terminated parts of the output of a command with ``-z``: names come as they are, unquoted."""
        return self.run(*args, data=data).decode(errors="surrogateescape").split("\0")[:-1]

    def head(self, ref: str) -> str | None:
        """The commit of a ref; None when it does not exist."""
        done = self.attempt("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        return done.stdout.decode().strip() or None

    def tree_of(self, commit: str) -> str:
        """The tree of a commit."""
        return self.text("rev-parse", f"{commit}^{{tree}}")

    def is_ancestor(self, commit: str, of: str) -> bool:
        """``commit`` is ``of`` or one of its ancestors; False when one of them does not exist."""
        return self.attempt("merge-base", "--is-ancestor", commit, of).returncode == 0


def _age(path: Path) -> float:
    """Seconds since the file was written; 0 when it is gone."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0


def require_git() -> None:
    """Raises MissingToolError when git is absent or too old."""
    if known_version() < NEEDED:
        wanted = ".".join(map(str, NEEDED))
        raise MissingToolError(f"git {wanted} or newer", "Install it: apt-get install git, or brew install git.")


@cache
def known_version() -> tuple[int, ...]:
    """Major and minor of the git on the PATH; ``(0,)`` without one."""
    if shutil.which("git") is None:
        return (0,)
    shown = subprocess.run(["git", "--version"], capture_output=True, text=True, timeout=10, check=True).stdout
    found = re.search(r"(\d+)\.(\d+)", shown)
    return tuple(map(int, found.groups())) if found else (0,)


def machine_identity(seconds: int) -> dict[str, str]:
    """Author and committer of a machine-made commit, ``seconds`` after the fixed epoch."""
    date = f"{EPOCH + seconds} +0000"
    return {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in {**MACHINE, "DATE": date}.items()
    }


def person_identity(name: str, email: str) -> dict[str, str]:
    """Author and committer of what a person does; git adds the time."""
    return {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", name), ("EMAIL", email))
    }


def _environment() -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C",
        "TZ": "UTC",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
