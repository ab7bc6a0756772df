"""A recorded run as its steps need it: the plan and the tools that it is pinned to, and what has finished."""

from opsroom_dagster.runtime.plan_run import PlanRun
from opsroom_dagster.settings import Settings
from opsroom_dagster.store.catalog import pinned
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.outputs import load_outputs
from opsroom_dagster.store.plans import get_plan, plan_of
from opsroom_dagster.store.runs import get_run
from opsroom_dagster.store.steps import steps_of


def load_run(database: Database, settings: Settings, run_id: str) -> PlanRun:
    """The run. The caller holds its lock: every claim that is recorded belongs to a worker that is gone.

    Raises:
        InputError: there is no such run.
        OpsroomError: outputs of a finished step cannot be read any more.
    """
    row = get_run(database, run_id)
    plan = plan_of(get_plan(database, row.plan_digest))
    steps = steps_of(database, run_id)
    run = PlanRun(
        id=run_id,
        plan=plan,
        plan_digest=row.plan_digest,
        inputs={**plan.inputs, **row.inputs},
        tools=pinned(database, row.pins).tools,
        settings=settings,
        database=database,
        by=row.user_name,
        dead=frozenset(s.claim_token for s in steps if s.claim_token and s.status in ("running", "undoing")),
    )
    run.finished.update(
        {s.step_id: load_outputs(run.kept, s.outputs) for s in steps if s.outputs and s.status == "succeeded"}
    )
    return run
