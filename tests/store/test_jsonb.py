"""JSON that goes through PostgreSQL means the same afterwards."""

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import cast, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from opsroom_dagster.digests import canonical_json
from opsroom_dagster.errors import InputError
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.jsonb import SAFE_INTEGER, canonical, has_nul, legible, storable

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.integers(-SAFE_INTEGER, SAFE_INTEGER) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def through(database: Database, value: Any) -> Any:
    with database.begin() as connection:
        return connection.execute(select(cast(literal(value, JSONB), JSONB))).scalar()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(VALUES)
@example([1e16, 1e22, 1.7976931348623157e308, 5e-324, -0.0, SAFE_INTEGER, 1.0])
def test_the_canonical_form_survives(database: Database, value: Any) -> None:
    assert canonical_json(through(database, {"value": value})) == canonical_json({"value": value})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.recursive(
        st.floats() | st.text(st.characters()),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    )
)
@example(["a\0b", "\ud800", {"\0": math.nan}, (math.inf,)])
def test_what_is_legible_can_be_kept(database: Database, value: Any) -> None:
    through(database, legible({"value": value}))


def test_what_is_legible_already_stays() -> None:
    value = {"a": [1, 1.5, None, True, "ü\n\\u0000"], "b": {}}
    assert legible(value) == value


@pytest.mark.parametrize(
    ("text", "found"), [("a\0b", True), ("\\\0", True), ("\\u0000", False), ("\\\\u0000", False), ("u0000", False)]
)
def test_a_nul_is_told_from_what_looks_like_one(text: str, found: bool) -> None:
    assert has_nul(canonical_json({text: [text]})) is found


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (math.nan, "nan is not representable"),
        (2**53, "safe integer"),
        ("\ud800", "non-UTF-8"),
        ({1: 2}, "keys must be strings"),
        ({"a": object()}, "unsupported type"),
        (nested(100_000), "nested too deeply"),
    ],
    ids=["nan", "large", "surrogate", "key", "object", "deep"],
)
def test_what_is_no_json_is_refused_by_name(value: Any, why: str) -> None:
    with pytest.raises(InputError, match=rf"^the thing cannot be kept as JSON: .*{why}"):
        canonical(value, "the thing")


def test_a_nul_is_refused_where_nothing_may_change() -> None:
    with pytest.raises(InputError, match="NUL"):
        storable({"a": "\0"}, "the thing")
