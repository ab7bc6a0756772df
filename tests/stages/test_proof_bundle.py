"""The stage that signs: what the bundle speaks of, and when it is written anew."""

from pathlib import Path

from opsroom_dagster.stages import proof_bundle
from tests.stages.proposing import FIRST, Proposing, verdicts


def test_the_bundle_speaks_of_every_recorded_stage(tmp_path: Path) -> None:
    project = Proposing(tmp_path)
    project.give(FIRST)
    project.run("pull_request")
    outcome = project.run("proof_bundle")
    assert verdicts(outcome) == {"bundle_verifies": "passed"}
    assert "6 signed statements, 3 artifacts compared" in outcome.record.checks[0].verdict.summary
    assert "| pull_request | merges_cleanly | ✓\u00a0passed |" in proof_bundle.describe(outcome.context)
    assert project.run("proof_bundle").reused


def test_a_release_is_proved_as_well(tmp_path: Path) -> None:
    project = Proposing(tmp_path)
    project.give(FIRST)
    project.run("pull_request")
    project.run("proof_bundle")
    project.forge.merge(1)
    project.run("release")
    outcome = project.run("proof_bundle")
    assert not outcome.reused and outcome.record.ok
    assert "| release | tag_on_merge | ✓\u00a0passed |" in proof_bundle.describe(outcome.context)


def test_an_artifact_that_changed_meanwhile_is_named(tmp_path: Path) -> None:
    project = Proposing(tmp_path)
    project.give(FIRST)
    project.run("pull_request")
    outcome = project.run("proof_bundle")
    (project.home.artifact("kennel", "change_set") / "README.md").write_text("other", encoding="utf-8")
    verdict = proof_bundle.bundle_verifies(outcome.context)
    assert verdict.status == "failed" and "change_set/README.md" in verdict.summary
