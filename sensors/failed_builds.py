"""A build that a check stopped is proved as well."""

import dagster as dg

from opsroom_dagster.jobs.stages import build, release_merged
from opsroom_dagster.plans.templates import doc_to_code_steps
from opsroom_dagster.proofs.bundle import BUNDLE, write_bundle
from opsroom_dagster.runtime.stage import project_lock
from opsroom_dagster.runtime.stale import stale_stages
from resources.workspace import Workspace

SIGNING = [step for step in doc_to_code_steps() if step.id == "proof_bundle"]


@dg.run_failure_sensor(
    monitored_jobs=[build, release_merged],
    minimum_interval_seconds=10,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Signs what a build proved before a check stopped it.",
)
def failed_builds(context: dg.RunFailureSensorContext, workspace: Workspace) -> None:
    """Signs what was proved before a build failed; the stages after the failure have no proofs."""
    slug = context.dagster_run.tags.get("dagster/partition")
    if slug is None:
        return
    project, settings = workspace.project(slug), workspace.settings
    with project_lock(settings.home, slug):
        # A later build may have signed already, and this is told of the failure seconds after it.
        if stale_stages(SIGNING, project, settings):
            bundle = settings.home.artifact(slug, "proof_bundle") / BUNDLE
            write_bundle(settings.home, slug, context.dagster_run.run_id, bundle)
