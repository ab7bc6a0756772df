"""``opsroom runs``: look at runs of plans, and steer them."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from opsroom_dagster.cli.options import HomeOption, JsonOption, load_settings, print_json, say
from opsroom_dagster.store.run_status import RunStatus  # typer reads it while the program runs

if TYPE_CHECKING:
    from opsroom_dagster.settings import Settings
    from opsroom_dagster.store.approvals import Approval
    from opsroom_dagster.store.database import Database
    from opsroom_dagster.store.runs import Run

app = typer.Typer(help="Runs of plans.", no_args_is_help=True)

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="The run's id, or the beginning of it.")]
COLOURS = {"succeeded": "green", "failed": "red", "rollback_failed": "red", "waiting": "yellow", "running": "cyan"}


@app.command("list")
def list_(
    status: Annotated[RunStatus | None, typer.Option(help="Only runs in this state.", show_default=False)] = None,
    lane: Annotated[Literal["A", "B", "C", "D"] | None, typer.Option(help="Only this queue.")] = None,
    session: Annotated[str | None, typer.Option(help="Only this session.", show_default=False)] = None,
    archived: Annotated[bool, typer.Option("--archived", help="Those that were put away, too.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List runs, newest first, and say why those wait that do."""
    from opsroom_dagster.instance.control_room import running
    from opsroom_dagster.jobs.lanes import why_it_waits
    from opsroom_dagster.store.run_status import FINISHED
    from opsroom_dagster.store.runs import list_runs

    settings, database = _open(home)
    found = list_runs(
        database, status=status, lane=lane, session=session, archived=None if archived else False, limit=limit
    )
    alive = [run for run in list_runs(database, limit=1_000) if run.status not in FINISHED]
    served = running(settings) is not None
    why = {run.id: why_it_waits(run, alive, served=served) for run in found}
    if as_json:
        print_json([{**run.model_dump(mode="json", exclude={"pins"}), "waits_because": why[run.id]} for run in found])
    else:
        _table(database, found, why)


