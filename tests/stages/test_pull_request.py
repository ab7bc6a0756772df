"""The stage that proposes: what it writes, when it runs again, and what its checks see."""

import json
from pathlib import Path
from typing import Any

import pytest

from opsroom_dagster.runtime.stage import StageOutcome
from opsroom_dagster.stages import pull_request
from tests.forge.test_local import git, hand_made
from tests.stages.proposing import FIRST, SECOND, Proposing, verdicts


@pytest.fixture
def project(tmp_path: Path) -> Proposing:
    made = Proposing(tmp_path)
    made.give(FIRST)
    return made


def facts(outcome: StageOutcome) -> dict[str, Any]:
    return json.loads((outcome.context.output / "pull_request.json").read_text(encoding="utf-8"))


def test_a_change_set_is_proposed(project: Proposing) -> None:
    outcome = project.run("pull_request")
    assert verdicts(outcome) == {"merges_cleanly": "passed", "branch_holds_change_set": "passed"}
    found = facts(outcome)
    assert (found["forge"], found["outcome"], found["number"], found["branch"]) == (
        "local",
        "opened",
        1,
        "opsroom/change-1",
    )
    assert found["commit"] == project.forge.pull_request(1).commit
    shown = pull_request.describe(outcome.context)
    assert "**Pull request #1** (opened): 2 files, +6 −0" in shown
    assert "| new | `kennel/models/dog.py` | +5 | −0 |" in shown


def test_the_artifact_is_the_same_on_every_machine(project: Proposing, tmp_path: Path) -> None:
    other = Proposing(tmp_path / "elsewhere")
    other.give(FIRST)
    assert project.run("pull_request").record.digest == other.run("pull_request").record.digest


def test_nothing_runs_again_until_main_or_the_change_set_moves(project: Proposing, tmp_path: Path) -> None:
    project.run("pull_request")
    assert project.run("pull_request").reused
    project.forge.merge(1)
    merged = project.run("pull_request")
    assert not merged.reused and facts(merged)["outcome"] == "unchanged" and facts(merged)["number"] is None
    assert verdicts(merged)["branch_holds_change_set"] == "passed"
    assert "nothing was opened" in project.said[-1]
    assert "nothing is proposed" in pull_request.describe(merged.context)
    hand_made(project.forge, tmp_path, "main", {"kennel/models/dog.py": "a = 100\nb = 2\nc = 3\nd = 4\ne = 5\n"})
    project.give(SECOND)
    edited = project.run("pull_request")
    assert facts(edited)["number"] == 2
    check = next(check for check in edited.record.checks if check.name == "branch_holds_change_set")
    assert "1 of them edited by people" in check.verdict.summary
    assert check.verdict.evidence["edited"] == ["kennel/models/dog.py"]


def test_after_a_squash_the_checks_still_hold(project: Proposing, tmp_path: Path) -> None:
    project.run("pull_request")
    people = hand_made(project.forge, tmp_path, "main", {"notes.md": "ours\n"})
    git(people, "merge", "-q", "--squash", "origin/opsroom/change-1")
    git(people, "commit", "-qm", "Squashed")
    git(people, "push", "-q")
    outcome = project.run("pull_request")
    assert facts(outcome)["outcome"] == "unchanged" and outcome.record.ok


def test_a_conflict_stops_the_build_and_says_how_to_settle_it(project: Proposing, tmp_path: Path) -> None:
    project.run("pull_request")
    project.forge.merge(1)
    people = hand_made(
        project.forge, tmp_path, "main", {"kennel/models/dog.py": "a = 1\nb = 2\nc = 3\nd = 4\ne = 500\n"}
    )
    project.give(SECOND)

    outcome = project.run("pull_request")

    assert verdicts(outcome) == {"merges_cleanly": "failed", "branch_holds_change_set": "failed"}
    assert "kennel/models/dog.py" in outcome.record.checks[0].verdict.summary
    assert "opsroom/generated into main" in pull_request.describe(outcome.context)
    git(people, "fetch", "-q")
    git(people, "merge", "-q", "-X", "ours", "-m", "Settle", "origin/opsroom/generated")
    git(people, "push", "-q")
    assert project.run("pull_request").record.ok


def test_a_closed_change_is_not_opened_again(project: Proposing, tmp_path: Path) -> None:
    project.run("pull_request")
    project.forge.close(1)
    hand_made(project.forge, tmp_path, "main", {"notes.md": "main moves\n"})
    outcome = project.run("pull_request")
    assert facts(outcome)["outcome"] == "rejected" and outcome.record.ok
    assert "closed" in pull_request.describe(outcome.context)
    assert len(project.forge.pull_requests()) == 1


def test_a_commit_that_drops_a_generated_file_without_a_trace_is_found(project: Proposing) -> None:
    """The branch is replaced by one that never held what was generated."""
    outcome = project.run("pull_request")
    path = outcome.context.output / "pull_request.json"
    root = project.forge.git.text("rev-list", "--max-parents=0", "main")
    path.write_text(json.dumps({**facts(outcome), "commit": root}), encoding="utf-8")
    assert pull_request.branch_holds_change_set(outcome.context).status == "failed"
    (outcome.context.inputs["change_set"] / "new.txt").write_text("x", encoding="utf-8")
    assert "generated commit" in pull_request.branch_holds_change_set(outcome.context).summary
