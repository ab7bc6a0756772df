"""A plan as a Dagster job, one op a step, and the job that undoes what a failed run of it did."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from opsroom_dagster.errors import CancelledError, InputError, MissingToolError, OpsroomError
from opsroom_dagster.jobs.attempts import current
from opsroom_dagster.jobs.plan_executor import ROLLBACK_TAG, plan_executor
from opsroom_dagster.jobs.progress import progress_logger
from opsroom_dagster.jobs.threads import RUN_TAG
from opsroom_dagster.plans.model import Plan, RetryPolicy, Step
from opsroom_dagster.runtime.execute import execute_step
from opsroom_dagster.runtime.undo import undo_step, undoable

PLAN_TAG = "opsroom/plan"
NOT_AGAIN = (InputError, MissingToolError, CancelledError)
"""What trying again cannot mend."""


def job_name(plan: Plan, digest: str, *, rollback: bool = False) -> str:
    """``deploy_1a2b3c4d``: a Dagster name for this version of the plan."""
    name = f"{plan.id.replace('-', '_')}_{digest.removeprefix('sha256:')[:8]}"
    return f"{name}_rollback" if rollback else name


def plan_job(plan: Plan, digest: str) -> dg.JobDefinition:
    """The job of a plan: ops are its steps, arrows its dependencies."""
    ops = [_op(step, _execute(step)) for step in plan.steps]
    dependencies = {
        _op_name(step.id): {
            f"after_{_op_name(need)}": dg.DependencyDefinition(_op_name(need)) for need in step.depends_on
        }
        for step in plan.steps
    }
    return _job(digest, ops, dependencies, job_name(plan, digest), plan.description or plan.title)


def rollback_job(plan: Plan, digest: str) -> dg.JobDefinition | None:
    """The job that undoes finished steps in reverse order, one after the other; None: no step can be undone."""
    steps = undoable(plan)
    ops = [_op(step, _undo(step), after=steps[place - 1 : place]) for place, step in enumerate(steps)]
    dependencies = {
        _op_name(step.id): {f"after_{_op_name(before.id)}": dg.DependencyDefinition(_op_name(before.id))}
        if (before := steps[place - 1] if place else None)
        else {}
        for place, step in enumerate(steps)
    }
    name = job_name(plan, digest, rollback=True)
    tags = {ROLLBACK_TAG: "yes"}
    return _job(digest, ops, dependencies, name, f"Undoes {plan.title}.", tags) if steps else None


def _job(
    digest: str,
    ops: Sequence[dg.OpDefinition],
    dependencies: Any,
    name: str,
    description: str,
    tags: Mapping[str, str] | None = None,
) -> dg.JobDefinition:
    graph = dg.GraphDefinition(name=name, node_defs=list(ops), dependencies=dependencies, description=description)
    return graph.to_job(
        name=name,
        executor_def=plan_executor,
        logger_defs={"console": dg.colored_console_logger, "progress": progress_logger},
        tags={PLAN_TAG: digest, **(tags or {})},
        description=description,
    )


def _op_name(step: str) -> str:
    return step.replace("-", "__")


def _op(step: Step, compute: Callable[..., Any], after: Sequence[Step] | None = None) -> dg.OpDefinition:
    needs = step.depends_on if after is None else [other.id for other in after]

    @dg.op(
        name=_op_name(step.id),
        description=step.title,
        ins={f"after_{_op_name(need)}": dg.In(dg.Nothing) for need in needs},
        # Optional: a step that waits for a person puts nothing out, and what depends on it is skipped.
        out=dg.Out(dg.Nothing, is_required=False),
        tags={"opsroom/step": step.id},
    )
    def op(context: dg.OpExecutionContext) -> Any:
        yield from compute(context)

    return op


def _execute(step: Step) -> Callable[[dg.OpExecutionContext], Iterator[Any]]:
    policy = step.retry_policy or RetryPolicy()

    def compute(context: dg.OpExecutionContext) -> Iterator[Any]:
        run = current(context.run.tags[RUN_TAG])
        try:
            ended = execute_step(run, step.id, context.log.info)
        except OpsroomError as error:
            if context.retry_number + 1 < policy.max_attempts and not isinstance(error, NOT_AGAIN):
                wait = policy.backoff_ms * policy.backoff_multiplier**context.retry_number / 1000
                raise dg.RetryRequested(max_retries=policy.max_attempts - 1, seconds_to_wait=wait) from error
            raise dg.Failure(str(error), allow_retries=False) from error
        if ended == "waiting":
            context.log.info("waits for a person: opsroom runs approve %s", run.id)
        else:
            yield dg.Output(None)

    return compute


def _undo(step: Step) -> Callable[[dg.OpExecutionContext], Iterator[Any]]:
    def compute(context: dg.OpExecutionContext) -> Iterator[Any]:
        try:
            undo_step(current(context.run.tags[RUN_TAG]), step.id, context.log.info)
        except OpsroomError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        yield dg.Output(None)

    return compute
