"""Secrets are kept out of what is put out."""

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsroom_dagster.runtime.hiding import hide, hide_bytes

SECRET = 'p&ss w/"ö\\'
KEY = "-----BEGIN KEY-----\nabcdefgh\nijklmnop\n-----END KEY-----\n"


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
    ],
)
def test_the_usual_forms_are_found(written: str) -> None:
    assert hide(f"a{written}b", [SECRET]) == "a***b"
    assert hide_bytes(f"a{written}b".encode(), [SECRET]) == b"a***b"


@pytest.mark.parametrize("before", ["", "a", "ab", "user:"])
@pytest.mark.parametrize("after", ["", "a", "ab"])
def test_base64_is_found_wherever_it_stands(before: str, after: str) -> None:
    coded = base64.b64encode(f"{before}a-long-secret{after}".encode()).decode()
    assert "***" in hide(coded, ["a-long-secret"])
    assert len(hide(coded, ["a-long-secret"])) < len(coded) - 8


def test_all_of_a_value_is_looked_through() -> None:
    value = {"a": ["x", {"secret!": "secret!"}, 1, None, True], "b": {"c": "a secret! here"}}
    assert hide(value, ["secret!"]) == {"a": ["x", {"***": "***"}, 1, None, True], "b": {"c": "a *** here"}}
    assert hide(value, []) is value


def test_lines_of_a_key_are_found_alone() -> None:
    assert hide("cut: abcdefgh", [KEY]) == "cut: ***"
    assert hide(f"x{KEY}y", [KEY]) == "x***y"


def test_the_longer_of_two_goes_first() -> None:
    assert hide("secret-2 secret", ["secret", "secret-2"]) == "*** ***"


def test_what_is_in_everything_is_not_looked_for() -> None:
    assert hide("a1b", ["1", "", "a1"]) == "a1b"


TEXT = st.text(st.characters(exclude_characters="*", codec="utf-8"))


@given(TEXT.filter(lambda secret: len(secret) >= 4), TEXT, TEXT)
def test_no_secret_is_left(secret: str, before: str, after: str) -> None:
    assert secret not in hide(before + secret + after, [secret])
    assert secret.encode() not in hide_bytes((before + secret + after).encode(), [secret])


def test_bytes_of_the_environment_that_are_no_text_are_found() -> None:
    secret = b"p\xffass".decode("utf-8", "surrogateescape")
    assert hide(f"a{secret}b", [secret]) == "a***b"
    assert hide_bytes(b"ap\xffassb", [secret]) == b"a***b"
