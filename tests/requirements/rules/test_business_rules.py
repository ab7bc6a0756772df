"""Rules over data in words become unique keys, bounds and orders of dates on the fields that are meant."""

import pytest

from opsroom_dagster.requirements.model import Constraint
from tests.requirements.reading_text import read

DOG = (
    "## Dog\n\n| Field | Type |\n|---|---|\n| tag_number | string |\n| weight | decimal |\n| price | money |\n"
    "| arrives_on | date |\n| departs_on | date |\n| owner_id | reference to Owner |\n| name | string |\n\n"
)


def _rules(text: str) -> list[Constraint]:
    return list(read(f"{DOG}## Rules\n\n- {text}\n").constraints)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("The tag number of a dog must be unique.", ("tag_number",)),
        ("Dog tag number must be unique.", ("tag_number",)),
        ("Every dog has a unique tag number.", ("tag_number",)),
        ("The system MUST give every dog a unique tag number.", ("tag_number",)),
        ("No two dogs may share the same tag number.", ("tag_number",)),
        ("No two dogs can have the same name and owner.", ("name", "owner_id")),
        ("The name of a dog must be unique per owner.", ("name", "owner_id")),
    ],
)
def test_unique(text: str, fields: tuple[str, ...]) -> None:
    (found,) = _rules(text)
    assert (found.kind, found.entity, found.fields) == ("unique", "Dog", fields)


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("The weight of a dog must be greater than 0.", "weight > 0"),
        ("The weight of a dog must be at least 1.5 kg.", "weight >= 1.5"),
        ("The price of a dog cannot exceed $1,200.", "price <= 1200"),
        ("A dog's weight must not be negative.", "weight >= 0"),
        ("Dog weight must be ≤ 90.", "weight <= 90"),
        ("The weight must be positive.", "weight > 0"),
        ("The price of each dog must be less than 500.", "price < 500"),
        ("The departure date of a dog must not be before its arrival date.", None),
        ("The departs date of a dog must not be before its arrives date.", "departs_on >= arrives_on"),
        ("The departs date of a dog must be after the arrives date.", "departs_on > arrives_on"),
        ("The arrives date of a dog must be on or before its departs date.", "arrives_on <= departs_on"),
    ],
)
def test_checks(text: str, expression: str | None) -> None:
    (found,) = _rules(text)
    if expression is None:
        assert found.fields == ("departure_date", "arrival_date"), "what no field matches stays as written"
    else:
        assert (found.kind, found.entity, found.expression) == ("check", "Dog", expression)


def test_between_gives_both_bounds() -> None:
    found = _rules("The weight of a dog must be between 1 and 90.")
    assert [c.expression for c in found] == ["weight >= 1", "weight <= 90"]


def test_other_sentences_under_business_rules_stay_in_words() -> None:
    found = read(f"{DOG}## Business rules\n\n- A dog left for over 30 days goes to the shelter.\n").constraints
    assert [(c.kind, c.entity, c.expression) for c in found] == [("rule", "Dog", None)]


@pytest.mark.parametrize(
    "text",
    [
        "A dog is a unique friend of yours.",
        "The password must be at least 8 characters.",
        "The arrives date of a dog must not be before today.",
        "Must the weight of a dog be greater than 0?",
        "[ ] The weight of a dog must be greater than 0.",
    ],
)
def test_no_rules(text: str) -> None:
    assert _rules(text) == []
