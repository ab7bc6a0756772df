"""Relations between blocks, and inline markup."""

import pytest

from opsroom_dagster.requirements.reading import Reading, plain
from tests.requirements.reading_text import documents

READING = Reading(documents("# A\n\ntext\n\n## B\n\n- one\n  - nested\n\n  more\n- two\n\n# C\n\nend\n"))


def by_text(text: str) -> str:
    return next(block.id for block in READING.blocks if block.text == text)


def test_headings_children_and_sections() -> None:
    nested = READING.block(by_text("nested"))
    assert [heading.text for heading in READING.headings_of(nested)] == ["A", "B"]
    assert READING.heading_text(nested) == "B"
    assert [block.text for block in READING.children(READING.block(by_text("one")))] == ["nested", "more"]
    assert [block.text for block in READING.children(READING.block(by_text("A")))] == ["text", "B"]
    section = READING.section(READING.block(by_text("A")))
    assert [block.text for block in section] == ["text", "B", "one", "nested", "more", "two"]


def test_neighbours_stay_in_their_document() -> None:
    two = Reading(documents("a", name="a.md", b="b"))
    assert two.after(two.blocks[0]) is None
    assert two.before(two.blocks[1]) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**`work_order`**", "work_order"),
        ("a *b **c** d* __e__", "a b c d e"),
        ("snake_case_name * 2 * 3", "snake_case_name * 2 * 3"),
        ("see [the _docs_](http://x.y/(z)) ![alt](i.png)", "see the docs alt"),
        ("one<br>two <b>three</b> \\*four\\*", "one two three *four*"),
        ("`a*b*c` and ``d`e``", "a*b*c and d`e"),
    ],
)
def test_plain_text(text: str, expected: str) -> None:
    assert plain(text) == expected


@pytest.mark.timeout(20)
@pytest.mark.parametrize("mark", ["*a ", "_a ", "[", "`` a ", "<a ", "~~a ", "\\*"])
def test_unclosed_marks_cost_no_more_than_linear_time(mark: str) -> None:
    assert plain(mark * 20_000)
