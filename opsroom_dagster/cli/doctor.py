"""``opsroom doctor``: what this machine has and lacks."""

from typing import TYPE_CHECKING

import typer

from opsroom_dagster.cli.options import HomeOption, JsonOption, load_settings, print_json

if TYPE_CHECKING:
    from opsroom_dagster.instance.machine import Part

MISSING = 3


def command(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Look at this machine: what is there, what for, and how to get what is not.

    Exit status: 0 everything that is required is there; 3 something required is not.
    """
    from opsroom_dagster.instance.machine import inspect

    parts = inspect(load_settings(home))
    lacking = [part.name for part in parts if part.required and part.status != "ok"]
    if as_json:
        print_json({"ok": not lacking, "parts": [part.model_dump(mode="json") for part in parts]})
    else:
        _show(parts)
    if lacking:
        raise typer.Exit(MISSING)


def _show(parts: "list[Part]") -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    marks = {"ok": "[green]ok[/]", "missing": "[yellow]missing[/]", "problem": "[red]problem[/]"}
    table = Table("part", "status", "found", "for", box=None, pad_edge=False)
    for part in parts:
        status = "[red]missing[/]" if part.required and part.status != "ok" else marks[part.status]
        need = "" if part.required else " (optional)"
        table.add_row(part.name, status, escape(part.found), part.purpose + need)
    console = Console()
    console.print(table)
    for part in parts:
        if part.how:
            console.print(f"{part.name}: {part.how}", markup=False, highlight=False, soft_wrap=True)
