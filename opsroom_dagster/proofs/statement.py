"""in-toto Statements of what was proved: one a step, one a check, and a seal at the end.

Sources: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md and predicates/test-result.md.
"""

import platform
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from opsroom_dagster.digests import digest_value
from opsroom_dagster.plans.model import RunProof, Step
from opsroom_dagster.proofs.masking import mask
from opsroom_dagster.runtime.model import CheckRecord, StageRecord

STATEMENT = "https://in-toto.io/Statement/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
SEAL = "https://opsroom.dev/attestation/seal/v1"


def statements(
    project: str, run_id: str, records: Sequence[StageRecord], steps: Mapping[str, Step], plan: str
) -> Iterator[dict[str, Any]]:
    """Everything that the records prove, in their order, without the chain fields. Credentials are masked.

    Args:
        project: what the run is for: a project, or a plan.
        steps: the steps that the records are of, by id.
        plan: id of the plan that they belong to.
    """
    for record in records:
        yield from step_statements(project, record, steps[record.stage], plan)
    yield seal_statement(project, run_id, records)


def step_statements(project: str, record: StageRecord, step: Step, plan: str) -> Iterator[dict[str, Any]]:
    """What one record proves: the step, then each of its checks."""
    configuration = _configuration(record, step, plan)
    yield _step(project, record, configuration)
    for check in record.checks:
        yield _check(project, record, check, configuration)


def seal_statement(
    project: str, run_id: str, records: Sequence[StageRecord], *, complete: bool = True
) -> dict[str, Any]:
    """The last statement of a bundle: that these records are all, and what came of them.

    Args:
        complete: False: the run did not reach its end, so it has failed whatever its steps say.
    """
    return {
        "_type": STATEMENT,
        "subject": [_subject(f"{record.stage}/", record.digest) for record in records],
        "predicateType": SEAL,
        "predicate": {
            "project": project,
            "runId": run_id,
            "result": _overall(records) if complete else "FAILED",
            "by": by(),
        },
    }


def _overall(records: Sequence[StageRecord]) -> str:
    results = {_result(check) for record in records for check in record.checks}
    results |= {"FAILED" for record in records if not record.ok}
    return next(result for result in ("FAILED", "WARNED", "PASSED") if result in results or result == "PASSED")


def _result(check: CheckRecord) -> str:
    """What stops the pipeline has failed; what did not pass and stops nothing is a warning."""
    if check.verdict.status == "passed":
        return "PASSED"
    return "FAILED" if check.stops else "WARNED"


def _step(project: str, record: StageRecord, configuration: list[dict[str, Any]]) -> dict[str, Any]:
    names = {
        result: [check.name for check in record.checks if _result(check) == result]
        for result in ("PASSED", "WARNED", "FAILED")
    }
    return {
        "_type": STATEMENT,
        "subject": [_subject(f"{record.stage}/{name}", digest) for name, digest in sorted(record.files.items())]
        or [_subject(f"{record.stage}/", record.digest)],
        "predicateType": TEST_RESULT,
        "predicate": {
            "result": _overall([record]),
            "configuration": configuration,
            "passedTests": names["PASSED"],
            "warnedTests": names["WARNED"],
            "failedTests": names["FAILED"],
            "opsroom": {
                "kind": "step",
                "project": project,
                "step": record.stage,
                "runId": record.run_id,
                "finishedAt": record.finished_at,
                "output": record.digest,
                **({"error": mask(record.error)} if record.error else {}),
                "by": by(),
            },
        },
    }


def _check(
    project: str, record: StageRecord, check: CheckRecord, configuration: list[dict[str, Any]]
) -> dict[str, Any]:
    proof = RunProof(
        run_id=record.run_id,
        step_id=record.stage,
        verifier_id=check.name,
        passed=check.verdict.status == "passed",
        timestamp=record.finished_at,
        evidence=mask({**check.verdict.evidence, "summary": check.verdict.summary}),
    )
    return {
        "_type": STATEMENT,
        "subject": [_subject(f"{record.stage}/", record.digest)],
        "predicateType": TEST_RESULT,
        "predicate": {
            "result": _result(check),
            "configuration": configuration,
            "opsroom": {
                "kind": "check",
                "project": project,
                "status": check.verdict.status,
                "blocking": check.blocking,
                "proof": proof.model_dump(mode="json", by_alias=True),
                "by": by(),
            },
        },
    }


def _configuration(record: StageRecord, step: Step, plan: str) -> list[dict[str, Any]]:
    """Resource descriptors: the plan's step, and everything that its output depended on, as one digest each."""
    return [
        {
            "name": f"{plan}/{step.id}",
            "digest": _digest(digest_value(step.model_dump(mode="json", by_alias=True))),
        },
        {"name": "inputs", "digest": _digest(record.inputs)},
    ]


def by() -> dict[str, str]:
    """Who says so, and the versions of what it ran on."""
    ours = version("opsroom-dagster")
    return {"signer": f"opsroom@{ours}", "opsroom": ours, "python": platform.python_version()}


def _subject(name: str, digest: str) -> dict[str, Any]:
    return {"name": name, "digest": _digest(digest)}


def _digest(value: str) -> dict[str, str]:
    algorithm, _, hexadecimal = value.partition(":")
    return {algorithm: hexadecimal}
