"""Build one project in this process, through Dagster, on the same instance that the UI shows."""

import os
import time
import uuid
from collections.abc import Callable, Iterator

import dagster as dg

from opsroom_dagster.errors import InterruptedRunError, OpsroomError
from opsroom_dagster.instance import open_instance
from opsroom_dagster.jobs.orphans import fail_orphans, run_tags
from opsroom_dagster.jobs.report import BuildReport, build_report
from opsroom_dagster.plans.templates import doc_to_code_steps
from opsroom_dagster.project import Project
from opsroom_dagster.proofs.bundle import write_bundle
from opsroom_dagster.runtime.records import read_record
from opsroom_dagster.runtime.stale import stale_stages
from opsroom_dagster.settings import Settings

BUILD_STEPS = tuple(step for step in doc_to_code_steps() if step.id != "release")


def build_project(project: Project, settings: Settings, *, say: Callable[[str], None]) -> BuildReport:
    """Run the stages that are out of date; none: report what is there, without starting a run.

    Raises:
        OpsroomError: what a stage said of bad input.
        InterruptedRunError: stopped by the user; the same call goes on.
    """
    started = time.monotonic()
    stages = [step.id for step in BUILD_STEPS]
    stale = stale_stages(BUILD_STEPS, project, settings)
    if not stale:
        say("Nothing has changed: every stage is up to date.")
        return build_report(project, settings.home, stages, run_id=None, seconds=time.monotonic() - started)
    run_id = str(uuid.uuid4())
    _run(stale, project, settings, run_id)
    return build_report(project, settings.home, stages, run_id=run_id, seconds=time.monotonic() - started)


def _run(stages: list[str], project: Project, settings: Settings, run_id: str) -> None:
    from opsroom_dagster.definitions import defs

    with open_instance(settings) as instance:
        fail_orphans(instance, project.slug)
        if not instance.has_dynamic_partition("projects", project.slug):
            instance.add_dynamic_partitions("projects", [project.slug])
        try:
            defs().resolve_job_def("build").execute_in_process(
                instance=instance,
                partition_key=project.slug,
                asset_selection=[dg.AssetKey(stage) for stage in stages],
                run_id=run_id,
                tags=run_tags(project.slug, os.getpid()),
                run_config={"loggers": {"progress": {}}},
            )
        except dg.DagsterExecutionInterruptedError:
            raise InterruptedRunError("Stopped. The same command goes on from here.") from None
        except Exception as error:
            _finish_failed(error, project, settings, run_id)


def _finish_failed(error: BaseException, project: Project, settings: Settings, run_id: str) -> None:
    """A stopped run is proved as well; failed checks are in the report, other errors are raised."""
    causes = list(_causes(error))
    if any(type(cause).__name__ == "OperationalError" for cause in causes):
        raise InterruptedRunError(
            f"The database went away: {str(causes[-1]).strip().splitlines()[0]} The same command goes on from here."
        ) from error
    ours = next((cause for cause in causes if isinstance(cause, OpsroomError | OSError)), None)
    if ours is None and not _stopped_by_check(project, settings, run_id):
        raise error
    bundle = settings.home.artifact(project.slug, "proof_bundle") / "bundle.intoto.jsonl"
    write_bundle(settings.home, project.slug, run_id, bundle)
    if ours is not None:
        raise ours


def _stopped_by_check(project: Project, settings: Settings, run_id: str) -> bool:
    records = (read_record(settings.home, project.slug, step.id) for step in BUILD_STEPS)
    return any(record is not None and record.run_id == run_id and not record.ok for record in records)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: list[BaseException] = []  # the chain may end in a circle
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        error = error.__cause__ or error.__context__
