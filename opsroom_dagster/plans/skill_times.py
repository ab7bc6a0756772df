"""``max_runtime_ms`` of a skill as timeouts of its steps: no way through the skill can take longer.

A step that states its timeout keeps it. What is left of the longest way through each other step is shared evenly among
the steps of that way that state none. Tries and the pauses between them count; waiting for a person does not.
"""

from collections.abc import Mapping, Sequence

from opsroom_dagster.errors import InputError
from opsroom_dagster.plans.graph import in_dependency_order
from opsroom_dagster.plans.model import APPROVE, Step

_FOREVER = 10**15


def shared_timeouts(steps: Sequence[Step], budget_ms: int, place: str) -> dict[str, int]:
    """Step id → timeout in ms, for the steps that state none.

    Raises:
        InputError: the stated timeouts alone are more than the budget, or what is left is too little.
    """
    stated = {step.id: _cost(step) for step in steps}
    open_steps = {step.id: int(step.timeout_ms is None and not _waits(step)) for step in steps}
    time, count = _through(steps, stated), _through(steps, open_steps)
    longest = max(time.values(), default=0)
    if longest > budget_ms:
        raise InputError(
            f"{place}: the timeouts of its steps add up to {longest} ms; it may take {budget_ms} ms.",
            remedy="Lower them (retries and their pauses count), or raise max_runtime_ms or the step's timeoutMs.",
        )
    found: dict[str, int] = {}
    for step in steps:
        if open_steps[step.id]:
            share = (budget_ms - time[step.id]) // count[step.id]
            found[step.id] = share // _tries(step)
            if found[step.id] < 1:
                raise InputError(f"{place}: no time is left for its step {step.id!r}.", remedy="Raise max_runtime_ms.")
    return found


def _through(steps: Sequence[Step], weights: Mapping[str, int]) -> dict[str, int]:
    """Step id → the weight of the heaviest way that leads through it, its own included."""
    needs = {step.id: [need for need in step.depends_on if need in weights] for step in steps}
    order = in_dependency_order(needs)
    before = dict.fromkeys(order, 0)
    after = dict.fromkeys(order, 0)
    for name in order:
        before[name] = max((before[need] + weights[need] for need in needs[name]), default=0)
    for name in reversed(order):
        for need in needs[name]:
            after[need] = max(after[need], after[name] + weights[name])
    return {name: before[name] + weights[name] + after[name] for name in order}


def _cost(step: Step) -> int:
    """What a step may take at most, without what it does not state."""
    return (0 if _waits(step) else (step.timeout_ms or 0) * _tries(step)) + _pauses(step)


def _waits(step: Step) -> bool:
    return step.kind == "system" and step.action == APPROVE


def _tries(step: Step) -> int:
    return step.retry_policy.max_attempts if step.retry_policy else 1


def _pauses(step: Step) -> int:
    policy = step.retry_policy
    if policy is None:
        return 0
    try:
        return int(sum(policy.backoff_ms * policy.backoff_multiplier**n for n in range(policy.max_attempts - 1)))
    except OverflowError:
        return _FOREVER
