"""The Dagster code location: assets, checks, jobs, sensors and resources."""

# Dagster has the working directory on sys.path only while this module is imported: imports stay at the top.
import dagster as dg

from assets import (
    change_set,
    document,
    odoo_addon,
    plan,
    proof_bundle,
    pull_request,
    release,
    requirements,
    spec_bundle,
)
from opsroom_dagster.jobs import stages as jobs
from opsroom_dagster.jobs.approved import approved_jobs
from opsroom_dagster.jobs.progress import progress_logger
from resources.workspace import Workspace
from sensors import document_inbox, failed_builds, merged_pull_requests

ASSET_MODULES = [
    document, requirements, spec_bundle, plan, odoo_addon, change_set, pull_request, release, proof_bundle,
]  # fmt: skip


@dg.definitions
def defs() -> dg.Definitions:
    """Everything that Dagster shows and runs."""
    return dg.Definitions(
        assets=dg.load_assets_from_modules(ASSET_MODULES),
        jobs=[jobs.build, jobs.release_merged, *approved_jobs()],
        sensors=[
            document_inbox.document_inbox,
            merged_pull_requests.merged_pull_requests,
            failed_builds.failed_builds,
        ],
        resources={"workspace": Workspace()},
        loggers={"console": dg.colored_console_logger, "progress": progress_logger},
    )
