"""A merged pull request is tagged, once, with the proofs of the build that proposed it."""

import json
from pathlib import Path

import pytest

from opsroom_dagster.errors import InputError
from opsroom_dagster.proofs.keys import PUBLIC
from opsroom_dagster.proofs.verify import read_statements
from opsroom_dagster.stages import release
from tests.stages.proposing import FIRST, SECOND, Proposing, verdicts


@pytest.fixture
def project(tmp_path: Path) -> Proposing:
    made = Proposing(tmp_path)
    made.give(FIRST)
    made.run("pull_request")
    made.run("proof_bundle")
    return made


def test_without_a_merge_it_says_what_to_do(project: Proposing) -> None:
    with pytest.raises(InputError, match="opsroom pr merge kennel NUMBER"):
        project.run("release")


def test_the_merge_commit_is_tagged(project: Proposing) -> None:
    merged = project.forge.merge(1)
    outcome = project.run("release")
    assert verdicts(outcome) == {"tag_on_merge": "passed"}
    assert project.forge.git.text("rev-parse", "release/1^{commit}") == merged.merge_commit
    assert project.forge.git.text("cat-file", "-t", "release/1") == "tag"
    assert project.run("release").reused
    assert "| `README.md` | +1 | −0 |" in release.describe(outcome.context)


def test_the_proofs_are_those_of_the_merged_change(project: Proposing) -> None:
    first = project.home.artifact("kennel", "proof_bundle") / "bundle.intoto.jsonl"
    proofs = first.read_bytes()
    project.forge.merge(1)
    project.give(SECOND)
    project.run("pull_request")
    project.run("proof_bundle")
    assert first.read_bytes() != proofs

    outcome = project.run("release")

    assert json.loads((outcome.context.output / "release.json").read_bytes())["number"] == 1
    kept = outcome.context.output / "bundle.intoto.jsonl"
    assert kept.read_bytes() == proofs
    assert read_statements(kept, project.home.keys / PUBLIC)[1] == []


def test_a_build_killed_before_it_signed_is_released_without_proofs(tmp_path: Path) -> None:
    project = Proposing(tmp_path)
    project.give(FIRST)
    project.run("pull_request")
    project.forge.merge(1)
    outcome = project.run("release")
    assert outcome.record.ok and "No proofs" in release.describe(outcome.context)


def test_a_tag_that_was_moved_is_found(project: Proposing) -> None:
    project.forge.merge(1)
    outcome = project.run("release")
    root = project.forge.git.text("rev-list", "--max-parents=0", "main")
    project.forge.git.run("update-ref", "refs/tags/release/1", root)
    assert "not the merge commit" in release.tag_on_merge(outcome.context).summary


def test_the_last_merged_one_is_released(project: Proposing) -> None:
    project.forge.merge(1)
    project.run("release")
    project.give(SECOND)
    project.run("pull_request")
    project.forge.merge(2)
    outcome = project.run("release")
    assert not outcome.reused
    assert project.forge.git.text("tag", "--list").splitlines() == ["release/1", "release/2"]
