"""``opsroom proofs``: look at a proof bundle and check it, offline."""

from pathlib import Path
from typing import Annotated

import typer

from opsroom_dagster.cli.options import HomeOption, JsonOption, load_settings, print_json, say

app = typer.Typer(help="Proof bundles: signed statements of every step and check.", no_args_is_help=True)

BundleArgument = Annotated[
    str,
    typer.Argument(
        metavar="BUNDLE",
        help="A bundle (…/bundle.intoto.jsonl), a project's slug, or the id of its last run or of a plan's.",
    ),
]
KeyOption = Annotated[
    Path | None,
    typer.Option(
        "--key",
        help="Public key (PEM). Default: that of --home, else of the home the bundle lies in.",
        show_default=False,
    ),
]
ArtifactsOption = Annotated[
    Path | None,
    typer.Option(help="The project's artifacts to compare. Default: where the bundle lies.", show_default=False),
]
COLOURS = {"PASSED": "green", "WARNED": "yellow", "FAILED": "red"}


@app.command()
def verify(
    bundle: BundleArgument,
    key: KeyOption = None,
    artifacts: ArtifactsOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check signatures, order, chain and every artifact's bytes. Exit status 1 when anything does not hold."""
    from opsroom_dagster.proofs.verify import verify_bundle

    path = _bundle(bundle, home)
    public = key or _home_key(path, home)
    around = artifacts or _around(path)
    report = verify_bundle(path, around, public)
    if as_json:
        places = {"bundle": str(path), "key": str(public), "artifacts_folder": str(around) if around else None}
        print_json({**report.model_dump(mode="json"), **places})
    else:
        for problem in report.problems:
            place = problem.file or (f"line {problem.line}" if problem.line else "bundle")
            typer.echo(f"{place}: {problem.message}")
        compared = f"{report.artifacts} artifacts compared in {around}" if around else "artifacts not compared"
        say(f"{report.statements} statements signed with {public}; {compared}; the build: {report.result}.")
        say(
            "The bundle holds."
            if not report.problems
            else f"The bundle does not hold: {len(report.problems)} problems."
        )
    if report.problems:
        raise typer.Exit(1)


@app.command()
def show(bundle: BundleArgument, key: KeyOption = None, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List what a bundle proves: every check of every step, with its result."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from opsroom_dagster.proofs.verify import read_statements

    path = _bundle(bundle, home)
    statements, problems = read_statements(path, key or _home_key(path, home))
    if as_json:
        print_json(statements)
    else:
        table = Table("step", "check", "result", "found", "at")
        for statement in statements:
            predicate = statement["predicate"]
            facts = predicate.get("opsroom", {})
            result = Text(predicate["result"], style=COLOURS.get(predicate["result"], ""))
            if facts.get("kind") == "check":
                proof = facts["proof"]
                found = Text(str(proof["evidence"].get("summary", "")))
                table.add_row("", Text(proof["verifier_id"]), result, found, proof["timestamp"][:19])
            elif facts.get("kind") == "step":
                files = f"{len(statement['subject'])} files"
                table.add_row(Text(facts["step"], style="bold"), "", result, files, facts["finishedAt"][:19])
        Console().print(table)
    if problems:
        say(f"{len(problems)} problems; `opsroom proofs verify` names them.")
        raise typer.Exit(1)


def _bundle(named: str, home: Path | None) -> Path:
    """A file, or the bundle of the project of that name, or of the run of that id."""
    from opsroom_dagster.errors import InputError
    from opsroom_dagster.proofs.bundle import BUNDLE
    from opsroom_dagster.runtime.records import read_record
    from opsroom_dagster.store.runs import RUN_ID

    if Path(named).is_file():
        return Path(named).absolute()
    root = load_settings(home).home
    of_run = root.run(named) / BUNDLE
    if RUN_ID.fullmatch(named) and of_run.is_file():
        return of_run
    artifacts = root.artifact("*", "*").parents[1]
    found = {path.parents[1].name: path for path in sorted(artifacts.glob(f"*/proof_bundle/{BUNDLE}"))}
    for project in found:
        record = read_record(root, project, "proof_bundle")
        if record is not None and record.run_id == named:
            return found[project]
    if named not in found:
        known = f"Projects that have one: {', '.join(found)}." if found else "`opsroom build` writes one."
        raise InputError("there is no such bundle, and no project of that name has one.", file=named, remedy=known)
    return found[named]


def _around(bundle: Path) -> Path | None:
    """The folder that holds what the bundle speaks of, where it lies as it was written."""
    if bundle.parent.name == "proof_bundle":
        return bundle.parents[1]
    return bundle.parent if len(bundle.parents) > 2 and bundle.parents[1].name == "runs" else None


def _home_key(bundle: Path, home: Path | None) -> Path:
    from opsroom_dagster.home import Home
    from opsroom_dagster.proofs.keys import PUBLIC

    # <home>/artifacts/<project>/proof_bundle/… or <home>/runs/<run>/…
    found = (Home(folder).keys / PUBLIC for folder in bundle.parents[2:4])
    around = next((key for key in found if key.is_file()), None)
    return around if home is None and around else load_settings(home).home.keys / PUBLIC
