"""The time of a skill is shared among its steps."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from opsroom_dagster.errors import InputError
from opsroom_dagster.plans.model import RetryPolicy, Step
from opsroom_dagster.plans.skill_times import shared_timeouts


@st.composite
def graphs(draw: st.DrawFn) -> list[Step]:
    steps: list[Step] = []
    for n in range(draw(st.integers(1, 8))):
        needs = draw(st.sets(st.integers(0, n - 1))) if n else set[int]()
        retry = RetryPolicy(maxAttempts=draw(st.integers(1, 3)), backoffMs=draw(st.integers(0, 50)))
        steps.append(
            Step(
                id=f"s{n}", idx=n, title="s", kind="system", action=draw(st.sampled_from(["approve", "x"])),
                dependsOn=tuple(f"s{m}" for m in sorted(needs)), retryPolicy=draw(st.sampled_from([None, retry])),
                timeoutMs=draw(st.none() | st.integers(1, 500)),
            )
        )  # fmt: skip
    return steps


def longest(steps: list[Step], timeouts: dict[str, int]) -> int:
    """The time of the longest way, when everything takes as long as it may and is tried as often as it may."""
    found: dict[str, int] = {}
    for step in steps:
        policy = step.retry_policy or RetryPolicy()
        pauses = sum(policy.backoff_ms * policy.backoff_multiplier**n for n in range(policy.max_attempts - 1))
        time = 0 if step.action == "approve" else timeouts.get(step.id, step.timeout_ms or 0) * policy.max_attempts
        found[step.id] = int(time + pauses) + max((found[need] for need in step.depends_on), default=0)
    return max(found.values())


@given(graphs(), st.integers(1, 20_000))
def test_no_way_is_longer_than_the_budget(steps: list[Step], budget: int) -> None:
    try:
        shares = shared_timeouts(steps, budget, "the skill")
    except InputError:
        stated = longest(steps, {})
        assert stated > budget or budget - stated < 24  # too little for eight steps that are tried three times
        return
    assert longest(steps, shares) <= budget
    assert shares.keys() == {step.id for step in steps if step.timeout_ms is None and step.action != "approve"}
    assert all(share > 0 for share in shares.values())


@given(graphs())
def test_all_of_the_budget_is_used_where_one_step_is_open(steps: list[Step]) -> None:
    assume(sum(step.timeout_ms is None and step.action != "approve" for step in steps) == 1)
    shares = shared_timeouts(steps, 100_000, "the skill")
    assert 99_990 <= longest(steps, shares) <= 100_000


def test_endless_pauses_are_more_than_any_budget() -> None:
    policy = RetryPolicy(maxAttempts=20, backoffMs=10**12, backoffMultiplier=1e300)
    step = Step(id="s", idx=0, title="s", kind="system", action="x", retryPolicy=policy)
    with pytest.raises(InputError, match="add up to"):
        shared_timeouts([step], 10**9, "the skill")
