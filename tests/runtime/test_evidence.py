"""Evidence is plain JSON of a bounded size that can be stored and signed, and tells no secret."""

import base64
import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsroom_dagster.digests import canonical_json
from opsroom_dagster.runtime.evidence import ITEMS, SUMMARY, TEXT, TOTAL, presentable
from opsroom_dagster.runtime.model import Verdict


def shown(secrets: tuple[str, ...] = (), **evidence: Any) -> dict[str, Any]:
    """The evidence as it is kept."""
    return presentable(Verdict.failed("no", **evidence), secrets).evidence


def test_small_evidence_stays_as_it_is() -> None:
    evidence = {"a": [1, 2.5, None, True, "x"], "b": {"c": "d"}, "e": []}
    assert shown(**evidence) == evidence


def test_large_evidence_is_cut_and_says_so() -> None:
    found = shown(text="x" * 10**8, items=list(range(10**6)), keys={str(n): n for n in range(10**5)})
    assert found["text"] == "x" * TEXT + "… (100000000 characters)"
    assert len(found["items"]) == ITEMS + 1 and found["items"][-1] == f"… {10**6 - ITEMS} more"
    assert found["keys"]["…"] == f"{10**5 - ITEMS} more"
    assert len(json.dumps(shown(all=[["x" * 5_000] * 500] * 500))) < 2 * TOTAL


def test_nesting_ends() -> None:
    deep: Any = "end"
    for _ in range(5_000):
        deep = [deep]
    assert json.dumps(shown(deep=deep)).endswith('["\\u2026"]' + "]" * 12 + "}")


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (math.nan, "nan"),
        (math.inf, "inf"),
        (2**53, str(2**53)),
        (-(2**53) + 1, -(2**53) + 1),
        (b"\xff\x00", "2 bytes"),
        (Path("/a/b"), "/a/b"),
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01 00:00:00+00:00"),
        ((1, {2}), [1, [2]]),
        ({1: 2}, {"1": 2}),
        ("a\0b", "a\ufffdb"),
        ("\ud800", "?"),
        (Unprintable(), "an unprintable Unprintable"),
    ],
)
def test_what_is_no_json_becomes_json(value: Any, kept: Any) -> None:
    found = shown(value=value)
    assert found["value"] == kept
    canonical_json(found)


def test_a_summary_is_one_short_line() -> None:
    summary = presentable(Verdict.failed("a\nb\t c " + "x" * 10_000)).summary
    assert summary.startswith("a b c xxx") and len(summary) < SUMMARY + 40


SECRET = 's3cr3t/with spaces+&="quotes"'


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        json.dumps({"k": SECRET}),
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(f"user:{SECRET}".encode()).decode(),
        base64.urlsafe_b64encode(f"u:{SECRET}:more".encode()).decode(),
    ],
)
def test_secrets_are_found_in_their_usual_forms(form: str) -> None:
    found = presentable(Verdict.failed(f"a {form} b", **{f"k {form}": [f"<{form}>"]}), [SECRET]).model_dump_json()
    assert found.count("***") == 3
    assert "s3cr3t" not in found and "quotes" not in found


def test_the_lines_of_a_key_are_secret_each() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n"
    assert shown((key,), log="> MIIEvQIBADANBgkq <", more="> hkiG9w0BAQEFAASC <") == {
        "log": "> *** <",
        "more": "> *** <",
    }


@given(st.integers(0, 4_000), st.sampled_from([5, 40, 300, 3_000]), st.integers(0, 3))
def test_no_cut_leaves_half_a_secret(before: int, length: int, repeated: int) -> None:
    secret = ("Zq7" * length)[:length]
    found = shown((secret,), text="-" * before + secret * (repeated + 1) + "-" * 10_000)["text"]
    assert "Z" not in found and "q" not in found


@pytest.mark.parametrize(
    "credential",
    ["postgres://user:pa55w0rdpa55@host/db", "password=pa55w0rdpa55 ", "token: pa55w0rdpa55 ", "ghp_" + "pa55w0rd" * 5],
)
def test_no_cut_leaves_half_a_credential(credential: str) -> None:
    for before in range(TEXT - 60, TEXT + 10):
        assert "pa5" not in shown(text="-" * (before - 1) + " " + credential + " -" * 3_000)["text"]


def test_an_empty_secret_hides_nothing() -> None:
    assert shown(("",), a="text") == {"a": "text"}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.dates(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner),
    max_leaves=20,
)


@given(values)
def test_any_evidence_can_be_signed_and_stored(value: Any) -> None:
    verdict = presentable(Verdict.failed("x", value=value), ["ab"])
    canonical_json(verdict.evidence)
    assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict
    assert "\\u0000" not in verdict.model_dump_json()
