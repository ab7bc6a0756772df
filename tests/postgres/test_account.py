"""What root copies for the account that runs the server."""

import os
import shutil
import stat
from collections.abc import Generator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from opsroom_dagster.postgres import account
from opsroom_dagster.postgres.account import reachable_programs, server_account
from opsroom_dagster.postgres.binaries import Binaries, find_binaries

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root must hand the server to another account")


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    """A folder in the place of /var/lib/opsroom."""
    folder = Path(mkdtemp(prefix="opsroom-test-"))
    monkeypatch.setattr(account, "SHARED", folder)
    yield folder
    shutil.rmtree(folder)


def test_programs_in_a_closed_folder_are_copied_and_run(tmp_path: Path, shared: Path) -> None:
    wheel = find_binaries()
    assert wheel.bundle is not None
    closed = tmp_path / "closed"
    package = wheel.folder.relative_to(wheel.bundle).parts[0]
    for name in (package, f"{package}.libs"):
        if (wheel.bundle / name).is_dir():
            shutil.copytree(wheel.bundle / name, closed / name, symlinks=True)
    closed.chmod(0o700)
    here = Binaries(closed / wheel.folder.relative_to(wheel.bundle), wheel.major, wheel.version, bundle=closed)
    runner = server_account()
    assert not runner.reaches(here.folder / "postgres")

    programs = reachable_programs(here, runner)

    assert programs.is_relative_to(shared)
    assert runner.run([str(programs / "initdb"), "--version"]).stdout.strip().endswith(wheel.version)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert reachable_programs(here, runner) == programs, "copied once"
    assert [path.name for path in shared.iterdir()] == [f"postgresql-{wheel.version}"], "nothing is left over"
