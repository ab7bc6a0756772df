"""A Python function that gets the step's context and returns a ``Verdict``."""

from opsroom_dagster.plans.model import Json
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.entrypoints import resolve
from opsroom_dagster.runtime.model import Verdict


def judge(config: Json, context: StepContext) -> Verdict:
    """Config: ``entrypoint``, see ``runtime.entrypoints``; ``onInconclusive`` concerns the run, not the function."""
    return resolve(config["entrypoint"])(context)
