"""The same document gives the same bytes, whatever the machine looks like."""

import shutil
from pathlib import Path

from opsroom_dagster.digests import tree_files
from tests.end_to_end.conftest import DEMO, Opsroom, opsroom

ELSEWHERE = {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "LANG": "tr_TR.UTF-8", "USER": "someone", "PYTHONHASHSEED": "4711"}


def test_two_builds_are_byte_identical(ops: Opsroom, server: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "another" / "place with spaces"
    elsewhere.mkdir(parents=True)
    source = Path(shutil.copy(DEMO, elsewhere / DEMO.name))
    here = ops.build(DEMO)
    there = opsroom(None, elsewhere / "home")
    try:
        other = there.build(source, env=ELSEWHERE)
    finally:
        there("db", "stop")

    for asset in [asset["key"] for asset in here["assets"] if asset["key"] != "proof_bundle"]:
        mine, theirs = (home / "artifacts/repair-desk" / asset for home in (ops.home, there.home))
        assert tree_files(mine) == tree_files(theirs), asset
    assert here["pull_request"]["commit"] == other["pull_request"]["commit"]
