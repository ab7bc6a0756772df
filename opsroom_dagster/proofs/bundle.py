"""Write the proof bundle of a project: signed statements, one a line, each naming the digest of the line before."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from opsroom_dagster.digests import digest_bytes
from opsroom_dagster.files import write_atomic
from opsroom_dagster.home import Home
from opsroom_dagster.plans.templates import doc_to_code_steps
from opsroom_dagster.proofs.envelope import seal
from opsroom_dagster.proofs.keys import signing_key
from opsroom_dagster.proofs.statement import statements
from opsroom_dagster.runtime.model import StageRecord
from opsroom_dagster.runtime.records import read_record

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PLAN = "doc-to-code"
BUNDLE = "bundle.intoto.jsonl"
START = "sha256:" + "0" * 64
"""What the first line names as the line before it."""


def write_bundle(home: Home, project: str, run_id: str, destination: Path) -> Path:
    """Sign what is recorded of the project's stages, in the order of the plan; stages without a record are absent."""
    key, steps = signing_key(home), {step.id: step for step in doc_to_code_steps()}
    previous, lines = START, list[bytes]()
    for statement in statements(project, run_id, proved_records(home, project), steps, PLAN):
        lines.append(link(statement, len(lines), previous, key))
        previous = digest_bytes(lines[-1])
    write_atomic(destination, b"".join(line + b"\n" for line in lines))
    return destination


def link(statement: dict[str, Any], index: int, previous: str, key: "Ed25519PrivateKey") -> bytes:
    """The statement as a signed line that names its place and the digest of the line before it.

    In the seal, the last one, these are the number of statements before it and the head of their chain.
    """
    statement["predicate"]["chain"] = {"index": index, "previous": previous}
    return seal(statement, key)


def kept_bundle(home: Home, project: str, generated: str) -> Path:
    """Where the bundle of the build that proposed the commit ``generated`` stays, for the release of that change."""
    return home.forge(project) / "proofs" / f"{generated}.intoto.jsonl"


def proved_records(home: Home, project: str) -> list[StageRecord]:
    """The records of all stages but the bundle's own, in the order of the plan."""
    stages = [step.id for step in doc_to_code_steps() if step.id != "proof_bundle"]
    return [record for stage in stages if (record := read_record(home, project, stage)) is not None]
