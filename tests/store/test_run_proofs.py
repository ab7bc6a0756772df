"""Proofs: signed, chained, and never changed."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from opsroom_dagster.digests import digest_bytes
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.run_proofs import add_proofs, proofs_of
from opsroom_dagster.store.steps import claim_step, finish_step
from tests.store.samples import SEAL, assert_chained, proof, running


def test_proofs_are_kept_in_one_chain_a_run(database: Database) -> None:
    run, other = running(database), running(database)
    wanted = [proof("one", "a"), proof("one", "b", status="inconclusive"), proof(None)]

    add_proofs(database, run, wanted[:2], SEAL)
    add_proofs(database, other, [proof("x")], SEAL)
    add_proofs(database, run, wanted[2:], SEAL)
    add_proofs(database, run, [], SEAL)

    kept = proofs_of(database, run)
    assert_chained(kept)
    assert [(entry.step_id, entry.verifier_id, entry.status, entry.passed) for entry in kept] == [
        ("one", "a", "passed", True),
        ("one", "b", "inconclusive", False),
        (None, None, "passed", True),
    ]
    assert [(entry.timestamp, entry.evidence) for entry in kept] == [
        (given.timestamp, given.evidence) for given in wanted
    ]
    assert_chained(proofs_of(database, other))
    assert "chain" not in wanted[0].statement["predicate"]


def test_evidence_for_queries_holds_what_postgres_can(database: Database) -> None:
    run = running(database)
    statement = {"predicate": {"output": "a\0b"}}

    add_proofs(database, run, [proof("one", "a", evidence={"output": "a\0b"}, statement=statement)], SEAL)

    kept = proofs_of(database, run)
    assert kept[0].evidence == {"output": "a�b"}
    assert assert_chained(kept)[0]["predicate"]["output"] == "a\0b"


def test_a_failing_signature_keeps_nothing(database: Database) -> None:
    run = running(database)
    claim_step(database, run, "one", "t", idx=0)

    def seal(statement: dict[str, Any], index: int, previous: str) -> bytes:
        if index:
            raise RuntimeError("no key")
        return SEAL(statement, index, previous)

    with pytest.raises(RuntimeError):
        finish_step(database, run, "one", "t", status="succeeded", proofs=[proof("one"), proof("one", "a")], seal=seal)
    assert proofs_of(database, run) == []
    finish_step(database, run, "one", "t", status="succeeded", proofs=[proof("one")], seal=SEAL)


def test_steps_that_end_at_once_make_one_chain(database: Database) -> None:
    run = running(database)

    def end(number: int) -> None:
        name = f"s{number}"
        assert claim_step(database, run, name, "t", idx=number)
        proofs = [proof(name), proof(name, "a"), proof(name, "b")]
        finish_step(database, run, name, "t", status="succeeded", proofs=proofs, seal=SEAL)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(end, range(40)))

    kept = proofs_of(database, run)
    assert_chained(kept)
    assert len(kept) == 120
    names = [entry.step_id for entry in kept]
    assert all(len(set(names[start : start + 3])) == 1 for start in range(0, 120, 3)), "a step's proofs stay together"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE run_proofs SET passed = NOT passed",
        "UPDATE run_proofs SET evidence = '{}' WHERE idx = 0",
        "DELETE FROM run_proofs",
        "TRUNCATE run_proofs",
        "TRUNCATE runs CASCADE",
        "DELETE FROM runs",
    ],
)
def test_not_even_the_owner_changes_a_proof(database: Database, statement: str) -> None:
    run = running(database)
    add_proofs(database, run, [proof("one")], SEAL)
    before = proofs_of(database, run)

    with pytest.raises(DBAPIError, match=r"is refused|violates"), database.begin() as connection:
        connection.execute(text(statement))
    assert proofs_of(database, run) == before


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"idx": 0}, "the next one has idx 1"),
        ({"idx": 2}, "the next one has idx 1"),
        ({"line_digest": "sha256:0"}, "check constraint"),
        ({"status": "failed"}, "check constraint"),
        ({"run_id": "none", "idx": 0}, "foreign key"),
    ],
)
def test_rows_that_do_not_fit_are_refused(database: Database, change: dict[str, Any], reason: str) -> None:
    run = running(database)
    add_proofs(database, run, [proof("one")], SEAL)
    row = {"run_id": run, "idx": 1, "status": "passed", "line_digest": digest_bytes(b"line"), **change}
    insert = """INSERT INTO run_proofs
        (run_id, idx, step_id, passed, status, timestamp, evidence, envelope, line_digest)
        VALUES (:run_id, :idx, 'one', true, :status, now(), '{}', 'line', :line_digest)"""

    with pytest.raises(DBAPIError, match=reason), database.begin() as connection:
        connection.execute(text(insert), row)
