"""The requirements stage and its checks; each check is also seen to fail."""

import json
from pathlib import Path
from typing import Any

from opsroom_dagster.runtime.context import StageContext
from opsroom_dagster.stages import requirements
from tests.stages.document_context import built

TEXT = (
    "# Kennel\n\nWelcome, friend of dogs.\n\n## Dog\n\n| Field | Type |\n|---|---|\n"
    "| name | string |\n| born | date |\n"
)


def alter(stage: StageContext, change: Any) -> None:
    path = stage.output / "requirements.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data), encoding="utf-8")


def test_all_checks_pass_and_the_description_shows_fields_with_places(tmp_path: Path) -> None:
    _, stage = built(tmp_path, TEXT)
    for check in ("ledger_complete", "evidence_holds", "data_model_read", "coverage"):
        assert getattr(requirements, check)(stage).status == "passed", check
    text = requirements.describe(stage)
    assert "### Dog" in text
    assert "prd.md:9" in text


def test_a_block_missing_from_the_ledger_is_found(tmp_path: Path) -> None:
    _, stage = built(tmp_path, TEXT)
    alter(stage, lambda data: data["coverage"]["unread"].pop())
    assert requirements.ledger_complete(stage).status == "failed"


def test_unfounded_facts_are_found(tmp_path: Path) -> None:
    _, stage = built(tmp_path, TEXT)
    alter(stage, lambda data: data["entities"][0]["fields"][0]["evidence"][0].update(block="0.99"))
    assert requirements.evidence_holds(stage).status == "failed"
    alter(stage, lambda data: data["entities"][0].update(evidence=[]))
    assert "no evidence" in requirements.evidence_holds(stage).summary


def test_a_data_model_that_says_nothing_is_found(tmp_path: Path) -> None:
    _, stage = built(tmp_path, "# Kennel\n\n## Data model\n\nIt is complicated.\n")
    assert requirements.data_model_read(stage).status == "failed"
    verdict = requirements.coverage(stage)
    assert (verdict.status, verdict.evidence["unread"]) == ("failed", ["prd.md:5 It is complicated."])


def test_a_second_run_writes_the_same_bytes(tmp_path: Path) -> None:
    _, stage = built(tmp_path, TEXT)
    before = (stage.output / "requirements.json").read_bytes()
    requirements.run(stage)
    assert (stage.output / "requirements.json").read_bytes() == before
