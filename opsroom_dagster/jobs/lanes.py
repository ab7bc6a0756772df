"""Lanes: the queues of runs of plans, and why a run waits in one."""

from collections.abc import Sequence

from opsroom_dagster.store.runs import Lane, Run

LIMITS: dict[Lane, int] = {"A": 8, "B": 4, "C": 2, "D": 1}
"""Lane → how many of its runs are executed at a time."""
PER_USER = 10
"""How many runs of one user are executed at a time."""


def why_it_waits(run: Run, others: Sequence[Run], *, served: bool) -> str | None:
    """Why the run is not being executed; None: it is, or it has ended.

    Args:
        others: the runs that have not ended.
        served: a daemon takes runs from the queue.
    """
    if run.status == "waiting":
        return run.reason
    if run.status != "queued":
        return None
    if not served:
        return (
            f"nothing takes runs from the queue: start `opsroom ui`, or execute it with `opsroom runs retry {run.id}`"
        )
    active = [other for other in others if other.status == "running"]
    in_lane = sum(other.lane == run.lane for other in active)
    if in_lane >= LIMITS[run.lane]:
        return f"lane {run.lane} is full: {in_lane} of {LIMITS[run.lane]} runs are being executed"
    of_user = sum(other.user_name == run.user_name for other in active)
    if of_user >= PER_USER:
        return f"{run.user_name} has {of_user} of {PER_USER} runs being executed"
    first = [o for o in others if o.status == "queued" and o.lane == run.lane and o.priority > run.priority]
    if first:
        return f"{len(first)} runs of a higher priority go first"
    return "it is about to be started"


def queue_limits() -> str:
    """The limits as Dagster's configuration wants them, one YAML list item a line."""
    items = [f"{{key: opsroom/lane, value: {lane}, limit: {limit}}}" for lane, limit in LIMITS.items()]
    items.append(f"{{key: opsroom/user, value: {{applyLimitPerUniqueValue: true}}, limit: {PER_USER}}}")
    return "\n".join(f"      - {item}" for item in items)
