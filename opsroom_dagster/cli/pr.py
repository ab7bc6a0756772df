"""``opsroom pr``: pull requests of the local forge."""

from typing import TYPE_CHECKING, Annotated

import typer

from opsroom_dagster.cli.options import HomeOption, JsonOption, load_settings, print_json, say

if TYPE_CHECKING:
    from pathlib import Path

    from opsroom_dagster.forge.local import LocalForge

app = typer.Typer(help="Pull requests of a project.", no_args_is_help=True)

ProjectArgument = Annotated[str, typer.Argument(help="The project's slug.")]
NumberArgument = Annotated[int, typer.Argument(help="The pull request's number.")]
COLOURS = {"open": "green", "merged": "magenta", "closed": "red"}


@app.command("list")
def list_(
    project: Annotated[str | None, typer.Argument(help="The project's slug. Default: all.", show_default=False)] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the pull requests of a project, oldest first, or of all projects."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    slugs = [project] if project else _projects(home)
    pulls = [(slug, pull) for slug in slugs for pull in _forge(slug, home).pull_requests()]
    if as_json:
        print_json([{"project": slug, **pull.model_dump(mode="json")} for slug, pull in pulls])
        return
    if not pulls:
        say("There is none yet. `opsroom build` opens one.")
        return
    table = Table("project", "number", "state", "commit", "title")
    for slug, pull in pulls:
        state = Text(pull.state, style=COLOURS[pull.state])
        table.add_row(slug, f"#{pull.number}", state, pull.commit[:12], Text(pull.title))
    Console().print(table)
    if waiting := [f"opsroom pr show {slug} {pull.number}" for slug, pull in pulls if pull.state == "open"]:
        say(f"Next: {waiting[-1]}")


@app.command()
def show(
    project: ProjectArgument, number: NumberArgument, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Show one pull request and the files that it changes."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    forge = _forge(project, home)
    pull, stat = forge.pull_request(number), forge.stat(number)
    files = [(status, path, *stat[path]) for status, path in forge.files(number)]
    if as_json:
        rows = [{"status": s, "path": path, "added": plus, "removed": minus} for s, path, plus, minus in files]
        print_json({**pull.model_dump(mode="json"), "repository": str(forge.git.path), "files": rows})
        return
    console = Console()
    console.print(Text.assemble(f"#{number} {pull.title} (", (pull.state, COLOURS[pull.state]), ")"))
    console.print(Text(f"{pull.branch} → {pull.base}   {pull.commit}"))
    console.print(Text(f"{forge.git.path}"), soft_wrap=True)
    table = Table("", "file", "added", "removed")
    for status, path, plus, minus in files:
        table.add_row(status, Text(path), f"+{plus}", f"-{minus}")
    console.print(table)
    if pull.state == "open":
        say(f"Next: opsroom pr diff {project} {number}, then opsroom pr merge {project} {number} or opsroom pr close …")


@app.command()
def diff(
    project: ProjectArgument, number: NumberArgument, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Print what a pull request changes, as a unified diff."""
    text = _forge(project, home).diff(number)
    if as_json:
        print_json({"project": project, "number": number, "diff": text})
    else:
        typer.echo(text, nl=False)


@app.command()
def merge(
    project: ProjectArgument, number: NumberArgument, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Merge a pull request into main. While `opsroom ui` runs, a release follows."""
    pull = _forge(project, home).merge(number)
    if as_json:
        print_json(pull.model_dump(mode="json"))
    else:
        say(f"Merged #{number} into {pull.base} as {pull.merge_commit}.")
        say("Next: `opsroom ui` tags it as a release and keeps its proofs.")


@app.command()
def close(
    project: ProjectArgument, number: NumberArgument, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Close a pull request without merging; the same change is not proposed again."""
    pull = _forge(project, home).close(number)
    if as_json:
        print_json(pull.model_dump(mode="json"))
    else:
        say(f"Closed #{number}. The same change is not proposed again; change the documents and build.")


def _projects(home: "Path | None") -> list[str]:
    return sorted(path.parent.name for path in load_settings(home).home.forge("*").parent.glob("*/repository.git"))


def _forge(project: str, home: "Path | None") -> "LocalForge":
    from opsroom_dagster.errors import InputError
    from opsroom_dagster.forge.local import LocalForge

    known = _projects(home)
    if project not in known:  # also keeps a name with slashes from leaving the folder
        raise InputError(
            f"project {project!r} has no repository.",
            remedy=f"Projects that have one: {', '.join(known)}." if known else "`opsroom build` makes one.",
        )
    return LocalForge(load_settings(home).home.forge(project), person=_person())


def _person() -> tuple[str, str]:
    """Who merges: as git knows them."""
    import subprocess

    def ask(key: str, default: str) -> str:
        done = subprocess.run(["git", "config", "--get", key], capture_output=True, text=True, timeout=10, check=False)
        return done.stdout.strip() or default

    return ask("user.name", "Ops Control Room user"), ask("user.email", "user@localhost")
