"""Graphs as boxes of text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsroom_dagster.diagrams.boxes import layered_boxes


def drawn(labels: list[str], *edges: tuple[int, int], width: int = 200) -> str | None:
    levels = layered_boxes(labels, edges, width)
    return None if levels is None else "\n".join(line for level in levels for line in level)


def test_a_sequence() -> None:
    assert drawn(["one", "two"], (0, 1)) == (
        "┌─────┐\n"
        "│ one │\n"
        "└──┬──┘\n"
        "   │\n"
        "┌──▼──┐\n"
        "│ two │\n"
        "└─────┘"
    )  # fmt: skip


def test_what_runs_side_by_side_stands_side_by_side() -> None:
    assert drawn(["top", "a", "b", "end"], (0, 1), (0, 2), (1, 3), (2, 3)) == (
        "   ┌─────┐\n"
        "   │ top │\n"
        "   └──┬──┘\n"
        "  ┌───┴───┐\n"
        "┌─▼─┐   ┌─▼─┐\n"
        "│ a │   │ b │\n"
        "└─┬─┘   └─┬─┘\n"
        "  └───┬───┘\n"
        "   ┌──▼──┐\n"
        "   │ end │\n"
        "   └─────┘"
    )  # fmt: skip


def test_lines_that_cross_do_not_join() -> None:
    assert drawn(["a", "b", "c", "d"], (0, 2), (0, 3), (1, 3), (1, 2)) is not None
    text = drawn(list("abcdef"), (0, 3), (0, 4), (1, 3), (1, 5), (2, 4), (2, 5))
    assert text is not None
    assert "│" in text


def test_a_line_passes_a_level() -> None:
    text = drawn(["a", "b", "c"], (0, 1), (1, 2), (0, 2))
    assert text is not None
    assert text.splitlines()[5].count("│") == 3  # the box of b, and the line beside it


def test_what_is_too_wide_is_not_drawn() -> None:
    assert drawn(["x" * 30] * 5, width=80) is None
    assert drawn([]) == ""


def test_long_and_wide_labels_fit() -> None:
    assert "…" in (drawn(["x" * 100]) or "")
    text = drawn(["検査", "a"], (0, 1))
    assert text is not None
    assert text.splitlines()[1] == "│ 検査  │"


def test_control_characters_are_not_printed() -> None:
    assert "\x1b" not in (drawn(["\x1b[31mred"]) or "")


@pytest.mark.parametrize("count", [60])
def test_a_tangle_is_drawn_or_refused_in_bounded_work(count: int) -> None:
    edges = [(a, b) for a in range(count) for b in range(a + 1, count) if (a * 7 + b * 3) % 5 == 0]
    drawn([f"s{n}" for n in range(count)], *edges, width=10_000)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30))
def test_every_label_is_drawn_once_and_equal_graphs_equally(edges: list[tuple[int, int]]) -> None:
    labels = [f"step{n}x" for n in range(10)]
    text = drawn(labels, *edges)
    assert text == drawn(labels, *edges)
    assert text is None or all(text.count(label) == 1 for label in labels)
