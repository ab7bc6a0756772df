"""The proofs of a run's steps: signed statements in one chain, in the order in which the steps ended."""

from datetime import datetime

from opsroom_dagster.plans.model import Step
from opsroom_dagster.proofs.statement import step_statements
from opsroom_dagster.runtime.model import CheckRecord, StageRecord
from opsroom_dagster.runtime.plan_run import PlanRun
from opsroom_dagster.store.run_proofs import Proof


def step_proofs(run: PlanRun, step: Step, record: StageRecord) -> list[Proof]:
    """What is proved of a step: that it ran as it did, then each of its checks."""
    statements = step_statements(run.plan.id, record, step, run.plan.id)
    return [
        _proof(record, statement, check) for statement, check in zip(statements, (None, *record.checks), strict=True)
    ]


def _proof(record: StageRecord, statement: dict[str, object], check: CheckRecord | None) -> Proof:
    return Proof(
        step_id=record.stage,
        verifier_id=check.name if check else None,
        status=check.verdict.status if check else "passed" if record.ok else "failed",
        timestamp=datetime.fromisoformat(record.finished_at),
        evidence={"summary": check.verdict.summary} if check else {},
        statement=statement,
    )
