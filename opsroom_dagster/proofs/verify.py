"""Check a proof bundle offline: signatures, order, chain, completeness, and every artifact's bytes."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from opsroom_dagster.digests import digest_bytes, digest_file, digest_tree
from opsroom_dagster.errors import InputError
from opsroom_dagster.frozen import Frozen
from opsroom_dagster.proofs.bundle import START
from opsroom_dagster.proofs.envelope import EnvelopeError, unseal
from opsroom_dagster.proofs.keys import load_public_key
from opsroom_dagster.proofs.statement import SEAL

MAX_BYTES = 200_000_000


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
    """What the seal says of the build: ``PASSED``, ``WARNED`` (something that stops nothing), ``FAILED``;
    ``UNKNOWN`` without a seal."""
    problems: tuple[Problem, ...]


def read_statements(bundle: Path, public_key: Path) -> tuple[list[dict[str, Any]], list[Problem]]:
    """The statements whose signatures hold, and what is wrong with lines, chain and order.

    Raises:
        InputError: the bundle or the key cannot be read.
    """
    key = load_public_key(public_key)
    lines, problems = _lines(bundle)
    found: list[dict[str, Any]] = []
    previous, expected, unknown = START, 0, 0
    for number, line in enumerate(lines, start=1):
        try:
            statement = unseal(line, key)
            index, named = _chain(statement)
        except EnvelopeError as error:
            problems.append(Problem(message=str(error), line=number))
            unknown += 1
        else:
            found.append(statement)
            if fault := _order_fault(index, expected, unknown):
                problems.append(Problem(message=fault, line=number))
            elif unknown == 0 and named != previous and not (problems and problems[-1].line == number - 1):
                message = "the line before it is not the one that was signed before it"
                problems.append(Problem(message=message, line=number))
            expected, unknown = max(expected, index + 1), 0
        previous = digest_bytes(line)
    if unknown == 0 and (not found or found[-1]["predicateType"] != SEAL):
        problems.append(Problem(message="the bundle has no seal at its end: lines are missing"))
    return found, problems


def verify_bundle(bundle: Path, artifacts: Path | None, public_key: Path) -> VerificationReport:
    """Everything that is wrong with a bundle and with the artifacts it speaks of (None: only the bundle).

    Args:
        artifacts: the folder of a project's artifacts, with one folder a stage.

    Raises:
        InputError: the bundle, the key or the folder cannot be read.
    """
    if artifacts is not None and not artifacts.is_dir():
        raise InputError("this folder of artifacts does not exist.", file=artifacts)
    found, problems = read_statements(bundle, public_key)
    if artifacts is not None:
        problems += _artifact_problems(artifacts, _files(found), _folders(found))
    seal = found[-1] if found and found[-1]["predicateType"] == SEAL else None
    return VerificationReport(
        statements=len(found),
        artifacts=len(_files(found)) if artifacts is not None else 0,
        result=seal["predicate"]["result"] if seal else "UNKNOWN",
        problems=tuple(problems),
    )


def _lines(bundle: Path) -> tuple[list[bytes], list[Problem]]:
    try:
        if bundle.stat().st_size > MAX_BYTES:
            raise InputError(f"this is larger than {MAX_BYTES:,} bytes, no bundle of ours.", file=bundle)
        data = bundle.read_bytes()
    except OSError as error:
        raise InputError(f"the bundle cannot be read: {error.strerror}.", file=bundle) from error
    if data.endswith(b"\n"):
        return data[:-1].split(b"\n"), []
    lines = data.split(b"\n")
    return lines, [Problem(message="the file does not end with a newline, as it was written", line=len(lines))]


def _chain(statement: dict[str, Any]) -> tuple[int, str]:
    """The statement's place: its index, and the digest of the line before it."""
    try:
        chain = statement["predicate"]["chain"]
        return int(chain["index"]), str(chain["previous"])
    except (LookupError, TypeError, ValueError) as error:
        raise EnvelopeError("signed, but no statement of a proof bundle") from error


def _order_fault(index: int, expected: int, unknown: int) -> str | None:
    """What is wrong with a statement's place, after ``unknown`` lines that could not be read."""
    if index < expected:
        return f"statement {index + 1} stands here again or too late"
    if index > expected + unknown:
        return f"statements {expected + unknown + 1} to {index} are missing before this line"
    return None


def _files(found: Iterable[dict[str, Any]]) -> dict[str, str]:
    """``<stage>/<path>`` → digest, of each file that a step's statement lists."""
    facts = [(statement["predicate"].get("opsroom", {}), statement) for statement in found]
    # A step that was tried again has a statement for each try; its folder holds what the last one left.
    last = {fact["step"]: statement for fact, statement in facts if fact.get("kind") == "step"}
    return {name: digest for name, digest in _subjects(last.values()) if not name.endswith("/")}


def _folders(found: Iterable[dict[str, Any]]) -> dict[str, str]:
    """``<stage>/`` → digest of the whole folder."""
    return {name: digest for name, digest in _subjects(found) if name.endswith("/")}


def _subjects(found: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for statement in found:
        for subject in statement["subject"]:
            yield subject["name"], f"sha256:{subject['digest']['sha256']}"


def _artifact_problems(artifacts: Path, files: dict[str, str], folders: dict[str, str]) -> list[Problem]:
    problems = [problem for name in sorted(files) if (problem := _file_problem(artifacts, name, files[name]))]
    listed = {name.partition("/")[0] + "/" for name in files}
    for name in sorted(folders):
        problems += (
            _extra_files(artifacts, name, files) if name in listed else _folder_problems(artifacts, name, folders[name])
        )
    return problems


def _file_problem(artifacts: Path, name: str, digest: str) -> Problem | None:
    path = artifacts / name
    if any(part.is_symlink() for part in (path, *path.parents) if part.is_relative_to(artifacts) and part != artifacts):
        return Problem(message="a symbolic link stands in the artifact's place", file=name)
    if not path.is_file():
        return Problem(message="the artifact is missing", file=name)
    if digest_file(path) != digest:
        return Problem(message="the artifact's bytes have changed", file=name)
    return None


def _extra_files(artifacts: Path, folder: str, files: dict[str, str]) -> list[Problem]:
    present = (path for path in (artifacts / folder).rglob("*") if path.is_symlink() or not path.is_dir())
    names = sorted(path.relative_to(artifacts).as_posix() for path in present)
    return [Problem(message="a file that was not there", file=name) for name in names if name not in files]


def _folder_problems(artifacts: Path, folder: str, digest: str) -> list[Problem]:
    """For a stage whose files no readable statement lists: only whether the folder as a whole is the same."""
    path = artifacts / folder
    if path.is_dir() and digest_tree(path) == digest:
        return []
    return [Problem(message="the artifact folder has changed or is missing", file=folder)]
