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


@app.command("list")
def list_(project: ProjectArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the pull requests of a project, oldest first."""
    pulls = _forge(project, home).pull_requests()
    if as_json:
        print_json([pull.model_dump(mode="json") for pull in pulls])
        return
    for pull in pulls:
        typer.echo(f"#{pull.number}  {pull.state:7}  {pull.commit[:12]}  {pull.title}")
    if not pulls:
        say("There is none yet. `opsroom build` opens one.")


@app.command()
def show(
    project: ProjectArgument, number: NumberArgument, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Show one pull request and the files that it changes."""
    forge = _forge(project, home)
    pull = forge.pull_request(number)
    files = forge.files(number)
    if as_json:
        print_json({**pull.model_dump(mode="json"), "files": [{"status": s, "path": path} for s, path in files]})
        return
    typer.echo(f"#{pull.number} {pull.title} ({pull.state})\n{pull.branch} → {pull.base}, {pull.commit}\n")
    for status, path in files:
        typer.echo(f"  {status} {path}")
    if pull.state == "open":
        say(f"\nNext: opsroom pr diff {project} {number}, opsroom pr merge {project} {number}")


@app.command()
def diff(project: ProjectArgument, number: NumberArgument, home: HomeOption = None) -> None:
    """Print what a pull request changes, as a unified diff."""
    typer.echo(_forge(project, home).diff(number), nl=False)


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


@app.command()
def close(
    project: ProjectArgument, number: NumberArgument, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Close a pull request without merging; the same change is not proposed again."""
    pull = _forge(project, home).close(number)
    if as_json:
        print_json(pull.model_dump(mode="json"))
    else:
        say(f"Closed #{number}.")


def _forge(project: str, home: "Path | None") -> "LocalForge":
    from opsroom_dagster.errors import InputError
    from opsroom_dagster.forge.local import LocalForge

    folder = load_settings(home).home.forge(project)
    if not folder.is_dir():
        known = ", ".join(sorted(path.name for path in folder.parent.glob("*"))) or "none"
        raise InputError(f"project {project!r} has no repository.", remedy=f"Projects that have one: {known}.")
    return LocalForge(folder, person=_person())


def _person() -> tuple[str, str]:
    """Who merges: as git knows them."""
    import subprocess

    def ask(key: str, default: str) -> str:
        done = subprocess.run(["git", "config", "--get", key], capture_output=True, text=True, timeout=10, check=False)
        return done.stdout.strip() or default

    return ask("user.name", "Ops Control Room user"), ask("user.email", "user@localhost")
