"""Whatever a document writes, identifiers are identifiers and texts are one line."""

import keyword
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsroom_dagster.codegen.odoo.identifiers import (
    class_name,
    field_name,
    key,
    number,
    one_line,
    plural,
    shortened,
    snake,
    title,
    unique_labels,
    unused,
    words,
)

ANY_TEXT = st.text(max_size=80)


@settings(deadline=None)
@given(ANY_TEXT)
def test_names_are_plain_identifiers(text: str) -> None:
    for name in (snake(text, fallback="record"), field_name(text, fallback="record")):
        assert re.fullmatch(r"[a-z][a-z0-9_]*", name) and not keyword.iskeyword(name)
        assert len(name) <= 60
    assert re.fullmatch(r"[A-Z][A-Za-z0-9]*", class_name(text, fallback="Record"))
    assert re.fullmatch(r"[a-z0-9_]+", key(text, fallback="value_1"))


@settings(deadline=None)
@given(ANY_TEXT)
def test_texts_are_one_printable_line(text: str) -> None:
    line = one_line(text, 40)
    assert line.isprintable() and len(line) <= 40 and "`" not in line
    assert title(text).isprintable()


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from(["Name", "name", "ID", ""])), max_size=8))
def test_labels_of_a_model_are_never_the_same(fields: list[tuple[str, str]]) -> None:
    labels = unique_labels(fields, "Thing", {"id"})
    assert len({label.lower() for label in labels} | {"id"}) == len(fields) + 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WorkOrder", ["work", "order"]), ("HTTPServer x2", ["http", "server", "x2"]), ("Größe (cm)", ["groe", "cm"]),
        ("café_au-lait", ["cafe", "au", "lait"]), ("名前", []),
    ],
)  # fmt: skip
def test_words_are_split_at_capitals_and_signs(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("warranty_until", "Warranty Until"), ("WorkOrder", "Work Order"), ("customer_id", "Customer"), ("id", "Id"),
        ("VAT number", "VAT Number"), ("tag_ids", "Tag"),
    ],
)  # fmt: skip
def test_titles_are_written_as_people_do(text: str, expected: str) -> None:
    assert title(text) == expected


@pytest.mark.parametrize("name", ["env", "search", "write_date", "order", "user", "select", "self", "fields", "on"])
def test_names_that_odoo_python_or_the_database_use_are_changed(name: str) -> None:
    assert field_name(name, fallback="x") == f"{name}_value"


def test_long_names_stay_apart() -> None:
    first, second = shortened("a" * 60 + "b"), shortened("a" * 60 + "c")
    assert first != second and len(first) == len(second) <= 50


def test_a_taken_name_gets_a_number() -> None:
    assert unused("name", ["name", "name_2"]) == "name_3"


@pytest.mark.parametrize(
    ("label", "expected"),
    [("Part Usage", "Part Usages"), ("Category", "Categories"), ("Key", "Keys"), ("Box", "Boxes"),
     ("Equipment", "Equipment"), ("Batch", "Batches"), ("Series", "Series")],
)  # fmt: skip
def test_plurals(label: str, expected: str) -> None:
    assert plural(label) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("1.5", 1.5), ("-2", -2.0), ("nan", None), ("inf", None), ("9" * 400, None), ("x", None)]
)
def test_only_finite_numbers_are_numbers(text: str, expected: float | None) -> None:
    assert number(text) == expected
