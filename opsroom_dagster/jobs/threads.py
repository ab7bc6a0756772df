"""A Dagster executor that runs independent steps of a job side by side, in threads of one process.

Steps of plans mostly wait for processes and servers. Dagster's in-process executor runs them one after the other, its
multiprocess one starts a process for each, which costs hundreds of milliseconds.

It uses parts of Dagster that are not public (the same as its own executors do): Dagster is pinned below 1.14, and
tests hold what is relied on.
"""

import queue
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import dagster as dg
from dagster._core.events import DagsterEvent
from dagster._core.execution.api import ExecuteRunWithPlanIterable
from dagster._core.execution.context.system import PlanExecutionContext, PlanOrchestrationContext, StepExecutionContext
from dagster._core.execution.context_creation_job import PlanExecutionContextManager
from dagster._core.execution.plan.active import ActiveExecution
from dagster._core.execution.plan.execute_plan import dagster_event_sequence_for_step
from dagster._core.execution.plan.instance_concurrency_context import InstanceConcurrencyContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.retries import RetryMode

from opsroom_dagster.runtime.cancellation import cancellation

PARALLEL = 16
POLL_SECONDS = 0.2
RUN_TAG = "opsroom/run"

Said = tuple[str, DagsterEvent | BaseException | None]
"""A step's key and what it says: an event, what went wrong with the executor itself, or None at its end."""


class ThreadExecutor(dg.Executor):
    """At most ``parallel`` steps at a time."""

    def __init__(self, parallel: int) -> None:
        self._parallel = parallel

    @property
    def retries(self) -> RetryMode:
        return RetryMode.ENABLED

    def execute(self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan) -> Iterator[DagsterEvent]:
        """The events of all steps, as they come."""
        yield from ExecuteRunWithPlanIterable(
            execution_plan=execution_plan,
            iterator=self._steps,
            execution_context_manager=PlanExecutionContextManager(
                job=plan_context.job,
                retry_mode=self.retries,
                execution_plan=execution_plan,
                run_config=plan_context.run_config,
                dagster_run=plan_context.dagster_run,
                instance=plan_context.instance,
                raise_on_error=plan_context.raise_on_error,
                output_capture=plan_context.output_capture,
                step_dependency_config=self.step_dependency_config,
            ),
        )

    def _steps(
        self, job_context: PlanExecutionContext, execution_plan: ExecutionPlan, *_: Any
    ) -> Iterator[DagsterEvent]:
        said: queue.SimpleQueue[Said] = queue.SimpleQueue()
        flying, again = set[str](), dict[str, DagsterEvent]()
        with (
            InstanceConcurrencyContext(job_context.instance, job_context.dagster_run) as limits,
            ActiveExecution(
                execution_plan,
                retry_mode=self.retries,
                max_concurrent=self._parallel,
                instance_concurrency_context=limits,
                step_dependency_config=self.step_dependency_config,
            ) as active,
            ThreadPoolExecutor(self._parallel, thread_name_prefix="step") as pool,
        ):
            stopping, interrupted, cancelled = False, False, cancellation(job_context.dagster_run.tags.get(RUN_TAG, ""))
            while flying or not (stopping or active.is_complete):
                if not stopping and (cancelled.is_set() or (interrupted := active.check_for_interrupts())):
                    stopping = True
                    active.mark_interrupted()
                    cancelled.set()
                room = 0 if stopping else self._parallel - len(flying)
                for step in active.get_steps_to_execute(limit=room) if room else ():
                    flying.add(step.key)
                    pool.submit(_work, job_context.for_step(step, active.get_known_state()), said)
                yield from active.concurrency_event_iterator(job_context)
                if not flying:
                    # Not as long as Dagster would: who cancels is heard also before the next try.
                    wait: float = active.sleep_interval()  # pyright: ignore[reportUnknownVariableType]
                    time.sleep(min(POLL_SECONDS, wait))  # pyright: ignore[reportUnknownArgumentType]
                    continue
                yield from self._hear(job_context, active, said, flying, again)
        if interrupted:  # Dagster says so itself only when steps are left
            raise dg.DagsterExecutionInterruptedError("Interrupted.")

    def _hear(
        self,
        job: PlanExecutionContext,
        active: ActiveExecution,
        said: "queue.SimpleQueue[Said]",
        flying: set[str],
        again: dict[str, DagsterEvent],
    ) -> Iterator[DagsterEvent]:
        """What the next step says, waiting a little.

        That it wants to be tried ``again`` is handled at its end: the next try must not begin before.
        """
        try:
            key, what = said.get(timeout=POLL_SECONDS)
        except queue.Empty:
            return
        if what is None:
            flying.discard(key)
            if key in again:
                active.handle_event(again.pop(key))
            active.verify_complete(job, key)
            yield from active.plan_events_iterator(job)
        elif isinstance(what, BaseException):
            raise what
        else:
            yield what
            if what.is_step_up_for_retry:
                again[key] = what
            else:
                active.handle_event(what)


def _work(step: StepExecutionContext, said: "queue.SimpleQueue[Said]") -> None:
    key = step.step.key
    try:
        for event in dagster_event_sequence_for_step(step):
            said.put((key, event))
    except BaseException as error:  # told to the thread that leads, which ends the run
        said.put((key, error))
    said.put((key, None))
