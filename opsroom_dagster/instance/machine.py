"""What this machine has and lacks: each part with what it is for and how to get it."""

import os
import re
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Literal

from opsroom_dagster.errors import MissingToolError, OpsroomError
from opsroom_dagster.frozen import Frozen
from opsroom_dagster.postgres.binaries import find_binaries
from opsroom_dagster.runtime.sandbox import find_sandbox
from opsroom_dagster.settings import Settings

Level = Literal["ok", "missing", "problem"]
OLDEST_GIT = (2, 38)
CHROMIUM = ["chromium", "chromium-browser", "google-chrome"]
LEAST_FREE_BYTES = 1_000_000_000


class Part(Frozen):
    """One thing that the product uses.

    Attributes:
        status: ``ok``; ``missing``: not there; ``problem``: there and not usable.
        found: version and place, or what is wrong.
        how: how to get it; empty when ``status`` is ok.
    """

    name: str
    purpose: str
    required: bool
    status: Level
    found: str
    how: str = ""


def inspect(settings: Settings) -> list[Part]:
    """Every part, required ones first. Programs are asked for their version; nothing is started or changed."""
    return [
        _python(),
        _git(),
        _postgres(settings),
        _home(settings),
        _odoo(settings),
        _program("tesseract", "reading scanned pages and images", ["tesseract"], "tesseract-ocr", "tesseract"),
        _program("chromium", "the browser tests", CHROMIUM, "chromium", "--cask chromium"),
        _sandbox(settings),
        _program("node", "checking generated web applications", ["node"], "nodejs", "node"),
    ]


def _python() -> Part:
    version = sys.version_info
    good = (3, 11) <= version < (3, 14)
    return Part(
        name="python",
        purpose="everything",
        required=True,
        status="ok" if good else "problem",
        found=f"{version.major}.{version.minor}.{version.micro} at {sys.executable}",
        how="" if good else "Use Python 3.11, 3.12 or 3.13.",
    )


def _git() -> Part:
    part = _program("git", "pull requests, keeping what people changed by hand", ["git"], "git", "git", required=True)
    match = re.search(r"(\d+)\.(\d+)", part.found)
    if part.status == "ok" and match and (int(match[1]), int(match[2])) < OLDEST_GIT:
        return part.model_copy(
            update={"status": "problem", "how": f"Needs 2.38 or newer (merge-tree): {_how('git', 'git')}"}
        )
    return part


def _postgres(settings: Settings) -> Part:
    about = partial(Part, name="postgres", purpose="projects, runs and events", required=True)
    if settings.database_url is not None:
        return about(status="ok", found="the server of OPSROOM_DATABASE_URL")
    try:
        binaries = find_binaries()
    except OpsroomError as error:
        return about(status="missing", found="-", how=str(error))
    return about(status="ok", found=f"{binaries.version} at {binaries.folder}")


def _home(settings: Settings) -> Part:
    about = partial(Part, name="home", purpose="artifacts, keys, the local forge, the database", required=True)
    root = settings.home.root
    existing = next(path for path in (root, *root.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        return about(status="problem", found=f"{root} cannot be written", how="Give another with --home.")
    free = shutil.disk_usage(existing).free
    found = f"{root}, {free / 1e9:.1f} GB free"
    if free < LEAST_FREE_BYTES:
        return about(status="problem", found=found, how="Make at least 1 GB free, or give another --home.")
    return about(status="ok", found=found)


def _odoo(settings: Settings) -> Part:
    about = partial(Part, name="odoo", purpose="installing addons for real and running their tests", required=False)
    how = (
        "Clone https://github.com/odoo/odoo (branch 18.0), install its requirements.txt into a Python of its own, "
        "and set OPSROOM_ODOO_BIN and OPSROOM_ODOO_PYTHON."
    )
    program = settings.odoo_bin
    if program is None:
        return about(status="missing", found="OPSROOM_ODOO_BIN is not set", how=how)
    if not program.exists():
        return about(status="problem", found=f"{program} does not exist", how=how)
    beside = program.parent / "python"
    python = settings.odoo_python or (beside if beside.exists() else Path("python3"))
    version = _version([str(python), str(program), "--version"])
    if version is None:
        return about(status="problem", found=f"{program} does not run with {python}", how=how)
    return about(status="ok", found=f"{version} at {program}")


def _sandbox(settings: Settings) -> Part:
    part = _program("bubblewrap", "running commands of plans apart from this machine", ["bwrap"], "bubblewrap", None)
    try:
        if find_sandbox(settings) is None:
            return part.model_copy(update={"found": f"{part.found} (not used: OPSROOM_SANDBOX=off)"})
    except MissingToolError as error:
        return part.model_copy(update={"status": "problem" if part.status == "ok" else part.status, "how": error.how})
    return part


def _program(
    name: str, purpose: str, commands: list[str], apt: str, brew: str | None, *, required: bool = False
) -> Part:
    about = partial(Part, name=name, purpose=purpose, required=required)
    how = _how(apt, brew)
    path = next((found for command in commands if (found := shutil.which(command))), None)
    if path is None:
        return about(status="missing", found="-", how=how)
    version = _version([path, "--version"])
    if version is None:
        return about(status="problem", found=f"{path} does not run", how=how)
    return about(status="ok", found=f"{version} at {path}")


def _how(apt: str, brew: str | None) -> str:
    if sys.platform == "darwin":
        return f"brew install {brew}" if brew else "Not available on macOS."
    return f"apt-get install {apt}"


def _version(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError):
        return None
    lines = (done.stdout.strip() or done.stderr.strip()).splitlines()
    return lines[0].strip() if lines else ""
