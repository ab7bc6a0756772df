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
Compute = Callable[[dg.OpExecutionContext], Iterator[Any]]
NOT_AGAIN = (InputError, MissingToolError, CancelledError)
"""What trying again cannot mend."""


def job_name(plan: Plan, digest: str, *, rollback: bool = False) -> str:
    """``deploy_1a2b3c4d``: a Dagster name for this version of the plan."""
    name = f"{plan.id.replace('-', '_')}_{digest.removeprefix('sha256:')[:8]}"
    return f"{name}_rollback" if rollback else name


def plan_job(plan: Plan, digest: str) -> dg.JobDefinition:
    """The job of a plan: ops are its steps, arrows its dependencies."""
    name = job_name(plan, digest)
    nodes = {step.id: (_execute(step), step.depends_on) for step in plan.steps}
    return _job(plan, digest, nodes, name, plan.description or plan.title)


def rollback_job(plan: Plan, digest: str) -> dg.JobDefinition | None:
    """The job that undoes finished steps in reverse order, one after the other; None: no step can be undone."""
    steps = undoable(plan)
    nodes = {
        step.id: (_undo(step), tuple(before.id for before in steps[max(place - 1, 0) : place]))
        for place, step in enumerate(steps)
    }
    name, tags = job_name(plan, digest, rollback=True), {ROLLBACK_TAG: "yes"}
    return _job(plan, digest, nodes, name, f"Undoes {plan.title}.", tags) if steps else None


def _job(
    plan: Plan,
    digest: str,
    nodes: Mapping[str, tuple[Compute, Sequence[str]]],
    name: str,
    description: str,
    tags: Mapping[str, str] | None = None,
) -> dg.JobDefinition:
    titles = {step.id: step.title for step in plan.steps}
    # Dagster wants the names of all ops of a location to differ; in their job they go by the names of their steps.
    ops = {step: _op(name, step, titles[step], *node) for step, node in nodes.items()}
    dependencies: dg.DependencyMapping[dg.NodeInvocation] = {
        dg.NodeInvocation(ops[step].name, alias=_op_name(step)): {
            _after(need): dg.DependencyDefinition(_op_name(need)) for need in needs
        }
        for step, (_, needs) in nodes.items()
    }
    graph = dg.GraphDefinition(
        name=name, node_defs=list(ops.values()), dependencies=dependencies, description=description
    )
    return graph.to_job(
        name=name,
        executor_def=plan_executor,
        logger_defs={"console": dg.colored_console_logger, "progress": progress_logger},
        tags={PLAN_TAG: digest, **(tags or {})},
        description=description,
    )


def _op_name(step: str) -> str:
    return step.replace("-", "__")


def _after(need: str) -> str:
    return f"after_{_op_name(need)}"


def _op(job: str, step: str, title: str, compute: Compute, needs: Sequence[str]) -> dg.OpDefinition:
    @dg.op(
        name=f"{job}__{_op_name(step)}",
        description=title,
        ins={_after(need): dg.In(dg.Nothing) for need in needs},
        # Optional: a step that waits for a person puts nothing out, and what depends on it is skipped.
        out=dg.Out(dg.Nothing, is_required=False),
        tags={"opsroom/step": step},
    )
    def op(context: dg.OpExecutionContext) -> Any:
        yield from compute(context)

    return op


def _execute(step: Step) -> Compute:
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


def _undo(step: Step) -> Compute:
    def compute(context: dg.OpExecutionContext) -> Iterator[Any]:
        try:
            undo_step(current(context.run.tags[RUN_TAG]), step.id, context.log.info)
        except OpsroomError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        yield dg.Output(None)

    return compute
