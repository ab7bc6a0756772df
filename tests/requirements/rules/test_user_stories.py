"""User stories are read in every form, with the criteria below them."""

import pytest

from opsroom_dagster.requirements.model import UserStory
from tests.requirements.reading_text import read


def _one(text: str) -> UserStory:
    found = read(text).user_stories
    assert len(found) == 1, [(s.title, s.want) for s in found]
    return found[0]


@pytest.mark.parametrize(
    "text",
    [
        "- As a vet, I want to see all dogs so that I can treat them.",
        "- **As a** vet  \n  **I want** to see all dogs  \n  **So that** I can treat them",
        "**User Story:** As a vet, I want to see all dogs, so that I can treat them",
        "- **Dog list**: As a vet, I want to see all dogs so that I can treat them.",
        "**As a** vet,\n**I want to** see all dogs,\n**so that** I can treat them.",
        "Description: As any vet (of the day), I would like to see all dogs in order that I can treat them.",
        "| ID | Story |\n|---|---|\n| US-1 | As a vet, I want to see all dogs so that I can treat them |",
        "| As a… | I want to… | So that… |\n|---|---|---|\n| vet | see all dogs | I can treat them |",
    ],
)
def test_every_form(text: str) -> None:
    story = _one(f"## User stories\n\n{text}\n")
    assert (story.role, story.want, story.benefit) == ("Vet", "see all dogs", "I can treat them")


def test_chinese() -> None:
    story = _one(
        "### 需求 1：名单\n\n**用户故事：** "
        "作为兽医，我希望能够查看所有的狗，以便治疗\n\n#### 验收标准\n\n1. WHEN 打开 THEN 系统 SHALL 显示\n"
    )
    assert (story.role, story.title, story.want, story.benefit) == ("兽医", "名单", "查看所有的狗", "治疗")
    assert [(c.when, c.then) for c in story.criteria] == [("打开", "系统 SHALL 显示")]


def test_a_titled_story_of_spec_kit() -> None:
    story = _one(
        "### User Story 2 - Board a dog (Priority: P2)\n\nA kennel hand needs to board dogs.\n\n"
        "**Why this priority**: money.\n\n"
        "**Acceptance Scenarios**:\n\n1. **Given** a free cage, **When** a dog is boarded, **Then** the cage is taken\n"
        "2. **Given** none, **When** a dog comes, **Then** it is refused\n\n"
        "### Edge Cases\n- When two dogs come, then both stay\n"
    )
    assert (story.id, story.title, story.priority, story.role) == ("US2", "Board a dog", "P2", "Kennel Hand")
    assert story.want == "A kennel hand needs to board dogs."
    assert [c.then for c in story.criteria] == ["the cage is taken", "it is refused"]
    assert story.criteria[0].given == "a free cage"


def test_a_heading_gives_id_and_title_and_a_label_announces_criteria() -> None:
    found = read(
        "#### US-007: Wash a dog (wet)\nAs a groomer, I want to wash dogs so that they shine.\n\nPriority: High\n\n"
        "Acceptance Criteria:\n- The dog is wet\n- If it bites, I am warned\n\n#### US-008: Dry a dog\n"
        "As a groomer, I want to dry dogs.\n"
    ).user_stories
    assert [(s.id, s.title, s.priority) for s in found] == [
        ("US-007", "Wash a dog (wet)", "High"),
        ("US-008", "Dry a dog", None),
    ]
    assert [(c.text, c.when) for c in found[0].criteria] == [
        ("The dog is wet", None),
        ("If it bites, I am warned", "it bites"),
    ]


def test_steps_of_a_feature_file_are_criteria() -> None:
    story = _one(
        "### Boarding\nAs a vet, I want cages so that dogs sleep.\n\n```gherkin\nScenario: full\n  Given no cage\n"
        "  And rain\n  When a dog comes\n  Then it waits\n```\n"
    )
    assert [(c.given, c.when, c.then) for c in story.criteria] == [("no cage and rain", "a dog comes", "it waits")]


def test_stories_name_roles_less_surely_than_role_lists() -> None:
    roles = read("- As a vet, I want dogs.\n- As a user, I want cats.\n- As a vet, I want birds.\n").roles
    assert [(r.name, r.confidence) for r in roles] == [("Vet", 0.6)]


@pytest.mark.parametrize(
    "text", ["Works as a charm and I like it.", "As a result, the list is empty.", "As of today I want."]
)
def test_no_stories(text: str) -> None:
    assert read(text).user_stories == ()
