"""The local forge keeps what people changed, opens nothing twice, and notices merges by plain git."""

import subprocess
from pathlib import Path

import pytest

from opsroom_dagster.errors import ConflictError, InputError
from opsroom_dagster.forge.local import LocalForge

FIRST = {"addon/models.py": "a = 1\nb = 2\nc = 3\nd = 4\ne = 5\n", "README.md": "# Addon\n"}
SECOND = {**FIRST, "addon/models.py": "a = 1\nb = 2\nc = 3\nd = 4\ne = 50\n", "addon/views.xml": "<odoo/>\n"}


@pytest.fixture
def forge(tmp_path: Path) -> LocalForge:
    return LocalForge(tmp_path / "forge")


def tree(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def propose(forge: LocalForge, tmp_path: Path, files: dict[str, str]):  # noqa: ANN201
    folder = tmp_path / f"tree{len(list(tmp_path.iterdir()))}"
    return forge.propose(tree(folder, files), title="Build", body="…")


def git(folder: Path, *args: str) -> str:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    return subprocess.run(
        ["git", *identity, *args], cwd=folder, check=True, capture_output=True, text=True, timeout=60
    ).stdout


def clone(forge: LocalForge, tmp_path: Path, branch: str) -> Path:
    folder = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "-b", branch, str(forge.git.path), str(folder))
    return folder


def read(forge: LocalForge, ref: str, name: str) -> str:
    return forge.git.run("show", f"{ref}:{name}").decode()


def test_a_first_proposal_opens_a_pull_request(forge: LocalForge, tmp_path: Path) -> None:
    proposal = propose(forge, tmp_path, FIRST)
    assert proposal.outcome == "opened" and proposal.pull_request is not None
    assert forge.files(1) == [("A", "README.md"), ("A", "addon/models.py")]
    assert "+# Addon" in forge.diff(1)


