"""Merges by people with plain git, in every way that git knows, are noticed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from opsroom_dagster.forge.local import LocalForge
from tests.forge.test_local import FIRST, SECOND, clone, git, hand_made, propose, read

BRANCH = "origin/opsroom/change-1"


def merge(people: Path) -> None:
    git(people, "merge", "-q", "--no-ff", "-m", "Merged by hand", BRANCH)


def fast_forward(people: Path) -> None:
    git(people, "merge", "-q", "--ff-only", BRANCH)


def squash(people: Path) -> None:
    git(people, "merge", "-q", "--squash", BRANCH)
    git(people, "commit", "-qm", "Squashed")


def rebase(people: Path) -> None:
    git(people, "checkout", "-q", "--detach", BRANCH)
    git(people, "rebase", "-q", "main")
    git(people, "branch", "-qf", "main")
    git(people, "checkout", "-q", "main")


@pytest.fixture
def forge(tmp_path: Path) -> LocalForge:
    return LocalForge(tmp_path / "forge")


WAYS = pytest.mark.parametrize("way", [merge, squash, rebase])


@WAYS
@pytest.mark.parametrize("later", [False, True], ids=["at once", "with later commits"])
def test_a_merge_is_noticed_and_names_its_commit(
    forge: LocalForge, tmp_path: Path, way: Callable[[Path], None], *, later: bool
) -> None:
    propose(forge, tmp_path, FIRST)
    people = hand_made(forge, tmp_path, "main", {"notes.md": "ours\n"})
    way(people)
    merged = git(people, "rev-parse", "HEAD").strip()
    if later:
        tree_after = people / "README.md"
        tree_after.write_text("# Edited after the merge\n", encoding="utf-8")
        git(people, "commit", "-qam", "Later")
    git(people, "push", "-q")

    pull = forge.pull_request(1)

    assert (pull.state, pull.merge_commit) == ("merged", merged)
    assert [name for _, name in forge.files(1)] == ["README.md", "addon/models.py"]


def test_a_fast_forward_names_the_head_of_the_branch(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    opened = propose(forge, tmp_path, SECOND).pull_request
    people = clone(forge, tmp_path, "main")
    fast_forward(people)
    git(people, "commit", "-q", "--allow-empty", "-m", "Later")
    git(people, "push", "-q")
    pull = forge.pull_request(1)
    assert opened is not None
    assert (pull.state, pull.merge_commit) == ("merged", opened.commit)
    assert [name for _, name in forge.files(1)] == ["README.md", "addon/models.py", "addon/views.xml"]


def test_a_squash_onto_other_edits_of_the_same_file_is_noticed(forge: LocalForge, tmp_path: Path) -> None:
    long = "".join(f"line {number}\n" for number in range(40))
    propose(forge, tmp_path, {"a.txt": long})
    forge.merge(1)
    propose(forge, tmp_path, {"a.txt": long.replace("line 35", "generated")})
    people = hand_made(forge, tmp_path, "main", {"a.txt": long.replace("line 3\n", "by hand\n")})
    git(people, "merge", "-q", "--squash", "origin/opsroom/change-2")
    git(people, "commit", "-qm", "Squashed")
    git(people, "push", "-q")
    assert forge.pull_request(2).state == "merged"


@WAYS
def test_after_any_merge_the_next_change_merges_without_conflict(
    forge: LocalForge, tmp_path: Path, way: Callable[[Path], None]
) -> None:
    propose(forge, tmp_path, FIRST)
    people = hand_made(forge, tmp_path, "main", {"notes.md": "ours\n"})
    way(people)
    git(people, "push", "-q")
    hand_made(forge, tmp_path, "main", {"addon/models.py": FIRST["addon/models.py"].replace("a = 1", "a = 100")})

    assert propose(forge, tmp_path, FIRST).outcome == "unchanged"
    assert forge.holds("refs/heads/main", "refs/heads/opsroom/generated")
    proposal = propose(forge, tmp_path, SECOND)

    assert proposal.outcome == "opened" and proposal.pull_request is not None
    merged = read(forge, proposal.pull_request.commit, "addon/models.py")
    assert merged == "a = 100\nb = 2\nc = 3\nd = 4\ne = 50\n"
    assert [name for _, name in forge.files(2)] == ["addon/models.py", "addon/views.xml"]


def test_a_branch_that_was_reset_to_main_is_not_merged(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    people = clone(forge, tmp_path, "main")
    git(people, "push", "-qf", "origin", "main:opsroom/change-1")
    assert forge.pull_request(1).state == "open"


def test_a_branch_deleted_after_its_merge_is_merged(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    people = clone(forge, tmp_path, "main")
    merge(people)
    git(people, "push", "-q")
    git(people, "push", "-q", "origin", "--delete", "opsroom/change-1")
    assert forge.pull_request(1).state == "merged"


def test_what_was_merged_once_stays_merged(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    people = clone(forge, tmp_path, "main")
    squash(people)
    git(people, "push", "-q")
    merged = forge.pull_request(1)
    git(people, "revert", "--no-edit", "HEAD")
    git(people, "push", "-q")
    assert forge.pull_request(1) == merged
