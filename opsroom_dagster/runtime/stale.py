"""Which stages of a project must run again."""

from collections.abc import Sequence

from opsroom_dagster.errors import OpsroomError
from opsroom_dagster.plans.model import Step
from opsroom_dagster.project import Project
from opsroom_dagster.runtime.freshness import inputs_digest, is_fresh
from opsroom_dagster.runtime.records import read_record
from opsroom_dagster.runtime.stage import stage_context
from opsroom_dagster.settings import Settings


def stale_stages(steps: Sequence[Step], project: Project, settings: Settings) -> list[str]:
    """Ids of the steps that are out of date, or stand below one that is, in the order of ``steps``."""
    stale: list[str] = []
    for step in steps:
        if any(name in stale for name in step.depends_on) or not _is_current(step, project, settings):
            stale.append(step.id)
    return stale


def _is_current(step: Step, project: Project, settings: Settings) -> bool:
    record = read_record(settings.home, project.slug, step.id)
    if record is None:
        return False
    try:
        context = stage_context(step, project, settings, run_id=record.run_id, log=lambda _: None)
        return is_fresh(record, inputs_digest(context), context.output)
    except OpsroomError:  # the stage itself reports what is wrong when it runs
        return False
