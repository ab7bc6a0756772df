"""Texts of documents inside Markdown."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsroom_dagster.documents.readers.markdown import read
from opsroom_dagster.specs.text import bold, cell, inline, needs_clarification, tidy, unescaped
from tests.specs.examples import HOSTILE

texts = st.text(alphabet="ab1 .)#-*_>|`~[]()!<&;lt\\xX=KE-FR0:\n\t") | st.text(st.characters(exclude_categories=["Cs"]))


@given(texts)
@settings(max_examples=1000, deadline=None)
def test_escaping_can_be_undone(text: str) -> None:
    assert unescaped(inline(text)) == tidy(text)
    assert unescaped(cell(text)) == tidy(text)


@given(texts.filter(lambda text: bool(tidy(text))))
@settings(max_examples=500, deadline=None)
def test_no_text_changes_the_structure_around_it(text: str) -> None:
    page = f"# {inline(text)}\n\n- {inline(text)}\n  - {inline(text)}\n\n| a |\n| --- |\n| {cell(text)} |\n\nend\n"
    blocks = read(page.encode(), "x.md", 0).blocks
    assert [block.kind for block in blocks] == ["heading", "list_item", "list_item", "table", "paragraph"]
    assert [unescaped(block.text) for block in blocks[:3]] == [tidy(text)] * 3
    assert [[unescaped(c) for c in row] for row in blocks[3].rows] == [[tidy(text)]]
    assert all(block.checked is None for block in blocks)


@given(texts.filter(lambda text: bool(tidy(text))))
def test_bold_ends_at_its_own_end(text: str) -> None:
    match = re.fullmatch(r"\*\*((?:\\.|[^*\\])+)\*\*", bold(text))
    assert match and unescaped(match[1]) == tidy(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_markers_cannot_be_forged(text: str) -> None:
    written = inline(text)
    assert not re.search(
        r"(?<!\\)\[NEEDS CLARIFICATION|<!--|<script|(?<!\\)\(depends on|^\*\*(?:FR|ID)|(?<!\\)\[P\]", written
    )


def test_ordinary_markup_is_left_alone() -> None:
    text = "The `work_order` **must** be < 5 & > 3 (see a|b), 100 % done."
    assert inline(text) == text


def test_invisible_characters_are_dropped() -> None:
    assert tidy("a\u202eb\x00c\ufeff\n\n d\u2028e") == "abc d e"


def test_a_question_keeps_its_brackets_inside_the_marker() -> None:
    marker = needs_clarification("is [x] or ] meant?")
    assert re.fullmatch(r"\[NEEDS CLARIFICATION: (?:\\.|[^\]\\])*\]", marker)
