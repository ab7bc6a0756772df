"""in-toto Statements of what was proved: one a step, one a check, and a seal at the end.

Sources: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md and predicates/test-result.md.
"""

import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any

from opsroom_dagster.plans.model import RunProof
from opsroom_dagster.runtime.model import CheckRecord, StageRecord

STATEMENT = "https://in-toto.io/Statement/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
SEAL = "https://opsroom.dev/attestation/seal/v1"
RESULTS = {"passed": "PASSED", "failed": "FAILED", "inconclusive": "WARNED"}


def statements(project: str, run_id: str, records: Sequence[StageRecord]) -> Iterator[dict[str, Any]]:
    """Everything that the records prove, in their order, without the chain fields."""
    for record in records:
        yield _step(project, record)
        for check in record.checks:
            yield _check(project, record, check)
    yield {
        "_type": STATEMENT,
        "subject": [_subject(f"{record.stage}/", record.digest) for record in records],
        "predicateType": SEAL,
        "predicate": {
            "project": project,
            "runId": run_id,
            "result": "PASSED" if all(r.ok for r in records) else "FAILED",
        },
    }


def _step(project: str, record: StageRecord) -> dict[str, Any]:
    names = {status: [c.name for c in record.checks if c.verdict.status == status] for status in RESULTS}
    return {
        "_type": STATEMENT,
        "subject": [_subject(f"{record.stage}/{name}", digest) for name, digest in sorted(record.files.items())]
        or [_subject(f"{record.stage}/", record.digest)],
        "predicateType": TEST_RESULT,
        "predicate": {
            "result": "PASSED" if record.ok else "FAILED",
            "configuration": [{"name": "inputs", "digest": _digest(record.inputs)}],
            "passedTests": names["passed"],
            "warnedTests": names["inconclusive"],
            "failedTests": names["failed"],
            "opsroom": {
                "kind": "step",
                "project": project,
                "step": record.stage,
                "runId": record.run_id,
                "finishedAt": record.finished_at,
                "output": record.digest,
                "by": by(),
            },
        },
    }


def _check(project: str, record: StageRecord, check: CheckRecord) -> dict[str, Any]:
    proof = RunProof(
        run_id=record.run_id,
        step_id=record.stage,
        verifier_id=check.name,
        passed=check.verdict.status == "passed",
        timestamp=record.finished_at,
        evidence={"summary": check.verdict.summary, **check.verdict.evidence},
    )
    return {
        "_type": STATEMENT,
        "subject": [_subject(f"{record.stage}/", record.digest)],
        "predicateType": TEST_RESULT,
        "predicate": {
            "result": RESULTS[check.verdict.status],
            "configuration": [{"name": "inputs", "digest": _digest(record.inputs)}],
            "opsroom": {
                "kind": "check",
                "project": project,
                "blocking": check.blocking,
                "proof": proof.model_dump(mode="json", by_alias=True),
                "by": by(),
            },
        },
    }


def by() -> dict[str, str]:
    """Who says so: this program and what it ran on."""
    return {"opsroom": version("opsroom-dagster"), "python": platform.python_version()}


def _subject(name: str, digest: str) -> dict[str, Any]:
    return {"name": name, "digest": _digest(digest)}


def _digest(value: str) -> dict[str, str]:
    algorithm, _, hexadecimal = value.partition(":")
    return {algorithm: hexadecimal}
