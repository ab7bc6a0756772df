"""Runs whose process was killed: the in-process runs of the command line have nobody else to end them."""

import os
import socket

import dagster as dg

IN_PROGRESS = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def run_tags(project: str, pid: int) -> dict[str, str]:
    """Tags of a run that lives in the process ``pid`` of this machine."""
    return {
        "opsroom/project": project,
        "opsroom/origin": "cli",
        "opsroom/pid": str(pid),
        "opsroom/host": socket.gethostname(),
    }


def fail_orphans(instance: dg.DagsterInstance, project: str) -> None:
    """End the runs of ``project`` whose command-line process on this machine is gone."""
    tags = {"opsroom/project": project, "opsroom/origin": "cli", "opsroom/host": socket.gethostname()}
    for run in instance.get_runs(filters=dg.RunsFilter(statuses=IN_PROGRESS, tags=tags)):
        if not _alive(int(run.tags["opsroom/pid"])):
            instance.report_run_failed(
                run, "The process of this run was killed; the next build goes on from its records."
            )


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
