"""Proofs of runs: signed lines, chained in the order in which they are kept, never changed."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from opsroom_dagster.digests import digest_bytes
from opsroom_dagster.frozen import Frozen
from opsroom_dagster.plans.model import Json
from opsroom_dagster.proofs.bundle import START
from opsroom_dagster.runtime.model import Status
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.jsonb import legible
from opsroom_dagster.store.tables import run_proofs

Seal = Callable[[dict[str, Any], int, str], bytes]
"""Signs a statement with its index and the digest of the line before it: ``partial(link, key=key)``."""


class Proof(Frozen):
    """What is to be proved.

    Attributes:
        step_id: None: it is about the whole run.
        verifier_id: None: it is about the whole step.
        statement: the in-toto statement, without ``predicate.chain``, which depends on what was kept before.
    """

    step_id: str | None
    verifier_id: str | None
    status: Status
    timestamp: datetime
    evidence: Json = {}
    statement: Json


class StoredProof(Frozen):
    """A proof as it was kept.

    Attributes:
        idx: its place in the run's chain, from 0.
        envelope: the signed line.
        line_digest: of the line; the next statement names it.
    """

    id: int
    run_id: str
    idx: int
    step_id: str | None
    verifier_id: str | None
    passed: bool
    status: Status
    timestamp: datetime
    evidence: Json
    envelope: str
    line_digest: str


def add_proofs(database: Database, run_id: str, proofs: Sequence[Proof], seal: Seal, *, by: str = "opsroom") -> None:
    """Sign proofs and keep them, all or none, after those that the run has.

    Raises:
        InputError: there is no such run.
    """
    with database.begin() as connection:
        lock_chain(connection, run_id, by)
        append(connection, run_id, proofs, seal)


def proofs_of(database: Database, run_id: str) -> list[StoredProof]:
    """The proofs of a run, in the order of their chain; their envelopes are the lines of its bundle."""
    query = select(run_proofs).where(run_proofs.c.run_id == run_id).order_by(run_proofs.c.idx)
    with database.begin() as connection:
        rows = connection.execute(query).mappings().all()
    return [StoredProof.model_validate(dict(row)) for row in rows]


def lock_chain(connection: Connection, run_id: str, by: str) -> None:
    """Take turns with others that append to the run's proofs, and say who does; until the end of the transaction."""
    connection.execute(
        select(
            func.set_config("opsroom.actor", by, True),
            func.pg_advisory_xact_lock(func.hashtextextended(f"run_proofs {run_id}", 0)),
        )
    )


def append(connection: Connection, run_id: str, proofs: Sequence[Proof], seal: Seal) -> None:
    """Sign and insert; the chain must be locked."""
    last = (
        select(run_proofs.c.idx, run_proofs.c.line_digest)
        .where(run_proofs.c.run_id == run_id)
        .order_by(run_proofs.c.idx.desc())
        .limit(1)
    )
    index, previous = connection.execute(last).tuples().one_or_none() or (-1, START)
    rows: list[dict[str, Any]] = []
    for proof in proofs:
        index += 1
        # A copy: sealing writes the place into it, and a statement may have to be sealed again.
        statement = {**proof.statement, "predicate": {**proof.statement["predicate"]}}
        line = seal(statement, index, previous)
        previous = digest_bytes(line)
        rows.append(
            {
                "run_id": run_id,
                "idx": index,
                "step_id": proof.step_id,
                "verifier_id": proof.verifier_id,
                "passed": proof.status == "passed",
                "status": proof.status,
                "timestamp": proof.timestamp,
                "evidence": legible(proof.evidence),
                "envelope": line.decode(),
                "line_digest": previous,
            }
        )
    if rows:
        connection.execute(insert(run_proofs), rows)
