"""What documents leave open becomes a question."""

import pytest

from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules.open_questions import find
from tests.requirements.reading_text import asked, documents, read


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("## Open Questions\n\n- Who feeds the dogs?\n", "Who feeds the dogs?"),
        ("## 9. Open issues & decisions\n\n1. Q1: Who feeds the dogs?\n", "Who feeds the dogs?"),
        ("## Open questions\n\n| # | Question |\n|---|---|\n| 1 | Who feeds the dogs? |\n", "Who feeds the dogs?"),
        ("- FR: Dogs eat [NEEDS CLARIFICATION: Who feeds the dogs?]\n", "Who feeds the dogs?"),
        ("Dogs eat. [ASSUMPTION: twice a day]\n", "Is this assumption right: twice a day"),
        ("## Feeding\n\nDogs eat. The hour is TBD.\n", "To be decided: The hour is TBD."),
        ("## Feeding\n\n- TBD\n", "To be decided: Feeding: TBD"),
    ],
)
def test_questions(text: str, question: str) -> None:
    assert asked(read(text)) == [question]


def test_a_mark_in_a_statement_asks_about_that_statement() -> None:
    found, *_ = read("- **FR-7**: Dogs MUST eat [NEEDS CLARIFICATION: how often?]\n").clarifications
    assert (found.question, found.about) == ("how often?", "FR-7")


@pytest.mark.parametrize(
    "text",
    [
        "## Clarifications\n\n- Q: Who feeds? → A: The vet.\n",
        "## Open questions\n\n- [x] Who feeds the dogs?\n",
        "## Frequent questions\n\n- Who feeds the dogs?\n",
        "## Feeding\n\nDogs are fed, to be sure.\n",
    ],
)
def test_nothing_is_open(text: str) -> None:
    assert list(find(Reading(documents(text)))) == []
