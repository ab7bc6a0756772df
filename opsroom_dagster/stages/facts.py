"""A step that keeps its arguments: as outputs, and in a file of its folder, whose digest is proved."""

from opsroom_dagster.digests import canonical_json
from opsroom_dagster.files import write_atomic
from opsroom_dagster.plans.model import Json
from opsroom_dagster.runtime.context import StepContext

FILE = "facts.json"


def run(context: StepContext) -> Json:
    """Outputs: ``facts``, the arguments as they are."""
    write_atomic(context.output / FILE, canonical_json(context.step.args))
    return {"facts": context.step.args}
