"""Inputs of a run are of the type that the plan's own value has."""

from typing import Any

import pytest

from opsroom_dagster.errors import InputError
from opsroom_dagster.plans.inputs import typed_inputs
from opsroom_dagster.plans.model import Plan, PlanMetadata

OWN: dict[str, Any] = {"text": "a", "count": 1, "rate": 0.5, "on": False, "list": [1], "map": {}, "open": None}
PLAN = Plan(id="p", kind="ops", title="P", steps=(), inputs=OWN, metadata=PlanMetadata(source="test"))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("text=5", "5"),
        ("text=a=b", "a=b"),
        ("text=", ""),
        ("count=-3", -3),
        ("rate=2", 2),
        ("on=true", True),
        ('list=["x"]', ["x"]),
        ('map={"a": 1}', {"a": 1}),
        ("open=true", "true"),
    ],
)
def test_typed(setting: str, value: Any) -> None:
    found = typed_inputs(PLAN, [setting])
    [kept] = found.values()
    assert (kept, type(kept)) == (value, type(value))


@pytest.mark.parametrize(
    "setting",
    [
        "text",
        "other=1",
        "=1",
        "count=two",
        "count=true",
        "count=NaN",
        "count=1e999",
        "count=1.5",
        "on=1",
        "list={}",
        "map=null",
    ],
)
def test_refused(setting: str) -> None:
    with pytest.raises(InputError):
        typed_inputs(PLAN, ["text=fine", setting])


def test_the_last_of_one_name_counts() -> None:
    assert typed_inputs(PLAN, ["count=1", "count=2"]) == {"count": 2}
