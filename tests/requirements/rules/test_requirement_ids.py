"""Statements with ids are read from bullets, paragraphs, tables and headings, whatever family the id is of."""

import pytest

from opsroom_dagster.requirements.model import Requirement
from tests.requirements.reading_text import read


def _one(text: str) -> Requirement:
    found = read(text).requirements
    assert len(found) == 1, [(r.id, r.text) for r in found]
    return found[0]


@pytest.mark.parametrize(
    ("line", "id_"),
    [
        ("- **FR-001**: The system MUST weigh each dog.", "FR-001"),
        ("- FR-DOG-1: The system MUST weigh each dog.", "FR-DOG-1"),
        ("- **AUTH-01** The system MUST weigh each dog.", "AUTH-01"),
        ("- [FR-1] The system MUST weigh each dog.", "FR-1"),
        ("**REQ-SCR-001:** The system MUST weigh each dog.", "REQ-SCR-001"),
        ("- [ ] `BR-1` – The system MUST weigh each dog.", "BR-1"),
        ("#### REQ-SCR-001: Weights\n\nThe system MUST weigh each dog.", "REQ-SCR-001"),
        ("| ID | Requirement |\n|---|---|\n| **FR-1** | The system MUST weigh each dog. |", "FR-1"),
        ("| # | Priority | Description |\n|---|---|---|\n| FR-1 | high | The system MUST weigh each dog. |", "FR-1"),
    ],
)
def test_any_form_of_id(line: str, id_: str) -> None:
    found = _one(f"## Requirements\n\n{line}\n")
    assert (found.id, found.text) == (id_, "The system MUST weigh each dog.")


@pytest.mark.parametrize(
    ("id_", "heading", "kind"),
    [
        ("FR-1", "Performance", "functional"),
        ("NFR-1", "Requirements", "non_functional"),
        ("SC-001", "Success Criteria", "non_functional"),
        ("BR-1", "Rules", "constraint"),
        ("REQ-1", "Non-functional requirements", "non_functional"),
    ],
)
def test_the_kind_comes_from_the_id_then_the_heading(id_: str, heading: str, kind: str) -> None:
    assert _one(f"## {heading}\n\n- **{id_}**: Dogs must be weighed.\n").kind == kind


def test_titles_points_and_criteria() -> None:
    found = _one(
        "## Functional requirements\n\n### FR-7: Feeding\nThe system must feed:\n- dogs\n- cats\n\n"
        "- WHEN a bowl is empty THEN the system SHALL fill it\n"
    )
    assert (found.title, found.text) == ("Feeding", "The system must feed: dogs; cats")
    assert [(c.when, c.then) for c in found.criteria] == [("a bowl is empty", "the system SHALL fill it")]
    assert {e.location.line_start for e in found.evidence} == {3, 4, 5, 6}


def test_a_bold_title_after_the_id() -> None:
    found = _one("## Features\n- **FR-2 Feeding times**: Dogs are fed twice.\n")
    assert (found.id, found.title, found.text) == ("FR-2", "Feeding times", "Dogs are fed twice.")


def test_rows_and_lines_have_their_own_place() -> None:
    found = read("## Rules\n\n| ID | Rule |\n|---|---|\n| BR-1 | a must b |\n| BR-2 | c must d |\n").requirements
    assert [r.evidence[0].location.line_start for r in found] == [5, 6]


@pytest.mark.parametrize(
    "line",
    [
        "- [ ] T001 [P] [US1] Weigh dogs for FR-001",
        "- FR-001, FR-002: covered",
        "- FR-1 to FR-9 are done",
        "- **M1 – Base**: dogs run",
        "- **US-001**: As a vet, I want scales",
        "- ISO-9001: certified",
        "- **Dog food**: MB-12 bags",
        "- Confidence > 0.9 in UTF-8",
    ],
)
def test_other_ids_are_no_requirements(line: str) -> None:
    assert read(f"## Notes\n\n{line}\n").requirements == ()


def test_an_id_counts_once_in_a_folder_as_the_statement_that_demands() -> None:
    found = read("- **FR-1**: Dogs must run.\n", plan="- **FR-1**: handled by the Runner module\n").requirements
    assert [r.text for r in found] == ["Dogs must run."]