def test_the_same_tree_opens_nothing(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    assert propose(forge, tmp_path, FIRST).outcome == "unchanged"
    assert len(forge.pull_requests()) == 1


def test_an_open_pull_request_is_updated(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    assert propose(forge, tmp_path, SECOND).outcome == "updated"
    assert [pull.number for pull in forge.pull_requests()] == [1]
    assert read(forge, forge.pull_request(1).commit, "addon/models.py").endswith("e = 50\n")


def test_commits_are_the_same_everywhere(tmp_path: Path) -> None:
    forges = [LocalForge(tmp_path / name) for name in ("one", "two")]
    heads = [[propose(forge, tmp_path, files).pull_request.commit for files in (FIRST, SECOND)] for forge in forges]
    assert heads[0] == heads[1]


def test_edits_on_main_survive_regeneration(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    forge.merge(1)
    people = clone(forge, tmp_path, "main")
    tree(people, {"addon/models.py": "a = 100\nb = 2\nc = 3\nd = 4\ne = 5\n", "notes.md": "ours\n"})
    git(people, "add", "-A")
    git(people, "commit", "-qm", "By hand")
    git(people, "push", "-q")

    proposal = propose(forge, tmp_path, SECOND)

    assert proposal.pull_request is not None
    merged = proposal.pull_request.commit
    assert read(forge, merged, "addon/models.py") == "a = 100\nb = 2\nc = 3\nd = 4\ne = 50\n"
    assert read(forge, merged, "notes.md") == "ours\n"
    assert forge.merge(2).state == "merged"


def test_edits_on_the_branch_survive_regeneration(forge: LocalForge, tmp_path: Path) -> None:
    opened = propose(forge, tmp_path, FIRST).pull_request
    assert opened is not None
    people = clone(forge, tmp_path, opened.branch)
    tree(people, {"README.md": "# Addon, by Ada\n"})
    git(people, "commit", "-qam", "By hand")
    git(people, "push", "-q")

    proposal = propose(forge, tmp_path, SECOND)

    assert proposal.outcome == "updated" and proposal.pull_request is not None
    assert read(forge, proposal.pull_request.commit, "README.md") == "# Addon, by Ada\n"
    assert read(forge, proposal.pull_request.commit, "addon/views.xml") == "<odoo/>\n"


def test_a_conflict_names_the_file_and_changes_nothing(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    forge.merge(1)
    people = clone(forge, tmp_path, "main")
    tree(people, {"addon/models.py": "a = 1\nb = 2\nc = 3\nd = 4\ne = 500\n"})
    git(people, "commit", "-qam", "By hand")
    git(people, "push", "-q")
    before = forge.git.text("for-each-ref")

    proposal = propose(forge, tmp_path, SECOND)

    assert proposal.outcome == "conflict" and proposal.conflicts == ("addon/models.py",)
    assert forge.git.text("for-each-ref") == before
    assert len(forge.pull_requests()) == 1


def test_nothing_is_opened_for_what_main_already_holds(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    forge.merge(1)
    assert propose(forge, tmp_path, FIRST).outcome == "unchanged"
    assert len(forge.pull_requests()) == 1


def test_a_closed_proposal_is_not_opened_again(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    forge.close(1)
    again = propose(forge, tmp_path, FIRST)
    assert again.outcome == "rejected" and again.pull_request is not None and again.pull_request.number == 1
    changed = propose(forge, tmp_path, SECOND)
    assert changed.outcome == "opened" and changed.pull_request is not None and changed.pull_request.number == 2


@pytest.mark.parametrize("how", [["merge", "-q", "--no-ff", "-m", "By hand"], ["merge", "-q", "--ff-only"]])
def test_a_merge_by_plain_git_is_noticed(forge: LocalForge, tmp_path: Path, how: list[str]) -> None:
    opened = propose(forge, tmp_path, FIRST).pull_request
    assert opened is not None
    people = clone(forge, tmp_path, "main")
    git(people, *how, f"origin/{opened.branch}")
    git(people, "push", "-q")
    pull = forge.pull_request(1)
    assert pull.state == "merged"
    assert pull.merge_commit == git(people, "rev-parse", "HEAD").strip()


def test_a_squash_merge_is_noticed(forge: LocalForge, tmp_path: Path) -> None:
    opened = propose(forge, tmp_path, FIRST).pull_request
    assert opened is not None
    people = clone(forge, tmp_path, "main")
    git(people, "merge", "-q", "--squash", f"origin/{opened.branch}")
    git(people, "commit", "-qm", "Squashed")
    git(people, "push", "-q")
    assert forge.pull_request(1).state == "merged"


def test_main_that_moved_is_merged_or_refused(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    people = clone(forge, tmp_path, "main")
    tree(people, {"README.md": "# Something else\n"})
    git(people, "add", "-A")
    git(people, "commit", "-qm", "By hand")
    git(people, "push", "-q")
    with pytest.raises(ConflictError, match=r"README\.md"):
        forge.merge(1)
    assert forge.pull_request(1).state == "open"


def test_a_branch_without_a_record_is_forgotten(forge: LocalForge, tmp_path: Path) -> None:
    """What a kill between the refs and the record leaves behind."""
    propose(forge, tmp_path, FIRST)
    (forge.root / "pulls" / "0001.json").unlink()
    proposal = propose(forge, tmp_path, FIRST)
    assert proposal.outcome == "opened" and proposal.pull_request is not None and proposal.pull_request.number == 1


@pytest.mark.parametrize("name", [".git/config", "a/.GIT/hooks/x", "line\nbreak"])
def test_names_that_a_repository_must_not_hold(forge: LocalForge, tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        propose(forge, tmp_path, {name: "x"})


def test_names_that_are_one_file_on_many_disks(forge: LocalForge, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one file on many disks"):
        propose(forge, tmp_path, {"a/Model.py": "x", "a/model.py": "y"})


def test_links_are_refused(forge: LocalForge, tmp_path: Path) -> None:
    folder = tree(tmp_path / "t", FIRST)
    (folder / "link").symlink_to("/etc/hostname")
    with pytest.raises(InputError, match="no ordinary file"):
        forge.propose(folder, title="Build", body="…")


def test_an_unknown_number_lists_the_known_ones(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    with pytest.raises(InputError, match=r"Known numbers: 1"):
        forge.diff(7)
    forge.close(1)
    with pytest.raises(InputError, match="is closed"):
        forge.merge(1)
