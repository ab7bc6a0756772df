"""References replaced before a plan runs."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsroom_dagster.errors import InputError
from opsroom_dagster.plans.interpolate import interpolate
from opsroom_dagster.plans.rebind import KEEP, rebind

FOUND: dict[str, Any] = {
    "inputs.n": 3,
    "inputs.list": ["a", "{{inputs.z}}"],
    "inputs.name": "x-{{steps.a.outputs.y}}",
    "inputs.whole": "{{steps.a.outputs.y}}",
    "inputs.open": "{",
    "inputs.empty": "",
}


def bound(value: Any) -> Any:
    return rebind(value, lambda inner: FOUND.get(inner, KEEP))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{{inputs.n}}", 3),
        ("{{ inputs.list }}", ["a", "{{inputs.z}}"]),
        ("no {{inputs.n}}!", "no 3!"),
        ("{{inputs.name}}.log", "x-{{steps.a.outputs.y}}.log"),
        ({"{{inputs.n}}": ["{{inputs.whole}}"]}, {"{{inputs.n}}": ["{{steps.a.outputs.y}}"]}),
        ("{{inputs.other}}", "{{inputs.other}}"),
        ("a {{inputs.other}} {{secrets.KEY}}", "a {{inputs.other}} {{secrets.KEY}}"),
    ],
)
def test_values(value: Any, expected: Any) -> None:
    assert bound(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "{{inputs.open}}{inputs.n}}",
        "a {{inputs.open}}{inputs.n}}",
        "a {{inputs.list}}",
        "{{inputs.whole}}{{inputs.empty}}",
    ],
)
def test_what_would_be_read_in_another_way_is_refused(value: str) -> None:
    with pytest.raises(InputError):
        bound(value)


texts = st.text(alphabet="{}inputs.ab ", max_size=12)
scalars = texts | st.integers() | st.booleans()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)
INNER = {"inputs": {"a": "{{inputs.b}}", "b": 7, "n": None}}


@given(st.lists(texts | st.sampled_from(["{{inputs.a}}", "{{inputs.b}}"]), max_size=5).map("".join), values)
def test_binding_and_then_filling_is_filling_with_what_was_filled(text: str, argument: Any) -> None:
    """``argument`` stands for ``{{inputs.a}}``, and holds interpolations of its own."""

    def outcome(fill: Any) -> Any:
        try:
            return fill()
        except InputError:
            return InputError

    def lookup(inner: str) -> Any:
        return argument if inner == "inputs.a" else KEEP

    at_once = outcome(lambda: interpolate(text, {"inputs": {"a": interpolate(argument, INNER), "b": 7}}))
    later = outcome(lambda: interpolate(rebind(text, lookup), INNER))
    assert later == at_once or later is InputError
