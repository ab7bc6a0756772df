"""``opsroom pr`` as a process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.forge.test_local import hand_made
from tests.stages.proposing import FIRST, Proposing

OPSROOM = str(Path(sys.executable).with_name("opsroom"))


@pytest.fixture
def project(tmp_path: Path) -> Proposing:
    made = Proposing(tmp_path)
    made.give(FIRST)
    made.run("pull_request")
    return made


def pr(project: Proposing, *arguments: str) -> "subprocess.CompletedProcess[str]":
    root = project.home.root
    environment = {"PATH": os.environ["PATH"], "HOME": str(root.parent), "LC_ALL": "C.UTF-8"}
    command = [OPSROOM, "pr", *arguments, "--home", str(root)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_list_shows_every_project_and_says_what_is_next(project: Proposing) -> None:
    done = pr(project, "list")
    assert done.returncode == 0 and "kennel" in done.stdout and "#1" in done.stdout and "open" in done.stdout
    assert "Next: opsroom pr show kennel 1" in done.stderr
    (listed,) = json.loads(pr(project, "list", "kennel", "--json").stdout)
    assert (listed["project"], listed["number"], listed["state"]) == ("kennel", 1, "open")


def test_show_and_diff(project: Proposing) -> None:
    shown = pr(project, "show", "kennel", "1")
    assert shown.returncode == 0 and "kennel/models/dog.py" in shown.stdout and "+5" in shown.stdout
    facts = json.loads(pr(project, "show", "kennel", "1", "--json").stdout)
    assert facts["files"][0] == {"status": "A", "path": "README.md", "added": 1, "removed": 0}
    assert Path(facts["repository"]).is_dir()
    assert "+# Kennel" in pr(project, "diff", "kennel", "1").stdout
    assert "+# Kennel" in json.loads(pr(project, "diff", "kennel", "1", "--json").stdout)["diff"]


def test_merge_as_the_person_that_git_knows(project: Proposing) -> None:
    (project.home.root.parent / ".gitconfig").write_text("[user]\nname = Ada\nemail = ada@example.org\n")
    done = pr(project, "merge", "kennel", "1", "--json")
    merged = json.loads(done.stdout)
    assert done.returncode == 0 and merged["state"] == "merged"
    assert project.forge.git.text("log", "-1", "--format=%an <%ae>", "main") == "Ada <ada@example.org>"
    again = pr(project, "merge", "kennel", "1")
    assert again.returncode == 2 and "is merged" in again.stderr


def test_a_conflict_on_merge_names_the_files_and_the_way_out(project: Proposing, tmp_path: Path) -> None:
    hand_made(project.forge, tmp_path, "main", {"README.md": "# Other\n"})
    done = pr(project, "merge", "kennel", "1")
    assert done.returncode == 2 and "README.md" in done.stderr and "opsroom/change-1 by hand" in done.stderr
    assert project.forge.pull_request(1).state == "open"


def test_close(project: Proposing) -> None:
    assert pr(project, "close", "kennel", "1").returncode == 0
    assert project.forge.pull_request(1).state == "closed"


@pytest.mark.parametrize("slug", ["nobody", "../kennel", "", "kennel/../kennel"])
def test_an_unknown_project_lists_the_known_ones(project: Proposing, slug: str) -> None:
    done = pr(project, "show", slug, "1")
    assert done.returncode == 2 and "Projects that have one: kennel" in done.stderr


def test_without_a_project_it_says_how_to_make_one(tmp_path: Path) -> None:
    done = pr(Proposing(tmp_path), "list")
    assert done.returncode == 0 and "`opsroom build` opens one" in done.stderr
    assert not (tmp_path / "home" / "forge").exists()
