"""The ``opsroom`` command: one module a command or group, errors rendered once."""

import errno
import importlib
import os
import sys
from pkgutil import iter_modules
from typing import Any

import typer

from opsroom_dagster import cli
from opsroom_dagster.errors import OpsroomError

app = typer.Typer(
    name="opsroom",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Turn documents into verified software, and keep the evidence.",
)


def register_commands() -> None:
    """Every module of this package with an ``app`` is a group, with a ``command`` a command of its name."""
    for name in sorted(m.name for m in iter_modules(cli.__path__) if m.name != "main" and not m.name.startswith("_")):
        module: Any = importlib.import_module(f"{cli.__name__}.{name}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        elif hasattr(module, "command"):
            app.command(name)(module.command)


def main() -> None:
    """Run the command line; the process ends with the status that DESIGN.md section 6 promises."""
    # Dependencies report home and print adverts unless told not to before they are imported.
    os.environ.update(DO_NOT_TRACK="1", SCARF_NO_ANALYTICS="1", UNSTRUCTURED_DISABLE_NOTICE="1")
    register_commands()
    try:
        app()
    except OpsroomError as error:
        typer.secho(f"error: {error}", err=True, fg="red")
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        typer.secho(
            f"error: no space left on the device ({error.filename}). Free some; the same command goes on.",
            err=True,
            fg="red",
        )
        sys.exit(3)
    except KeyboardInterrupt:
        typer.secho("Interrupted. The same command goes on from here.", err=True, fg="yellow")
        sys.exit(4)
