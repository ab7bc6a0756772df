"""``opsroom run``: execute a plan."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from opsroom_dagster.cli.options import HomeOption, JsonOption, load_settings, print_json, say

if TYPE_CHECKING:
    from opsroom_dagster.settings import Settings
    from opsroom_dagster.store.database import Database

LaneOption = Annotated[Literal["A", "B", "C", "D"], typer.Option(help="The run's queue.")]


def command(
    file: Annotated[Path, typer.Argument(help="A plan: JSON or YAML.", show_default=False)],
    lane: LaneOption = "A",
    session: Annotated[str | None, typer.Option(help="A group of runs with one intent.", show_default=False)] = None,
    priority: Annotated[int, typer.Option(help="Higher goes first within the queue.")] = 0,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="An input of the plan; repeatable.")
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Do not wait for a run in the running instance.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Execute a plan: in the running instance (`opsroom ui`), else here and now; follow it to its end.

    Exit status: 0 succeeded; 1 failed, whatever was rolled back; 2 the plan cannot be used; 4 it waits for a person,
    or was interrupted: `opsroom runs` goes on.
    """
    from opsroom_dagster.cli._runs import exit_status, read_plan, show_run, tell, user_name
    from opsroom_dagster.instance import apply_environment
    from opsroom_dagster.jobs.start import dispatch, queue_run
    from opsroom_dagster.store.database import open_database

    options = load_settings(home)
    plan, inputs, tools, skills = read_plan(file, settings or [])
    database = open_database(options)
    apply_environment(options)
    run = queue_run(
        database, plan, inputs=inputs, tools=tools, skills=skills, user=user_name(), lane=lane, priority=priority,
        session=session,
    )  # fmt: skip
    say(f"Run {run.id} of {plan.id}")
    run = run if detach and _detached(database, options, run.id) else dispatch(database, options, run.id, say)
    if as_json:
        print_json(show_run(database, options, run))
    else:
        tell(run, options)
    raise typer.Exit(exit_status(run))


def _detached(database: "Database", settings: "Settings", run_id: str) -> bool:
    from opsroom_dagster.instance.control_room import running
    from opsroom_dagster.jobs.start import submit

    room = running(settings)
    if room is not None:
        submit(database, room.url, run_id)
    return room is not None
