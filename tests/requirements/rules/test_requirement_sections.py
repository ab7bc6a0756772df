"""Bullets without ids count by the section that they stand in."""

import pytest

from tests.requirements.reading_text import read


@pytest.mark.parametrize(
    ("heading", "kind", "sure"),
    [
        ("Functional Requirements", "functional", 0.85),
        ("3. Non-Functional Requirements (MVP)", "non_functional", 0.85),
        ("6. Business rules (selected)", "constraint", 0.85),
        ("Design and implementation constraints", "constraint", 0.75),
        ("Acceptance Criteria", "functional", 0.75),
        ("## Success Metrics", "non_functional", 0.7),
        ("Goals", "functional", 0.55),
        ("4. Business Rules", "constraint", 0.85),
    ],
)
def test_the_heading_gives_kind_and_confidence(heading: str, kind: str, sure: float) -> None:
    (found,) = read(f"# Kennel\n\n## {heading}\n\n- Dogs are weighed daily.\n").requirements
    assert (found.kind, found.text, found.confidence) == (kind, "Dogs are weighed daily.", sure)


def test_titles_points_and_topics() -> None:
    found = read(
        "## Features\n\n- **Feeding**: twice a day\n- **Dogs** sleep at night.\n"
        "- **Washing**\n  - with soap\n  - with water\n"
        "\n### 2.1 Boarding\n\n- Stays can be extended.\n"
    ).requirements
    assert [(r.title, r.text) for r in found] == [
        ("Feeding", "twice a day"),
        (None, "Dogs sleep at night."),
        ("Washing", "with soap; with water"),
        ("Boarding", "Stays can be extended."),
    ]


def test_rows_of_a_table() -> None:
    (found,) = read("## Success criteria\n\n| Metric | Target |\n|---|---|\n| Speed | under 2 seconds |\n").requirements
    assert (found.title, found.text, found.evidence[0].location.line_start) == ("Speed", "under 2 seconds", 5)


@pytest.mark.parametrize(
    "text",
    [
        "# Product Requirements\n\n## Background\n\n- Dogs are loved.\n",
        "## Functional requirements\n\n### Out of scope\n\n- Cats are boarded.\n",
        "## Requirements\n\n### Key Entities\n\n- **Dog**: an animal that barks\n",
        "## Non-goals\n\n- Cats are boarded.\n",
        "## Risks\n\n- Dogs may bite people.\n",
    ],
)
def test_other_sections_demand_nothing(text: str) -> None:
    assert read(text).requirements == ()


def test_criteria_of_a_story_are_no_requirements() -> None:
    found = read(
        "## Features\n\n### Boarding\nAs a vet, I want cages so that dogs sleep.\n\n"
        "Acceptance Criteria:\n- Cages open\n"
    )
    assert found.requirements == ()
    assert [c.text for c in found.user_stories[0].criteria] == ["Cages open"]
