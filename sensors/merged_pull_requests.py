"""A merged pull request, by `opsroom pr merge` or by plain git, is released."""

import dagster as dg

from assets.partitions import projects
from opsroom_dagster.errors import OpsroomError
from opsroom_dagster.forge.local import LocalForge
from opsroom_dagster.forge.model import PullRequest
from opsroom_dagster.home import Home
from opsroom_dagster.jobs.stages import release_merged
from opsroom_dagster.stages.release import last_released
from opsroom_dagster.store.projects import list_projects
from resources.workspace import Workspace


@dg.sensor(
    job=release_merged,
    minimum_interval_seconds=10,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tags each merged pull request and keeps its proofs, whether opsroom or plain git merged it.",
)
def merged_pull_requests(workspace: Workspace) -> dg.SensorResult:
    """Looks at the forge of each project. The run key names the merge commit, so each merge is released once."""
    merged: list[tuple[str, PullRequest]] = []
    problems: list[str] = []
    for project in list_projects(workspace.database):
        try:
            merged += [(project.slug, pull) for pull in _unreleased(workspace.settings.home, project.slug)]
        except OpsroomError as error:  # the forge of one project must not keep the others from their releases
            problems.append(f"{project.slug}: {error}")
    if not merged:
        return dg.SensorResult(skip_reason=" ".join(["No pull request was merged.", *problems]))
    return dg.SensorResult(
        run_requests=[_request(slug, pull) for slug, pull in merged],
        dynamic_partitions_requests=[projects.build_add_request(sorted({slug for slug, _ in merged}))],
    )


def _unreleased(home: Home, slug: str) -> list[PullRequest]:
    """Oldest first. Those that are released are left out: Dagster looks up every run key that it is given."""
    released = last_released(home, slug)
    pulls = LocalForge(home.forge(slug)).pull_requests()
    return [pull for pull in pulls if pull.state == "merged" and pull.number > released]


def _request(slug: str, pull: PullRequest) -> dg.RunRequest:
    return dg.RunRequest(
        partition_key=slug,
        run_key=f"{slug}:{pull.number}:{pull.merge_commit}",
        tags={"opsroom/project": slug, "opsroom/pull_request": str(pull.number)},
    )
