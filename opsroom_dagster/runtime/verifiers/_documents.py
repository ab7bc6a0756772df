"""JSON that somebody else wrote."""

import json
from pathlib import Path
from typing import Any

from opsroom_dagster.errors import StepError
from opsroom_dagster.runtime.verifiers._folder import read_bytes

LARGEST = 20_000_000
"""Bytes of a document that a verifier reads."""


def parse(data: str | bytes, name: str) -> Any:
    """The value of a JSON text.

    Raises:
        StepError: it is none. Python's own reader would also take ``NaN``, which JSON does not have.
    """
    try:
        return json.loads(data, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise StepError(f"{name} is no JSON: {error}") from error


def read(root: Path, relative: str) -> Any:
    """The JSON document in a file of the step's folder; for the errors see ``parse`` and ``read_bytes``."""
    return parse(read_bytes(root, relative, LARGEST), repr(relative))


def _refused(name: str) -> Any:
    raise ValueError(f"it holds {name}")
