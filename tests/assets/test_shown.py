"""What people see in the UI of a stage and its checks."""

import dagster as dg
import pytest

from assets.shown import check_result, sections
from opsroom_dagster.runtime.model import CheckRecord, Status, Verdict


def shown(verdict: Verdict, *, blocking: bool = True, tolerated: bool = False) -> dg.AssetCheckResult:
    record = CheckRecord(name="tidy", blocking=blocking, verdict=verdict, seconds=0.5, tolerated=tolerated)
    return check_result("kennel", record)


def test_a_page_becomes_one_entry_a_section() -> None:
    page = "**2** dogs\n\n## Dogs\n\n### Rex\n\n| field |\n| --- |\n\n## Open questions\n\n- Who ## pays?\n"

    assert sections(page) == {
        "summary": "**2** dogs",
        "dogs": "### Rex\n\n| field |\n| --- |",
        "open_questions": "- Who ## pays?",
    }
    assert sections("Nothing is proposed.\n") == {"summary": "Nothing is proposed."}


@pytest.mark.parametrize(
    ("status", "blocking", "tolerated", "severity"),
    [
        ("failed", True, False, "ERROR"),
        ("failed", True, True, "ERROR"),
        ("failed", False, False, "WARN"),
        ("inconclusive", True, False, "ERROR"),
        ("inconclusive", True, True, "WARN"),
    ],
)
def test_only_what_stops_a_build_is_an_error(status: Status, blocking: bool, tolerated: bool, severity: str) -> None:
    result = shown(Verdict(status=status, summary="Rex is wet"), blocking=blocking, tolerated=tolerated)

    assert (result.passed, result.severity.value) == (False, severity)
    assert result.description == ("Rex is wet" if status == "failed" else "Not run: Rex is wet")
    assert result.metadata["status"].value == status


def test_evidence_is_shown_in_place_where_the_ui_can() -> None:
    verdict = Verdict.failed(
        "wet",
        findings=["paw", "tail"],
        tools={"towel": "1.0"},
        dogs=3,
        dry=False,
        breed="setter",
        nested=[{"paw": ["left"]}],
        nobody=None,
        none=[],
    )

    found = dict(shown(verdict).metadata)

    assert [record.data for record in found["findings"].records] == [{"findings": "paw"}, {"findings": "tail"}]
    assert [record.data for record in found["tools"].records] == [{"tools": "towel", "is": "1.0"}]
    assert (found["dogs"].value, found["dry"].value, found["breed"].value) == (3, "False", "setter")
    assert found["nested"].value == [{"paw": ["left"]}]
    assert found["nobody"].value == "None"
    assert "none" not in found
