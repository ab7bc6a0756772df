"""A merged pull request, by `opsroom pr merge` or by plain git, is released."""

import dagster as dg

from opsroom_dagster.forge.local import LocalForge
from opsroom_dagster.jobs.stages import release_merged
from opsroom_dagster.store.projects import list_projects
from resources.workspace import Workspace


@dg.sensor(job=release_merged, minimum_interval_seconds=10, default_status=dg.DefaultSensorStatus.RUNNING)
def merged_pull_requests(workspace: Workspace) -> list[dg.RunRequest] | dg.SkipReason:
    """Looks at the forge of each project. The run key names the merge commit, so each is released once."""
    home = workspace.settings.home
    requests = [
        dg.RunRequest(
            partition_key=project.slug,
            run_key=f"{project.slug}:{pull.number}:{pull.merge_commit}",
            tags={"opsroom/project": project.slug, "opsroom/pull_request": str(pull.number)},
        )
        for project in list_projects(workspace.database)
        if home.forge(project.slug).is_dir()
        for pull in LocalForge(home.forge(project.slug)).pull_requests()[-1:]
        if pull.state == "merged"
    ]
    return requests or dg.SkipReason("No pull request was merged.")
