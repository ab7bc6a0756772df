"""Values against schemas of our own."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsroom_dagster.plans.judges import Judges, parameter_mistakes


def fits(pattern: str, value: str) -> bool:
    return not parameter_mistakes({"x": value}, {"properties": {"x": {"type": "string", "pattern": pattern}}})


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("^[a-z]+$", "abc", True),
        ("^[a-z]+$", "abc\n", False),
        ("^a$|^b$", "b\n", False),
        ("^[$]$", "$", True),
        ("^[]$]$", "$", True),
        (r"^\$$", "$", True),
        (r"^\\$", "\\", True),
        (r"^\\$", "\\\n", False),
        ("a", "xax\n", True),
    ],
)
def test_the_end_of_a_pattern_is_the_end_of_the_text(pattern: str, value: str, expected: bool) -> None:
    assert fits(pattern, value) is expected


@given(st.text(alphabet="ab\n$", max_size=6))
def test_a_pattern_that_is_anchored_matches_all_of_a_text(value: str) -> None:
    assert fits("^[ab$]*$", value) is (re.fullmatch("[ab$]*", value) is not None)


def test_alternatives_are_told_in_the_schemas_words() -> None:
    schema = {"oneOf": [{"required": ["a"]}, {"required": ["b"]}], "$comment": "give a or b"}
    assert parameter_mistakes({}, schema) == ["parameters: give a or b"]
    named = {"properties": {"x": {"pattern": "^a$", "$comment": "write an a"}}}
    assert parameter_mistakes({"x": "b"}, named) == ["x: 'b' is not allowed: write an a"]


def test_braces_in_values_are_data_and_in_arguments_references() -> None:
    schema = {"properties": {"x": {"type": "string", "pattern": "^a$"}}}
    assert parameter_mistakes({"x": "{{inputs.x}}"}, schema)
    assert not list(Judges().of_arguments({"x": "{{inputs.x}}"}, schema))
