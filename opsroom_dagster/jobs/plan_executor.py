"""The executor of plans: it takes the run's lock, runs its steps in threads, and records what came of the run."""

from collections.abc import Iterator

import dagster as dg
from dagster._core.events import DagsterEvent
from dagster._core.execution.context.system import PlanOrchestrationContext
from dagster._core.execution.plan.plan import ExecutionPlan

from opsroom_dagster.jobs.attempts import attempt
from opsroom_dagster.jobs.threads import PARALLEL, RUN_TAG, ThreadExecutor
from opsroom_dagster.runtime.conclude import conclude, conclude_rollback
from opsroom_dagster.settings import Settings
from opsroom_dagster.store.database import open_database
from opsroom_dagster.store.runs import attach_dagster_run, get_run, set_status

ROLLBACK_TAG = "opsroom/rollback"
"""On Dagster runs that undo what a failed run did."""
broken_off: dict[str, BaseException] = {}
"""Dagster run → what kept this process from executing it to its end. Dagster keeps it as a text only."""


class PlanExecutor(ThreadExecutor):
    """One attempt at a run, in the process that Dagster has given it."""

    def execute(self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan) -> Iterator[DagsterEvent]:
        """The events of all steps; afterwards the run's status says what came of it."""
        settings, dagster_run = Settings(), plan_context.dagster_run
        run_id, rollback = dagster_run.tags[RUN_TAG], ROLLBACK_TAG in dagster_run.tags
        database = open_database(settings)
        try:
            with attempt(database, settings, run_id, heeds_cancel=not rollback) as run:
                if not rollback:
                    before = get_run(database, run_id).dagster_run_id
                    attach_dagster_run(database, run_id, dagster_run.run_id, replaces=before, by=run.by)
                    set_status(database, run_id, "running", by=run.by)
                try:
                    yield from super().execute(plan_context, execution_plan)
                finally:
                    (conclude_rollback if rollback else conclude)(run)
        except GeneratorExit:
            raise
        except BaseException as error:
            broken_off[dagster_run.run_id] = error
            raise
        finally:
            database.close()


@dg.executor(name="plan", config_schema={"parallel": dg.Field(dg.Int, default_value=PARALLEL, is_required=False)})
def plan_executor(context: dg.InitExecutorContext) -> PlanExecutor:
    """Steps side by side in threads; ``parallel``: how many at most."""
    return PlanExecutor(int(context.executor_config["parallel"]))  # pyright: ignore[reportArgumentType]
