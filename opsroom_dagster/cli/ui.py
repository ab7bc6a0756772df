"""``opsroom ui``: the Dagster UI with the daemon that watches the inbox."""

from typing import TYPE_CHECKING, Annotated

import typer

from opsroom_dagster.cli.options import HomeOption, JsonOption, load_settings, print_json, say

if TYPE_CHECKING:
    from opsroom_dagster.instance.control_room import Running


def command(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Default: $OPSROOM_UI_PORT, else 3000.")] = None,
    host: Annotated[str, typer.Option(help="Who reaches this address may start and read runs.")] = "127.0.0.1",
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Show the UI in a browser.")] = True,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open the UI and build what is put into the inbox, until Ctrl-C.

    With --json, one object with the address is printed when the UI answers.
    """
    from opsroom_dagster.instance.control_room import run_control_room, running

    settings = load_settings(home)

    def show(state: "Running") -> None:
        if as_json:
            print_json(state.model_dump(mode="json"))
        else:
            typer.echo(state.url)
        say(f"Inbox: {state.inbox} (each folder or file in it becomes a project)\nLogs:  {state.logs}")

    other = running(settings)
    if other is not None:
        say(f"The UI of this home is running already (process {other.pid}).")
        show(other)
        return

    def ready(state: "Running") -> None:
        show(state)
        say("Stop with Ctrl-C; the database keeps running until `opsroom db stop`.")
        if open_browser and not as_json:
            _open(state.url)

    run_control_room(settings, host=host, port=port or settings.ui_port, say=say, on_ready=ready)
    say("Stopped.")


def _open(url: str) -> None:
    import sys
    import webbrowser

    if sys.stdout.isatty():
        webbrowser.open(url)
