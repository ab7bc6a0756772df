"""``opsroom spec``: spec bundles."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from opsroom_dagster.cli.options import JsonOption, print_json

if TYPE_CHECKING:
    from opsroom_dagster.specs.model import SpecBundle

app = typer.Typer(help="Read specification bundles.", no_args_is_help=True)


@app.callback()
def spec() -> None:
    """Read specification bundles (Spec Kit, and the older spec/<slug> form)."""


@app.command()
def read(
    folder: Annotated[Path, typer.Argument(help="A bundle's folder, or a project that holds one.", show_default=False)],
    slug: Annotated[str | None, typer.Option(help="Which bundle, when the folder holds several.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Print what a spec bundle says: requirements, stories, entities, tasks, principles, open questions."""
    from opsroom_dagster.specs.read import read_bundle

    bundle = read_bundle(folder, slug)
    if as_json:
        print_json(bundle.model_dump(mode="json"))
    else:
        _print_bundle(bundle)


def _print_bundle(bundle: "SpecBundle") -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    done = sum(task.done for task in bundle.tasks)
    console.print(f"[bold]{escape(bundle.title)}[/bold] ({bundle.slug}, {bundle.dialect})")
    groups = (
        (f"Requirements ({len(bundle.requirements)})", [f"{item.id}  {item.text}" for item in bundle.requirements]),
        (f"Stories ({len(bundle.stories)})", [f"{story.id}  {story.title}" for story in bundle.stories]),
        (f"Entities ({len(bundle.entities)})", [f"{e.name}  {len(e.fields)} fields" for e in bundle.entities]),
        (
            f"Tasks ({done} of {len(bundle.tasks)} done)",
            [f"{'x' if t.done else ' '} {t.id}  {t.text}" for t in bundle.tasks],
        ),
        ("Principles", list(bundle.principles)),
        ("Open questions", list(bundle.clarifications)),
        ("Still the unfilled template", list(bundle.unfilled)),
    )
    for title, lines in groups:
        if lines:
            console.print(f"\n[bold]{title}[/bold]")
            for line in lines:
                console.print(f"  {escape(line)}")