@app.command()
def show(run: RunArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show a run: its steps, their checks, what it waits for, and where its proofs lie."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from opsroom_dagster.cli._runs import show_run
    from opsroom_dagster.store.approvals import waiting

    settings, database = _open(home)
    row = _find(database, run)
    facts = show_run(database, settings, row)
    if as_json:
        print_json({**facts, "approvals": [a.model_dump(mode="json") for a in waiting(database, row.id)]})
        return
    table = Table("step", "state", "attempt", "checks", "error", title=f"{row.id}: {row.status}")
    for step in facts["steps"]:
        checks = ", ".join(f"{'✓' if c['verdict']['status'] == 'passed' else '✗'} {c['name']}" for c in step["checks"])
        state = Text(step["status"], style=COLOURS.get(step["status"], ""))
        table.add_row(step["step_id"], state, str(step["attempt"]), Text(checks), Text(step["error"] or ""))
    Console().print(table)
    if row.reason:
        say(row.reason)
    for question in waiting(database, row.id):
        say(f"Waits for a person: {question.step_id}. Answer with: opsroom runs approve {row.id}")
    if facts["proof_bundle"]:
        say(f"Proofs: {facts['proof_bundle']}")


@app.command()
def approve(
    run: RunArgument,
    step: Annotated[str | None, typer.Option(help="Which, when it waits for several.", show_default=False)] = None,
    deny: Annotated[bool, typer.Option("--deny", help="Say no: the run ends.")] = False,
    note: Annotated[str | None, typer.Option(help="Why; it is kept.", show_default=False)] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a waiting run go on, or end it. The answer holds for exactly what the run would do now.

    Exit status: as of `opsroom run`.
    """
    from opsroom_dagster.cli._runs import user_name
    from opsroom_dagster.jobs.answers import act_on, answer

    settings, database = _open(home)
    row = _find(database, run)
    question = _question(database, row, step)
    answer(database, question, approved=not deny, by=user_name(), note=note)
    _end(database, settings, act_on(database, settings, row.id, say), as_json)


@app.command()
def retry(run: RunArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Go on with a failed, cancelled or interrupted run. What had succeeded is not done again.

    Exit status: as of `opsroom run`.
    """
    from opsroom_dagster.cli._runs import user_name
    from opsroom_dagster.jobs.answers import resume

    settings, database = _open(home)
    _end(database, settings, resume(database, settings, _find(database, run).id, user_name(), say), as_json)


@app.command()
def cancel(
    run: RunArgument,
    feedback: Annotated[str | None, typer.Option(help="Why; it is kept.", show_default=False)] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop a run: its steps are interrupted, and what they did is rolled back where they say how."""
    from opsroom_dagster.cli._runs import user_name
    from opsroom_dagster.jobs.answers import stop

    settings, database = _open(home)
    row = stop(database, settings, _find(database, run).id, user_name(), feedback)
    if as_json:
        print_json(row.model_dump(mode="json", exclude={"pins"}))
    else:
        said = f"{row.id}: is being cancelled" if row.status == "running" else f"{row.id}: {row.status}"
        typer.echo(said)


@app.command()
def priority(
    run: RunArgument,
    number: Annotated[int, typer.Argument(help="Higher goes first.")],
    home: HomeOption = None,
) -> None:
    """Change the place of a queued run."""
    from opsroom_dagster.cli._runs import user_name
    from opsroom_dagster.store.runs import set_priority

    _, database = _open(home)
    row = set_priority(database, _find(database, run).id, number, by=user_name())
    typer.echo(f"{row.id}: priority {row.priority}")


@app.command()
def archive(
    session: Annotated[str, typer.Argument(help="The session's name.")],
    home: HomeOption = None,
) -> None:
    """Put a session and its runs away; `list --archived` shows them."""
    from opsroom_dagster.cli._runs import user_name
    from opsroom_dagster.store.sessions import archive_session

    _, database = _open(home)
    typer.echo(f"{session}: {archive_session(database, session, by=user_name())} runs put away")


def _open(home: "HomeOption") -> "tuple[Settings, Database]":
    from opsroom_dagster.instance import apply_environment
    from opsroom_dagster.store.database import open_database

    settings = load_settings(home)
    database = open_database(settings)
    apply_environment(settings)
    return settings, database


def _find(database: "Database", named: str) -> "Run":
    """The run of that id, or the only one whose id begins so."""
    from opsroom_dagster.errors import InputError
    from opsroom_dagster.store.runs import get_run, list_runs

    found = [run for run in list_runs(database, archived=None, limit=10_000) if run.id.startswith(named)]
    exact = [run for run in found if run.id == named]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if found:
        raise InputError(f"{len(found)} runs begin with {named!r}.", remedy="Give more of the id.")
    return get_run(database, named)


def _question(database: "Database", run: "Run", step: str | None) -> "Approval":
    from opsroom_dagster.errors import InputError
    from opsroom_dagster.store.approvals import waiting

    open_questions = [question for question in waiting(database, run.id) if step in (None, question.step_id)]
    if len(open_questions) != 1:
        names = ", ".join(question.step_id for question in waiting(database, run.id))
        raise InputError(
            f"the run {run.id} waits for {len(open_questions)} answers" + (f" of {step!r}." if step else "."),
            remedy=f"Name one with --step: {names}." if names else "See `opsroom runs show`.",
        )
    return open_questions[0]


def _end(database: "Database", settings: "Settings", run: "Run", as_json: bool) -> None:
    from opsroom_dagster.cli._runs import exit_status, show_run, tell

    if as_json:
        print_json(show_run(database, settings, run))
    else:
        tell(run, settings)
    raise typer.Exit(exit_status(run))


def _table(database: "Database", found: "list[Run]", why: "dict[str, str | None]") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from opsroom_dagster.store.plans import get_plan

    table = Table("run", "plan", "state", "lane", "priority", "session", "user", "age", "why it waits")
    for run in found:
        state = Text(run.status, style=COLOURS.get(run.status, ""))
        plan = get_plan(database, run.plan_digest).id
        table.add_row(
            run.id[:8], plan, state, run.lane, str(run.priority), run.session or "", run.user_name,
            _age(run.created_at), Text(why[run.id] or ""),
        )  # fmt: skip
    Console().print(table) if found else say("There is none. `opsroom run PLAN` starts one.")


def _age(since: datetime) -> str:
    seconds = int((datetime.now(UTC) - since).total_seconds())
    steps = ((86_400, "d"), (3_600, "h"), (60, "min"))
    return next((f"{seconds // size} {unit}" for size, unit in steps if seconds >= size), f"{seconds} s")
