"""Small plans, runs and proofs that tests of the store share."""

import uuid
from datetime import UTC, datetime
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from opsroom_dagster.digests import digest_bytes
from opsroom_dagster.plans.model import Plan, PlanMetadata, Skill, Step, Tool
from opsroom_dagster.proofs.bundle import START, link
from opsroom_dagster.proofs.envelope import unseal
from opsroom_dagster.runtime.model import CheckRecord, Verdict
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.plans import register_plan
from opsroom_dagster.store.run_proofs import Proof, StoredProof
from opsroom_dagster.store.runs import Run, create_run, set_status

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
SEAL = partial(link, key=KEY)

CURL = Tool(id="curl", kind="http", name="Curl")
BASH = Tool(id="bash", kind="shell", name="Shell")


def step(name: str, **values: Any) -> Step:
    return Step.model_validate({"id": name, "idx": 0, "title": name, "kind": "system", "action": "do", **values})


def skill(name: str, *steps: Step, tools: tuple[str, ...] = ()) -> Skill:
    return Skill(id=name, slug=name, name=name, tools=tools, steps=steps)


def plan(name: str = "deploy", *steps: Step, **values: Any) -> Plan:
    metadata = PlanMetadata(source="test")
    return Plan(id=name, kind="deploy", title=name, steps=steps or (step("one"),), metadata=metadata, **values)


def queued(database: Database, *, run_id: str | None = None, **values: Any) -> Run:
    """A run of a small approved plan."""
    digest = register_plan(database, plan(), by="ann", approved=True)
    return create_run(database, run_id or str(uuid.uuid4()), digest, **{"inputs": {}, "user": "ann", **values})


def running(database: Database, **values: Any) -> str:
    run = queued(database, **values)
    return set_status(database, run.id, "running").id


def proof(step_id: str | None, verifier_id: str | None = None, **values: Any) -> Proof:
    statement = {"_type": "test", "subject": [], "predicate": {"step": step_id, "verifier": verifier_id}}
    return Proof.model_validate(
        {
            "step_id": step_id,
            "verifier_id": verifier_id,
            "status": "passed",
            "timestamp": datetime(2026, 1, 1, tzinfo=UTC),
            "evidence": {"code": 200},
            "statement": statement,
            **values,
        }
    )


def check(name: str = "answers", verdict: Verdict | None = None) -> CheckRecord:
    return CheckRecord(name=name, blocking=True, verdict=verdict or Verdict.passed("It answers."), seconds=0.1)


def assert_chained(kept: list[StoredProof]) -> list[dict[str, Any]]:
    """Each envelope holds, and names its place and the line before it; returns the statements."""
    statements = [unseal(entry.envelope.encode(), KEY.public_key()) for entry in kept]
    previous = START
    for index, (entry, statement) in enumerate(zip(kept, statements, strict=True)):
        assert entry.idx == index
        assert statement["predicate"]["chain"] == {"index": index, "previous": previous}
        previous = digest_bytes(entry.envelope.encode())
        assert entry.line_digest == previous
    return statements
