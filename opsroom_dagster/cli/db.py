"""``opsroom db``: the home's own database server."""

from typing import Annotated

import typer

from opsroom_dagster.cli.options import HomeOption, JsonOption, load_settings, print_json, say

app = typer.Typer(no_args_is_help=True, help="The database: start, stop, status, url.")


@app.command()
def start(home: HomeOption = None) -> None:
    """Start the server and bring its tables up to date; other commands do this by themselves."""
    from opsroom_dagster.instance import prepare

    prepare(load_settings(home))
    say("The database is ready.")


@app.command()
def stop(home: HomeOption = None) -> None:
    """Stop the server. The data stays."""
    from opsroom_dagster.errors import InputError
    from opsroom_dagster.instance.control_room import running
    from opsroom_dagster.postgres import stop as stop_server

    settings = load_settings(home)
    other = running(settings)
    if other is not None:
        raise InputError(f"the UI (process {other.pid}) uses the database.", remedy="Stop `opsroom ui` first.")
    say("Stopped." if stop_server(settings.home) else "It was not running.")


@app.command()
def status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """What is known of the database, without starting it."""
    from opsroom_dagster.postgres import status as server_status

    settings = load_settings(home)
    if settings.database_url is not None:
        facts = {"kind": "external", "running": None, "data": None, "pid": None, "port": None}
    else:
        found = server_status(settings.home)
        facts = {
            "kind": "embedded",
            "running": found.pid is not None,
            "data": str(found.data) if found.data else None,
            "pid": found.pid,
            "port": found.port,
        }
    if as_json:
        print_json(facts)
    else:
        for name, value in facts.items():
            typer.echo(f"{name:8} {'-' if value is None else value}")


@app.command()
def url(
    home: HomeOption = None,
    show_password: Annotated[bool, typer.Option("--show-password", help="For psql and other tools.")] = False,
) -> None:
    """Print the database's address, starting the server if need be."""
    from opsroom_dagster.store.database import database_url

    typer.echo(database_url(load_settings(home)).render_as_string(hide_password=not show_password))
