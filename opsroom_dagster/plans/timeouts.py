"""Times of a plan that contradict each other: what is inside may not take longer than what is around it."""

from collections.abc import Iterator, Mapping

from opsroom_dagster.plans.model import Skill
from opsroom_dagster.plans.problems import Problem
from opsroom_dagster.plans.raw import Raw, Steps, a_count, a_text, an_object, calls, verifier_groups


def time_problems(raw: Raw, steps: Steps, skills: Mapping[str, Skill]) -> Iterator[Problem]:
    """Timeouts of tools and deadlines of verifiers beyond their step's, of steps beyond their plan's or skill's."""
    whole = a_count(raw.get("timeoutMs"))
    for index, step in steps:
        name, place = a_text(step.get("id")) or None, f"/steps/{index}"
        limit = a_count(step.get("timeoutMs", step.get("timeout_ms")))
        if limit is not None and whole is not None and limit > whole:
            yield Problem(f"{place}/timeoutMs", f"the step may take {limit} ms, the whole plan {whole} ms", name)
        skill = skills.get(a_text(step.get("skill")))
        most = skill.constraints.max_runtime_ms if skill else None
        if skill and most is not None and limit is not None and limit > most:
            message = f"the step may take {limit} ms, its skill {skill.id!r} at most {most} ms"
            yield Problem(f"{place}/timeoutMs", message, name)
        for below, inner, who in _inner_times(step):
            if limit is not None and inner > limit:
                yield Problem(f"{place}{below}", f"{who} may take {inner} ms, the step {limit} ms", name)


def _inner_times(step: Raw) -> Iterator[tuple[str, int, str]]:
    for _, args, place in calls(step):
        if place == "/args" and (inner := a_count(args.get("timeoutMs"))) is not None:
            yield f"{place}/timeoutMs", inner, "the tool"
    for group, place in verifier_groups(step):
        if place == "/rollback/verifiers":  # a rollback has the time that it needs
            continue
        for number, verifier in enumerate(group):
            config = an_object(verifier.get("config"))
            for key in ("deadlineMs", "timeoutMs"):
                if (inner := a_count(config.get(key))) is not None:
                    yield f"{place}/{number}/config/{key}", inner, f"the verifier {verifier.get('id')!r}"
