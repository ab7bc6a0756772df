"""The local forge keeps what people changed, opens nothing twice, and notices merges by plain git."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from opsroom_dagster.errors import ConflictError, InputError, MissingToolError
from opsroom_dagster.forge.git import known_version
from opsroom_dagster.forge.local import LocalForge
from opsroom_dagster.forge.model import Proposal

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


def propose(forge: LocalForge, tmp_path: Path, files: dict[str, str]) -> Proposal:
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
    pulls = [[propose(forge, tmp_path, files).pull_request for files in (FIRST, SECOND)] for forge in forges]
    assert pulls[0] == pulls[1] and all(pulls[0])


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


def hand_made(forge: LocalForge, tmp_path: Path, branch: str, files: dict[str, str], message: str = "By hand") -> Path:
    """A clone in which a person has committed ``files`` on ``branch`` and pushed them."""
    people = tmp_path / "clone"
    if not people.exists():
        clone(forge, tmp_path, branch)
    git(people, "fetch", "-q")
    git(people, "checkout", "-q", branch)
    git(people, "pull", "-q")
    tree(people, files)
    git(people, "add", "-A")
    git(people, "commit", "-qm", message)
    git(people, "push", "-q")
    return people


def refs_of_people(forge: LocalForge) -> str:
    lines = forge.git.text("for-each-ref").splitlines()
    return "\n".join(line for line in lines if not line.endswith("opsroom/generated"))


def test_a_conflict_names_the_file_and_changes_nothing(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    forge.merge(1)
    hand_made(forge, tmp_path, "main", {"addon/models.py": "a = 1\nb = 2\nc = 3\nd = 4\ne = 500\n"})
    before = refs_of_people(forge)

    for _ in range(2):
        proposal = propose(forge, tmp_path, SECOND)

        assert proposal.outcome == "conflict" and proposal.conflicts == ("addon/models.py",)
        assert refs_of_people(forge) == before
        assert len(forge.pull_requests()) == 1


def test_a_conflict_can_be_settled_by_merging_the_generated_branch(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    forge.merge(1)
    people = hand_made(forge, tmp_path, "main", {"addon/models.py": "a = 1\nb = 2\nc = 3\nd = 4\ne = 500\n"})
    propose(forge, tmp_path, SECOND)

    git(people, "fetch", "-q")
    git(people, "merge", "-q", "-X", "ours", "-m", "Settle", "origin/opsroom/generated")
    git(people, "push", "-q")

    assert propose(forge, tmp_path, SECOND).outcome == "unchanged"
    assert read(forge, "main", "addon/models.py").endswith("e = 500\n")
    assert read(forge, "main", "addon/views.xml") == "<odoo/>\n"


def test_a_conflict_between_branch_and_main_is_reported_before_the_merge(forge: LocalForge, tmp_path: Path) -> None:
    opened = propose(forge, tmp_path, FIRST).pull_request
    hand_made(forge, tmp_path, "main", {"README.md": "# Something else\n"})
    proposal = propose(forge, tmp_path, FIRST)
    assert proposal.outcome == "conflict" and proposal.conflicts == ("README.md",)
    assert proposal.pull_request == opened


def test_an_open_branch_takes_in_what_main_has_got(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    hand_made(forge, tmp_path, "main", {"notes.md": "ours\n"})
    proposal = propose(forge, tmp_path, SECOND)
    assert proposal.outcome == "updated" and proposal.pull_request is not None
    assert read(forge, proposal.pull_request.commit, "notes.md") == "ours\n"
    assert [name for _, name in forge.files(1)] == ["README.md", "addon/models.py", "addon/views.xml"]
    assert propose(forge, tmp_path, SECOND).outcome == "unchanged"


def test_a_file_that_people_deleted_or_renamed_stays_so(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    forge.merge(1)
    people = clone(forge, tmp_path, "main")
    git(people, "rm", "-q", "README.md")
    git(people, "mv", "addon/models.py", "addon/records.py")
    git(people, "commit", "-qm", "By hand")
    git(people, "push", "-q")
    proposal = propose(forge, tmp_path, SECOND)
    assert proposal.outcome == "opened" and proposal.pull_request is not None
    names = forge.git.text("ls-tree", "-r", "--name-only", proposal.pull_request.commit).splitlines()
    assert names == ["addon/records.py", "addon/views.xml"]
    assert read(forge, proposal.pull_request.commit, "addon/records.py").endswith("e = 50\n")


def test_a_file_that_is_no_longer_generated_goes(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, SECOND)
    forge.merge(1)
    propose(forge, tmp_path, FIRST)
    assert ("D", "addon/views.xml") in forge.files(2)


def test_an_open_pull_request_that_became_empty_is_closed(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    forge.merge(1)
    propose(forge, tmp_path, SECOND)
    assert propose(forge, tmp_path, FIRST).outcome == "unchanged"
    assert [pull.state for pull in forge.pull_requests()] == ["merged", "closed"]
    assert propose(forge, tmp_path, SECOND).outcome == "opened"


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


def test_what_a_kill_between_refs_and_record_leaves_is_taken_over(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    (forge.root / "pulls" / "0001.json").unlink()
    proposal = propose(forge, tmp_path, SECOND)
    assert proposal.outcome == "opened" and proposal.pull_request is not None and proposal.pull_request.number == 1
    assert read(forge, proposal.pull_request.branch, "addon/views.xml") == "<odoo/>\n"


def test_a_branch_of_people_with_our_name_is_left_alone(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    forge.close(1)
    people = clone(forge, tmp_path, "main")
    git(people, "commit", "-q", "--allow-empty", "-m", "Mine")
    git(people, "push", "-q", "origin", "HEAD:opsroom/change-2")
    proposal = propose(forge, tmp_path, SECOND)
    assert proposal.pull_request is not None and proposal.pull_request.branch == "opsroom/change-3"
    assert forge.git.text("log", "-1", "--format=%s", "opsroom/change-2") == "Mine"


def test_a_kill_between_an_update_and_its_record_is_repaired(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    record = forge.root / "pulls" / "0001.json"
    before = record.read_bytes()
    updated = propose(forge, tmp_path, SECOND).pull_request
    record.write_bytes(before)
    assert propose(forge, tmp_path, SECOND).outcome == "unchanged"
    assert forge.pull_request(1) == updated


def test_a_kill_between_a_merge_and_its_record_is_repaired(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    record = forge.root / "pulls" / "0001.json"
    before = record.read_bytes()
    merged = forge.merge(1)
    record.write_bytes(before)
    assert forge.pull_request(1) == merged
    assert record.read_bytes() != before


def test_a_kill_while_the_repository_is_made_is_repaired(forge: LocalForge, tmp_path: Path) -> None:
    forge.root.mkdir()
    forge.git.run("init", "--bare", "--quiet", str(forge.git.path))
    assert forge.pull_requests() == []
    assert propose(forge, tmp_path, FIRST).outcome == "opened"


@pytest.mark.parametrize("name", ["refs/heads/main.lock", "refs/heads/opsroom/generated.lock", "packed-refs.lock"])
def test_locks_that_a_killed_git_left_are_removed(forge: LocalForge, tmp_path: Path, name: str) -> None:
    propose(forge, tmp_path, FIRST)
    forge.git.run("pack-refs", "--all")
    lock = forge.git.path / name
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.touch()
    os.utime(lock, (0, 0))
    assert propose(forge, tmp_path, SECOND).outcome == "updated"
    assert forge.merge(1).state == "merged"


def test_a_lock_of_a_living_git_is_waited_for(
    forge: LocalForge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(forge, tmp_path, FIRST)
    (forge.git.path / "refs/heads/main.lock").touch()
    monkeypatch.setattr("opsroom_dagster.forge.git.STALE_SECONDS", 0.3)
    started = time.monotonic()
    assert forge.merge(1).state == "merged"
    assert time.monotonic() - started > 0.25


def test_a_damaged_record_is_named(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    (forge.root / "pulls" / "0001.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"0001\.json.*damaged"):
        forge.pull_requests()


def test_processes_that_propose_at_the_same_time_open_one(forge: LocalForge, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from opsroom_dagster.forge.local import LocalForge; "
        "print(LocalForge(Path(sys.argv[1])).propose(Path(sys.argv[2]), title='Build', body='').outcome)"
    )
    folder = tree(tmp_path / "t", FIRST)
    processes = [
        subprocess.Popen([sys.executable, "-c", script, forge.root, folder], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    outcomes = sorted(process.communicate(timeout=60)[0].strip() for process in processes)
    assert outcomes == ["opened", "unchanged", "unchanged", "unchanged"]


def test_the_users_git_configuration_has_no_say(
    forge: LocalForge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".gitconfig").write_text("[user]\nname = X\n[core]\nautocrlf = true\n[commit]\ngpgSign = true\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    with_config = propose(forge, tmp_path, {"a.txt": "one\r\ntwo\r\n"}).pull_request
    monkeypatch.undo()
    without = propose(LocalForge(tmp_path / "other"), tmp_path, {"a.txt": "one\r\ntwo\r\n"}).pull_request
    assert with_config == without


def test_a_hook_in_the_repository_does_not_run(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    hook = forge.git.path / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n", encoding="utf-8")
    hook.chmod(0o755)
    propose(forge, tmp_path, SECOND)
    assert not (tmp_path / "ran").exists()


def test_links_are_refused(forge: LocalForge, tmp_path: Path) -> None:
    folder = tree(tmp_path / "t", FIRST)
    (folder / "link").symlink_to("/etc/hostname")
    with pytest.raises(InputError, match="no ordinary file"):
        forge.propose(folder, title="Build", body="…")


def test_names_in_any_script_are_shown_as_they_are(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, {"ビュー.xml": "x\n", 'a "b".txt': "y\nz\n"})
    assert forge.files(1) == [("A", 'a "b".txt'), ("A", "ビュー.xml")]
    assert forge.stat(1) == {'a "b".txt': (2, 0), "ビュー.xml": (1, 0)}


def test_an_unknown_number_lists_the_known_ones(forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    with pytest.raises(InputError, match=r"Known numbers: 1"):
        forge.diff(7)
    forge.close(1)
    with pytest.raises(InputError, match="is closed"):
        forge.merge(1)


def test_an_old_git_is_a_missing_tool(forge: LocalForge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "bin" / "git"
    tree(tmp_path / "bin", {"git": "#!/bin/sh\necho git version 2.30.2\n"})
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(old.parent))
    known_version.cache_clear()
    try:
        with pytest.raises(MissingToolError, match=r"git 2\.38 or newer"):
            propose(forge, tmp_path, FIRST)
    finally:
        known_version.cache_clear()
