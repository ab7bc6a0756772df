"""A full disk ends a build with one clear error; with space again, the same command goes on."""

import os
import subprocess
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.end_to_end.conftest import DEMO, Opsroom, opsroom

SIZE_KB = 192
"""Enough for the first stages of the demo, not for all."""


@pytest.fixture
def small_disk() -> Generator[Path]:
    """A file system of a few hundred kilobytes."""
    folder = Path(tempfile.mkdtemp(prefix="opsroom-small-"))
    folder.chmod(0o755)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_KB}k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        folder.rmdir()
        pytest.skip("needs root and the right to mount")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
    folder.rmdir()


def test_no_space_is_said_and_nothing_is_lost(ops: Opsroom, small_disk: Path) -> None:
    full = opsroom(ops.env["OPSROOM_DATABASE_URL"], small_disk / "home")

    done = full("build", DEMO)

    assert done.returncode == 3, done.stderr
    assert "no space left" in done.stderr and "Traceback" not in done.stderr
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    report = full.build(DEMO)
    assert report["pull_request"]["number"] == 1
    assert full("proofs", "verify", report["proof_bundle"]).returncode == 0
