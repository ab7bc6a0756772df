"""Which operating-system account runs the server, and what that account can reach.

PostgreSQL refuses to run as root. Then an existing unprivileged account runs it: no account is created and
no folder outside our own is opened to it; what it cannot reach is copied to ``SHARED``.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from opsroom_dagster.errors import MissingToolError
from opsroom_dagster.postgres.binaries import Binaries

SHARED = Path("/var/lib/opsroom")
TIMEOUT = 120


@dataclass(frozen=True)
class Account:
    """``ids`` None: the server runs as ourselves."""

    ids: tuple[int, int] | None

    def run(self, command: list[str], *, output: int | None = None) -> "subprocess.CompletedProcess[str]":
        """Run a program as this account. ``output``: a file descriptor for both streams, else they are captured."""
        uid, gid = self.ids or (None, None)
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if output is None else output,
            stderr=subprocess.PIPE if output is None else output,
            cwd="/",
            env=_environment(),
            user=uid,
            group=gid,
            extra_groups=None if uid is None else [],
            text=True,
            check=False,
            timeout=TIMEOUT,
        )

    def own(self, path: Path) -> None:
        """Give a file or folder to this account."""
        if self.ids is not None:
            os.chown(path, *self.ids)

    def reaches(self, path: Path) -> bool:
        """Whether this account may enter the folder, or run the program, ``path``."""
        return self.ids is None or self.run(["test", "-x", str(path)]).returncode == 0


def server_account() -> Account:
    """Ourselves, or for root ``postgres`` if there is one, else ``nobody``."""
    if os.geteuid() != 0:
        return Account(None)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account((entry.pw_uid, entry.pw_gid))
    raise MissingToolError(
        "An account for PostgreSQL (postgres or nobody)", "Run as an ordinary user, or set OPSROOM_DATABASE_URL."
    )


def reachable_programs(binaries: Binaries, account: Account) -> Path:
    """A folder with the server's programs that ``account`` can run, copied to ``SHARED`` when need be."""
    if binaries.bundle is None or account.reaches(binaries.folder / "postgres"):
        return binaries.folder
    install = binaries.folder.parent.relative_to(binaries.bundle)
    target = SHARED / f"postgresql-{binaries.version}"
    if not target.exists():
        shared_folder(SHARED)
        fresh = Path(tempfile.mkdtemp(dir=SHARED, prefix=".tmp-"))
        _copy_programs(binaries.bundle, install, fresh)
        try:
            fresh.rename(target)
        except OSError:  # another home's process was faster
            shutil.rmtree(fresh)
    return target / install / "bin"


def shared_folder(folder: Path) -> None:
    """Create a folder of ours that every account can enter, whatever the umask."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)


def _copy_programs(bundle: Path, install: Path, target: Path) -> None:
    skip = shutil.ignore_patterns("include", "*.a", "pkgconfig", "__pycache__")
    # The wheel's programs find their libraries by a path relative to themselves.
    for folder in (install, Path(f"{install.parts[0]}.libs")):
        if (bundle / folder).is_dir():
            shutil.copytree(bundle / folder, target / folder, symlinks=True, ignore=skip)
    for path in (target, *target.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(0o755 if path.is_dir() or mode & 0o100 else 0o644)


def _environment() -> dict[str, str]:
    """Nothing of the caller's: PG* variables would redirect the server, locales would change its messages."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
