"""``opsroom proofs``: look at a proof bundle and check it, offline."""

from pathlib import Path
from typing import Annotated

import typer

from opsroom_dagster.cli.options import HomeOption, JsonOption, load_settings, print_json, say

app = typer.Typer(help="Proof bundles: signed statements of every step and check.", no_args_is_help=True)

BundleArgument = Annotated[Path, typer.Argument(help="The bundle: …/proof_bundle/bundle.intoto.jsonl")]
KeyOption = Annotated[Path | None, typer.Option("--key", help="Public key (PEM). Default: that of --home.")]


@app.command()
def verify(
    bundle: BundleArgument,
    key: KeyOption = None,
    artifacts: Annotated[
        Path | None, typer.Option(help="The project's artifacts. Default: where the bundle lies.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check signatures, order, chain and every artifact's bytes. Exit status 1 when anything does not hold."""
    from opsroom_dagster.proofs.verify import verify_bundle

    public = key or _home_key(home)
    around = artifacts or (bundle.absolute().parents[1] if bundle.absolute().parent.name == "proof_bundle" else None)
    report = verify_bundle(bundle, around, public)
    if as_json:
        print_json(
            {**report.model_dump(mode="json"), "key": str(public), "artifacts_folder": str(around) if around else None}
        )
    else:
        for problem in report.problems:
            place = problem.file or (f"line {problem.line}" if problem.line else "bundle")
            typer.echo(f"{place}: {problem.message}")
        compared = f"{report.artifacts} artifacts compared in {around}" if around else "artifacts not compared"
        say(f"{report.statements} statements by {public}, {compared}; the build had {report.result}.")
        say("The bundle holds." if not report.problems else f"{len(report.problems)} problems.")
    if report.problems:
        raise typer.Exit(1)


@app.command()
def show(bundle: BundleArgument, key: KeyOption = None, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List what a bundle proves."""
    from opsroom_dagster.proofs.verify import read_statements

    statements, problems = read_statements(bundle, key or _home_key(home))
    if as_json:
        print_json(statements)
    else:
        for statement in statements:
            facts = statement["predicate"].get("opsroom", {})
            if facts.get("kind") == "check":
                proof = facts["proof"]
                summary = proof["evidence"].get("summary", "")
                typer.echo(f"{statement['predicate']['result']:7} {proof['step_id']}.{proof['verifier_id']}: {summary}")
    if problems:
        say(f"{len(problems)} problems; `opsroom proofs verify` names them.")
        raise typer.Exit(1)


def _home_key(home: Path | None) -> Path:
    from opsroom_dagster.proofs.keys import PUBLIC

    return load_settings(home).home.keys / PUBLIC
