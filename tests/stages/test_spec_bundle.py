"""The stage that writes the specification."""

from pathlib import Path

from opsroom_dagster.digests import tree_files
from opsroom_dagster.stages import spec_bundle
from tests.stages.specified import specified


def test_the_stage_writes_a_bundle_that_passes_its_checks(tmp_path: Path) -> None:
    context = specified(tmp_path)
    assert list(tree_files(context.output)) == [
        ".specify/memory/constitution.md",
        "specs/kennel/data-model.md",
        "specs/kennel/plan.md",
        "specs/kennel/spec.md",
        "specs/kennel/tasks.md",
    ]
    assert spec_bundle.spec_complete(context).status == "passed"
    assert spec_bundle.spec_round_trip(context).status == "passed"


def test_a_bundle_that_was_tampered_with_fails(tmp_path: Path) -> None:
    context = specified(tmp_path)
    spec = context.output / "specs/kennel/spec.md"
    spec.write_text(spec.read_text(encoding="utf-8").replace("FR-001", "FR-100"), encoding="utf-8")
    complete, round_trip = spec_bundle.spec_complete(context), spec_bundle.spec_round_trip(context)
    assert complete.status == "failed" and "FR-001 is defined 0 times" in complete.summary
    assert round_trip.status == "failed" and "FR-001" in round_trip.summary


def test_people_see_questions_requirements_and_tasks(tmp_path: Path) -> None:
    shown = spec_bundle.describe(specified(tmp_path))
    assert "3 open questions" in shown
    assert "- Who pays?" in shown
    assert "| FR-001 | The system MUST keep `dogs` and **stays**. |" in shown
    assert "| Phase 1: Setup | 1 |" in shown
