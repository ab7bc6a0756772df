"""Sentences that demand are requirements, surer the stronger their word; those read elsewhere count once."""

import pytest

from tests.requirements.reading_text import read


@pytest.mark.parametrize(
    ("sentence", "sure"),
    [
        ("The kennel SHALL close at night.", 0.8),
        ("The kennel MUST close at night.", 0.8),
        ("The kennel shall close at night.", 0.75),
        ("The kennel must close at night.", 0.6),
        ("The system should close at night.", 0.5),
        ("犬舍必须在夜间关闭。", 0.8),
    ],
)
def test_stronger_words_are_surer(sentence: str, sure: float) -> None:
    (found,) = read(f"## Opening hours\n\nDogs bark a lot. {sentence} They sleep.\n").requirements
    assert (found.text, found.confidence) == (sentence, sure)


@pytest.mark.parametrize(
    ("sentence", "given", "when", "then"),
    [
        ("WHEN a dog barks THEN the system SHALL ring.", None, "a dog barks", "the system SHALL ring."),
        ("IF a dog barks, THEN the system SHALL ring.", None, "a dog barks", "the system SHALL ring."),
        ("WHILE a dog barks the system SHALL ring.", "a dog barks", None, "the system SHALL ring."),
        ("Where a dog is deaf, the system shall flash.", "a dog is deaf", None, "the system shall flash."),
        ("WHEN 狗叫 THEN 系统 SHALL 响铃", None, "狗叫", "系统 SHALL 响铃"),
    ],
)
def test_ears(sentence: str, given: str | None, when: str | None, then: str) -> None:
    (found,) = read(f"## Noise\n\n1. {sentence}\n").requirements
    (criterion,) = found.criteria
    assert (criterion.given, criterion.when, criterion.then) == (given, when, then)


def test_a_demand_takes_its_list() -> None:
    (found,) = read("## Forms\n\nThe form must show:\n\n- name\n- breed\n").requirements
    assert found.text == "The form must show: name; breed"
    assert [e.location.line_start for e in found.evidence] == [3, 5, 6]


def test_what_other_notations_read_counts_once() -> None:
    found = read(
        "## Requirements\n\n- **FR-1**: Dogs must eat.\n- Cats must sleep.\n\n### FR-2: Birds\n\n"
        "Birds must fly. They must sing.\n\n"
        "## Story\n\nAs a vet, I want cages so that dogs sleep.\n\nAcceptance Criteria:\n- Cages must open\n"
    )
    assert [r.text for r in found.requirements] == [
        "Dogs must eat.",
        "Cats must sleep.",
        "Birds must fly. They must sing.",
    ]


def test_a_constitution_constrains() -> None:
    (found,) = read(
        "# Notes\n", constitution="## Principles\n\nEvery change MUST be reviewed by people.\n"
    ).requirements
    assert found.kind == "constraint"


@pytest.mark.parametrize(
    "text",
    [
        "## Risks\n\n- Dogs must not bite people here.\n",
        "## Plan\n\n- [ ] The task must be done by tomorrow.\n",
        "## Facts\n\nMust dogs be fed at noon?\n",
        "## Facts\n\nYou should love your dog.\n",
        "## Session\n\n- Q: How? → A: Dogs must eat twice a day.\n",
    ],
)
def test_no_demands(text: str) -> None:
    assert read(text).requirements == ()
