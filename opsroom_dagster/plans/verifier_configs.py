"""Are the configs of a plan's verifiers what their kinds take?"""

from collections.abc import Iterator

from opsroom_dagster.plans.problems import Problem
from opsroom_dagster.plans.raw import Steps, a_text, an_object, verifier_groups


def config_problems(steps: Steps) -> Iterator[Problem]:
    """What the kind of each precondition, verifier and verifier of a rollback has to say of its config."""
    from opsroom_dagster.runtime import verifiers

    kinds = verifiers.kinds()
    for index, step in steps:
        name = a_text(step.get("id")) or None
        for group, place in verifier_groups(step):
            for number, verifier in enumerate(group):
                kind, config = a_text(verifier.get("kind")), verifier.get("config", {})
                if kind in kinds and an_object(config) is config:
                    for below, message in verifiers.config_problems(kind, config):
                        yield Problem(f"/steps/{index}{place}/{number}/config{below}", message, name)
