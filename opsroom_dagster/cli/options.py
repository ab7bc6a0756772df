"""Options that every command shares, and how results are printed: data on stdout, everything else on stderr."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from opsroom_dagster.settings import Settings

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Where everything is kept. Default: $OPSROOM_HOME, else .opsroom", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]


def load_settings(home: Path | None) -> "Settings":
    """The settings, with ``--home`` winning over ``OPSROOM_HOME``."""
    from opsroom_dagster.settings import Settings

    return Settings() if home is None else Settings(OPSROOM_HOME=home)  # pyright: ignore[reportCallIssue]


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def say(message: str) -> None:
    """A line for people, on stderr."""
    typer.echo(message, err=True)
