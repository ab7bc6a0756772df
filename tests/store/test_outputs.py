"""Outputs come back as they were, wherever they lie."""

from pathlib import Path
from typing import Any

import pytest

from opsroom_dagster.digests import digest_value
from opsroom_dagster.errors import InputError, OpsroomError
from opsroom_dagster.store.outputs import MAX_INLINE_BYTES, keep_outputs, load_outputs

LARGE = {"text": "x" * MAX_INLINE_BYTES}


@pytest.mark.parametrize(
    ("outputs", "in_file"),
    [
        ({}, False),
        ({"a": [1, 1e22, "ü"]}, False),
        (LARGE, True),
        ({"text": "x" * (MAX_INLINE_BYTES - 11)}, False),
        ({"text": "x" * (MAX_INLINE_BYTES - 10)}, True),
        ({"nul": "\0"}, True),
        ({"large": ["x" * MAX_INLINE_BYTES, 1e16]}, True),
    ],
)
def test_outputs_come_back(tmp_path: Path, outputs: dict[str, Any], in_file: bool) -> None:
    kept = keep_outputs(tmp_path, outputs)

    assert (kept.file is not None) is in_file
    assert list(tmp_path.iterdir()) == ([tmp_path / kept.file] if kept.file else [])
    assert kept.digest == digest_value(outputs)
    loaded = load_outputs(tmp_path, kept)
    assert (loaded, digest_value(loaded)) == (outputs, kept.digest)


def test_the_same_outputs_are_one_file(tmp_path: Path) -> None:
    assert keep_outputs(tmp_path, LARGE) == keep_outputs(tmp_path, dict(LARGE))
    assert len(list(tmp_path.iterdir())) == 1


def test_a_missing_or_changed_file_is_told(tmp_path: Path) -> None:
    kept = keep_outputs(tmp_path, LARGE)
    assert kept.file is not None
    (tmp_path / kept.file).write_bytes(b"{}")
    with pytest.raises(OpsroomError, match="changed"):
        load_outputs(tmp_path, kept)
    (tmp_path / kept.file).unlink()
    with pytest.raises(OpsroomError, match="No such file"):
        load_outputs(tmp_path, kept)


def test_what_is_no_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="put out cannot be kept"):
        keep_outputs(tmp_path, {"a": float("nan")})
