"""What looks like a credential is not signed and handed around; everything else is."""

import time

import pytest

from opsroom_dagster.proofs.masking import mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgresql://odoo:s3cret@127.0.0.1:5432/db", "postgresql://odoo:***@127.0.0.1:5432/db"),
        ("https://:tok@example.org/x", "https://:***@example.org/x"),
        ("PGPASSWORD=s3cret psql", "PGPASSWORD=*** psql"),
        ('{"api_key": "abcdef"}', '{"api_key": "***"}'),
        ("Authorization: Bearer abc.def.ghi", "Authorization: Bearer ***"),
        ("pushed with ghp_0123456789abcdefABCDEF", "pushed with ***"),
        ("sk-ant-api03-abcdefghijklmnop", "***"),
        (
            "-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----***-----END PRIVATE KEY-----",
        ),
    ],
)
def test_credentials_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked
    assert mask({"deep": [{"log": text}]}) == {"deep": [{"log": masked}]}


def test_values_named_like_credentials_are_masked() -> None:
    assert mask({"db_password": "x", "token": "y", "tokens": 3, "name": "z"}) == {
        "db_password": "***",
        "token": "***",
        "tokens": 3,
        "name": "z",
    }


@pytest.mark.parametrize(
    "text",
    [
        "42 models are traced to 12 requirements",
        "http://127.0.0.1:3000/assets at 10:30",
        "kennel/models/dog.py:12:4: password field is required",
        "sha256:0123456789abcdef",
        "the role Token Keeper may read Secret",
    ],
)
def test_everything_else_stays(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    "text", ["a://" * 50_000, "x://y:" + "a" * 300_000, "password" * 40_000, "-----BEGIN " * 20_000]
)
def test_hostile_text_does_not_stall(text: str) -> None:
    started = time.monotonic()
    mask(text)
    assert time.monotonic() - started < 2
