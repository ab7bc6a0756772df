"""The records of a local forge's pull requests: ``pulls/0001.json`` and so on, each written atomically."""

from pathlib import Path

from pydantic import ValidationError

from opsroom_dagster.digests import canonical_json
from opsroom_dagster.errors import InputError
from opsroom_dagster.files import write_atomic
from opsroom_dagster.forge.model import PullRequest


def read_pulls(root: Path) -> list[PullRequest]:
    """All records of the forge at ``root``, oldest first.

    Raises:
        InputError: a record is damaged.
    """
    return sorted((_read(path) for path in (root / "pulls").glob("[0-9]*.json")), key=lambda pull: pull.number)


def write_pull(root: Path, pull: PullRequest) -> PullRequest:
    """Keep a record; returns it."""
    write_atomic(root / "pulls" / f"{pull.number:04}.json", canonical_json(pull.model_dump(mode="json")))
    return pull


def _read(path: Path) -> PullRequest:
    try:
        return PullRequest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise InputError(
            f"the record of a pull request is damaged ({error.error_count()} faults).",
            file=path,
            remedy="Remove it; what its branch proposes is proposed again by the next build.",
        ) from error
