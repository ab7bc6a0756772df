"""Check a proof bundle offline: signatures, order, chain, completeness, and every artifact's bytes."""

from pathlib import Path
from typing import Any

from opsroom_dagster.digests import digest_bytes, digest_file, digest_tree
from opsroom_dagster.errors import InputError
from opsroom_dagster.files import inside
from opsroom_dagster.frozen import Frozen
from opsroom_dagster.proofs.bundle import START
from opsroom_dagster.proofs.envelope import EnvelopeError, unseal
from opsroom_dagster.proofs.keys import load_public_key
from opsroom_dagster.proofs.statement import SEAL


class Problem(Frozen):
    """What does not hold. ``line`` is 1-based, None when the fault is not of one line; ``file``: the artifact."""

    message: str
    line: int | None = None
    file: str | None = None


class VerificationReport(Frozen):
    """What was checked and what was found wrong."""

    statements: int
    artifacts: int
    """Files whose bytes were compared."""
    result: str
    """``PASSED``: all blocking checks had passed when the bundle was signed."""
    problems: tuple[Problem, ...]


def read_statements(bundle: Path, public_key: Path) -> tuple[list[dict[str, Any]], list[Problem]]:
    """The statements whose signatures hold, and what is wrong with lines, chain and order.

    Raises:
        InputError: the bundle or the key cannot be read.
    """
    key = load_public_key(public_key)
    try:
        data = bundle.read_bytes()
    except OSError as error:
        raise InputError(f"the bundle cannot be read: {error.strerror}.", file=bundle) from error
    problems: list[Problem] = (
        [] if data.endswith(b"\n") else [Problem(message="the file does not end as it was written")]
    )
    found: list[dict[str, Any]] = []
    previous = START
    for number, line in enumerate(data.split(b"\n")[: -1 if data.endswith(b"\n") else None], start=1):
        try:
            statement = unseal(line, key)
        except EnvelopeError as error:
            problems.append(Problem(message=str(error), line=number))
        else:
            found.append(statement)
            chain = statement["predicate"]["chain"]
            if chain["index"] != number - 1:
                problems.append(Problem(message=f"statement {chain['index'] + 1} stands on line {number}", line=number))
            elif chain["previous"] != previous:
                problems.append(
                    Problem(message="the line before it is not the one that was signed before it", line=number)
                )
        previous = digest_bytes(line)
    if not found or found[-1]["predicateType"] != SEAL:
        problems.append(Problem(message="the bundle has no seal at its end: lines are missing"))
    return found, problems


def verify_bundle(bundle: Path, artifacts: Path | None, public_key: Path) -> VerificationReport:
    """Everything that is wrong with a bundle and with the artifacts it speaks of (None: only the bundle).

    Raises:
        InputError: the bundle or the key cannot be read.
    """
    found, problems = read_statements(bundle, public_key)
    subjects = _subjects(found)
    if artifacts is not None:
        problems += _artifact_problems(subjects, artifacts)
    sealed = found[-1]["predicate"].get("result", "FAILED") if found else "FAILED"
    return VerificationReport(
        statements=len(found),
        artifacts=sum(not name.endswith("/") for name in subjects) if artifacts is not None else 0,
        result=sealed,
        problems=tuple(problems),
    )


def _subjects(found: list[dict[str, Any]]) -> dict[str, str]:
    return {
        subject["name"]: f"sha256:{subject['digest']['sha256']}"
        for statement in found
        for subject in statement["subject"]
    }


def _artifact_problems(subjects: dict[str, str], artifacts: Path) -> list[Problem]:
    problems: list[Problem] = []
    for name, digest in sorted(subjects.items()):
        path = inside(artifacts, name)
        if name.endswith("/"):
            problems += _folder_problems(name, digest, subjects, path)
        elif not path.is_file():
            problems.append(Problem(message="the artifact is missing", file=name))
        elif digest_file(path) != digest:
            problems.append(Problem(message="the artifact's bytes have changed", file=name))
    return problems


def _folder_problems(name: str, digest: str, subjects: dict[str, str], path: Path) -> list[Problem]:
    if not path.is_dir():
        return [Problem(message="the artifact folder is missing", file=name)]
    present = {f"{name}{file.relative_to(path).as_posix()}" for file in path.rglob("*") if file.is_file()}
    extra = [Problem(message="a file that was not there", file=file) for file in sorted(present - set(subjects))]
    if not extra and digest_tree(path) != digest and not any(key.startswith(name) and key != name for key in subjects):
        return [Problem(message="the artifact folder has changed", file=name)]
    return extra
