"""What is matched apart is answered, or stopped."""

import os
import time

import pytest

from opsroom_dagster.apart import run_apart
from opsroom_dagster.errors import InputError, StepError, StepTimeoutError


def test_a_pattern_is_found_with_its_place() -> None:
    assert run_apart("pattern", {"pattern": r"v(\d+)", "text": "ünï v12"}, 10) == {"start": 4, "found": "v12"}
    assert run_apart("pattern", {"pattern": "x", "text": ""}, 10) is None


@pytest.mark.parametrize("pattern", ["(", "a{9999999999}", "(?P<a", "\\", "(" * 10_000])
def test_what_is_no_pattern_is_told(pattern: str) -> None:
    with pytest.raises(InputError, match="is no regular expression"):
        run_apart("pattern", {"pattern": pattern, "text": "x"}, 10)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*a){25}", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_a_pattern_without_end_is_stopped(pattern: str) -> None:
    started = time.monotonic()
    with pytest.raises(StepTimeoutError, match=r"was not matched within 0\.5 s"):
        run_apart("pattern", {"pattern": pattern, "text": "a" * 60 + "!"}, 0.5)
    assert time.monotonic() - started < 2


def test_a_pattern_that_wants_all_memory_is_refused_it() -> None:
    with pytest.raises(StepError, match="MemoryError"):
        run_apart("pattern", {"pattern": "(?:(a)|b)*c", "text": "a" * 15_000_000}, 60)


def test_the_environment_is_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONSTARTUP", "/nonexistent")
    monkeypatch.setenv("PYTHONPATH", os.fspath("/nonexistent"))
    assert run_apart("pattern", {"pattern": "a", "text": "a"}, 10) == {"start": 0, "found": "a"}


def test_a_schema_answers_with_paths() -> None:
    schema = {"items": {"$ref": "#/$defs/n"}, "$defs": {"n": {"type": "number"}}}
    found = run_apart("schema", {"schema": schema, "value": [1, "x", 2, None], "most": 1}, 10)
    assert found == [[["1"], "'x' is not of type 'number'"]]
