"""Typed references inside plans."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsroom_dagster.errors import InputError
from opsroom_dagster.plans.interpolate import interpolate, references

SCOPE: dict[str, Any] = {
    "inputs": {"n": 3, "flag": True, "items": ["a", {"b": 2.5}], "text": "{{inputs.n}}", "none": None},
    "steps": {"build-it": {"outputs": {"digest": "sha256:1"}}},
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{{inputs.n}}", 3),
        ("{{ inputs.items }}", ["a", {"b": 2.5}]),
        ("{{inputs.items.1.b}}", 2.5),
        ("{{steps.build-it.outputs.digest}}", "sha256:1"),
        ("{{inputs.none}}", None),
        ("n is {{inputs.n}}, {{inputs.flag}}", "n is 3, true"),
        ("{{inputs.n}}{{inputs.n}}", "33"),
        ("{{inputs.text}}!", "{{inputs.n}}!"),
        ({"{{inputs.n}}": ["{{inputs.n}}", 1]}, {"{{inputs.n}}": [3, 1]}),
        ("{{secrets.TOKEN}}", "{{secrets.TOKEN}}"),
    ],
)
def test_values(value: Any, expected: Any) -> None:
    assert interpolate(value, SCOPE) == expected


@pytest.mark.parametrize(
    "value",
    [
        "{{inputs.absent}}",
        "{{inputs}}",
        "{{inputs.n.real}}",
        "{{inputs.items.9}}",
        "{{inputs.items.-1}}",
        "{{steps.none.outputs.x}}",
        "{{steps.build-it.digest}}",
        "{{ 7 * 7 }}",
        "{{inputs.__class__}}",
        "{{inputs['n']}}",
        "{{}}",
        "{{secrets.lower}}",
        "a list: {{inputs.items}}",
        "nothing: {{inputs.none}}",
    ],
)
def test_what_points_to_nothing_is_refused(value: str) -> None:
    with pytest.raises(InputError):
        interpolate(value, SCOPE)


def test_secrets_are_resolved_when_they_are_given() -> None:
    assert interpolate("Bearer {{secrets.TOKEN}}", {"secrets": {"TOKEN": "abc"}}) == "Bearer abc"


@given(json_values)
def test_one_whole_interpolation_keeps_any_value_as_it_is(value: Any) -> None:
    assert interpolate({"x": "{{inputs.v}}"}, {"inputs": {"v": value}}) == {"x": value}


@given(json_values.filter(lambda value: "{{" not in repr(value)))
def test_values_without_braces_stay_the_same(value: Any) -> None:
    assert interpolate(value, {}) == value
    assert not list(references(value))


@given(st.text())
def test_what_is_put_in_is_never_looked_at_again(text: str) -> None:
    assert interpolate("<{{inputs.v}}>", {"inputs": {"v": text}}) == f"<{text}>"


@given(st.text(alphabet="{}inputs.v x|%#"))
def test_any_text_is_filled_or_refused(text: str) -> None:
    try:
        interpolate(text, {"inputs": {"v": 1}})
    except InputError as error:
        assert "interpolation" in str(error) or "points to nothing" in str(error)


def test_references_have_pointers() -> None:
    found = list(references({"a/b": ["{{inputs.x}} {{steps.s.outputs.y.z}}"], "c": "{{nonsense}}"}, "/args"))
    assert [(item.pointer, item.path) for item in found] == [
        ("/args/a~1b/0", ("inputs", "x")),
        ("/args/a~1b/0", ("steps", "s", "outputs", "y", "z")),
        ("/args/c", ()),
    ]


def test_braces_that_are_never_closed_cost_nothing() -> None:
    text = "{{" * 1_000_000
    started = time.perf_counter()
    assert interpolate("{{inputs.n}}" + text, SCOPE) == "3" + text
    assert not list(references(text))
    assert time.perf_counter() - started < 2
