"""Start a run of a plan: where Dagster's daemon runs it is queued there, else it is executed here and now."""

import json
import time
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from opsroom_dagster.errors import OpsroomError
from opsroom_dagster.instance.control_room import running
from opsroom_dagster.plans.model import Json, Plan, Skill, Tool
from opsroom_dagster.settings import Settings
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.plans import get_plan, plan_of, register_plan
from opsroom_dagster.store.run_status import FINISHED
from opsroom_dagster.store.runs import Lane, Run, create_run, get_run, set_status
from opsroom_dagster.store.steps import steps_of

LOCATION = "opsroom"
POLL_SECONDS = 0.5
RELOAD = """mutation($name: String!) { reloadRepositoryLocation(repositoryLocationName: $name) { __typename
    ... on WorkspaceLocationEntry { locationOrLoadError { __typename ... on PythonError { message } } }
    ... on PythonError { message } } }"""
LAUNCH = """mutation($params: ExecutionParams!) { launchRun(executionParams: $params) { __typename
    ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
    ... on InvalidSubsetError { message } ... on PipelineNotFoundError { message } } }"""
TERMINATE = """mutation($run: String!) { terminateRun(runId: $run) { __typename ... on PythonError { message } } }"""


def queue_run(
    database: Database,
    plan: Plan,
    *,
    inputs: Json,
    tools: Mapping[str, Tool],
    skills: Mapping[str, Skill],
    user: str,
    lane: Lane = "A",
    priority: int = 0,
    session: str | None = None,
) -> Run:
    """Register the plan, approved by who runs it, and queue a run of it.

    Raises:
        InputError: the plan cannot be registered.
    """
    digest = register_plan(database, plan, by=user, approved=True, tools=tools, skills=skills)
    return create_run(
        database, str(uuid.uuid4()), digest, inputs=inputs, user=user, lane=lane, priority=priority, session=session
    )


def dispatch(database: Database, settings: Settings, run_id: str, say: Callable[[str], None]) -> Run:
    """Have a queued run executed, by the running instance or here, and follow it to where it ends or waits.

    Raises:
        OpsroomError: the instance does not take it.
        InterruptedRunError: stopped by the user while it was executed here.
    """
    room = running(settings)
    if room is None:
        from opsroom_dagster.jobs.here import execute_here

        return execute_here(database, settings, run_id)
    submit(database, room.url, run_id)
    say(f"Queued in the running instance: {room.url}/runs")
    follow(database, run_id, say)
    from opsroom_dagster.jobs.here import roll_back

    return roll_back(database, settings, run_id)


def submit(database: Database, url: str, run_id: str) -> None:
    """Hand a queued run to the instance behind ``url``.

    Raises:
        OpsroomError: it does not take the run.
    """
    from opsroom_dagster.jobs.here import tags_of
    from opsroom_dagster.jobs.plans import job_name

    row = get_run(database, run_id)
    plan = plan_of(get_plan(database, row.plan_digest))
    answer = _ask(url, RELOAD, {"name": LOCATION})["reloadRepositoryLocation"]
    location: Json = answer.get("locationOrLoadError") or {}
    error: str | None = answer.get("message") or location.get("message")
    if error:
        raise OpsroomError(f"the running instance cannot load its definitions: {error.strip().splitlines()[-1]}")
    if row.status == "waiting":
        # Said before the launch: who follows the run stops at one that waits.
        set_status(database, run_id, "queued", by=row.user_name)
    selector = {
        "repositoryLocationName": LOCATION,
        "repositoryName": "__repository__",
        "pipelineName": job_name(plan, row.plan_digest),
    }
    tags = [{"key": key, "value": value} for key, value in tags_of(row).items()]
    params = {"selector": selector, "runConfigData": {}, "executionMetadata": {"tags": tags}, "mode": "default"}
    launched = _ask(url, LAUNCH, {"params": params})["launchRun"]
    if launched["__typename"] != "LaunchRunSuccess":
        raise OpsroomError(f"the running instance does not take the run: {launched.get('message', launched)}")


def terminate(url: str, dagster_run_id: str) -> None:
    """Ask the instance to interrupt a Dagster run."""
    _ask(url, TERMINATE, {"run": dagster_run_id})


def follow(database: Database, run_id: str, say: Callable[[str], None]) -> Run:
    """Tell each step as it goes on, until the run ends or waits for a person."""
    told: dict[str, str] = {}
    while True:
        row = get_run(database, run_id)
        for step in steps_of(database, run_id):
            if told.get(step.step_id) != step.status:
                told[step.step_id] = step.status
                say(f"  {step.step_id}: {step.status}" + (f" ({step.error})" if step.error else ""))
        if row.status in FINISHED or row.status == "waiting":
            return row
        time.sleep(POLL_SECONDS)


def _ask(url: str, query: str, variables: Json) -> Any:
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(f"{url}/graphql", body, {"Content-Type": "application/json"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=120) as response:  # noqa: S310
            answer = json.load(response)
    except OSError as error:
        raise OpsroomError(f"the running instance at {url} does not answer: {error}.") from error
    if answer.get("errors"):
        raise OpsroomError(f"the running instance refuses: {answer['errors'][0].get('message')}")
    return answer["data"]
