"""A build that a check stopped is proved as well."""

import dagster as dg

from opsroom_dagster.jobs.stages import build, release_merged
from opsroom_dagster.proofs.bundle import write_bundle
from opsroom_dagster.settings import Settings


@dg.run_failure_sensor(
    monitored_jobs=[build, release_merged], minimum_interval_seconds=10, default_status=dg.DefaultSensorStatus.RUNNING
)
def failed_builds(context: dg.RunFailureSensorContext) -> None:
    """Signs what was proved before a build failed; the stages after the failure have no proofs."""
    slug = context.dagster_run.tags.get("dagster/partition")
    if slug is None:
        return
    home = Settings().home
    bundle = home.artifact(slug, "proof_bundle") / "bundle.intoto.jsonl"
    write_bundle(home, slug, context.dagster_run.run_id, bundle)
