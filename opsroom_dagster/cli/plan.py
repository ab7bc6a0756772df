"""``opsroom plan``: compile, show and check plans."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from opsroom_dagster.cli.options import HomeOption, JsonOption, load_settings, print_json, say

if TYPE_CHECKING:
    from opsroom_dagster.plans.model import Plan

app = typer.Typer(help="Compile, show and check plans.", no_args_is_help=True)

PlanFile = Annotated[Path, typer.Argument(help="A plan: JSON or YAML.", show_default=False)]


@app.command("compile")
def compile_(
    template: Annotated[str | None, typer.Option(help="From a template, e.g. doc-to-code.", show_default=False)] = None,
    spec: Annotated[Path | None, typer.Option(help="From a spec bundle's tasks.", show_default=False)] = None,
    doc: Annotated[Path | None, typer.Option(help="From a document or a folder.", show_default=False)] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A parameter; repeatable.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Default: standard output.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compile a plan and check it. With -o and --json, the file and the number of steps are printed."""
    from opsroom_dagster.errors import InputError
    from opsroom_dagster.plans.check import check_plan
    from opsroom_dagster.plans.file import plan_bytes

    chosen = [value for value in (template, spec, doc) if value is not None]
    if len(chosen) != 1:
        raise InputError("a plan comes from one thing.", remedy="Give one of --template, --spec, --doc.")
    if template is not None:
        plan = _from_template(template, settings or [])
    elif spec is not None:
        plan = _from_spec(spec, settings or [])
    else:
        assert doc is not None
        plan = _from_document(doc, settings or [], home)
    problems = check_plan(plan)
    if problems:
        raise InputError(f"the plan has {len(problems)} problems: " + "; ".join(map(str, problems[:20])) + ".")
    data = plan_bytes(plan)
    if output is None:
        typer.echo(data.decode())
        return
    from opsroom_dagster.files import write_atomic

    write_atomic(output, data + b"\n")
    say(f"{output}: {len(plan.steps)} steps. Look at it with `opsroom plan show {output}`.")
    if as_json:
        print_json({"file": str(output), "id": plan.id, "steps": len(plan.steps)})


@app.command()
def show(
    file: PlanFile,
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Print a Mermaid flow chart.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show a plan as a tree."""
    from opsroom_dagster.plans.show import plan_mermaid, plan_tree

    plan = _load(file)
    if as_json:
        print_json(plan.model_dump(mode="json", by_alias=True))
    elif mermaid:
        typer.echo(plan_mermaid(plan), nl=False)
    else:
        from rich.console import Console

        Console(highlight=False).print(plan_tree(plan))


@app.command()
def check(file: PlanFile, as_json: JsonOption = False) -> None:
    """Name every mistake of a plan. Exit status: 0 none, 1 some."""
    from dataclasses import asdict

    from opsroom_dagster.plans.check import check_plan
    from opsroom_dagster.plans.file import read_raw_plan

    problems = check_plan(read_raw_plan(file))
    if as_json:
        print_json({"file": str(file), "ok": not problems, "problems": [asdict(problem) for problem in problems]})
    else:
        for problem in problems:
            typer.echo(f"{file}: {problem}")
        say(f"{len(problems)} problems." if problems else "No problem.")
    if problems:
        raise typer.Exit(1)


@app.command()
def schema() -> None:
    """Print the JSON Schema of plans."""
    from opsroom_dagster.plans.schema import plan_schema

    print_json(plan_schema())


def _load(file: Path) -> "Plan":
    from pydantic import ValidationError

    from opsroom_dagster.errors import InputError
    from opsroom_dagster.plans.file import read_raw_plan
    from opsroom_dagster.plans.model import Plan

    try:
        return Plan.model_validate(read_raw_plan(file))
    except ValidationError as error:
        raise InputError(
            f"this is no plan: {error.error_count()} mistakes.", file=file, remedy=f"See `opsroom plan check {file}`."
        ) from error


def _from_template(slug: str, settings: list[str]) -> "Plan":
    from opsroom_dagster.plans.compile import compile_template, parse_parameters
    from opsroom_dagster.plans.templates import load_template

    template = load_template(slug)
    return compile_template(template, parse_parameters(settings, template))


def _from_spec(folder: Path, settings: list[str]) -> "Plan":
    from opsroom_dagster.errors import InputError
    from opsroom_dagster.plans.spec_plan import compile_spec_plan
    from opsroom_dagster.specs.read import read_bundle

    if settings:
        raise InputError("a spec bundle takes no parameters.", remedy="Leave out --set.")
    bundle = read_bundle(folder)
    if not bundle.tasks:
        raise InputError("the bundle has no task, so there is nothing to plan.", file=folder, remedy="Write tasks.md.")
    return compile_spec_plan(bundle)


def _from_document(source: Path, settings: list[str], home: Path | None) -> "Plan":
    """The doc-to-code plan of the documents; ``--set`` overrides project, targets and odoo_series."""
    import tempfile

    from opsroom_dagster.documents.read import read_documents
    from opsroom_dagster.documents.sources import read_sources
    from opsroom_dagster.plans.compile import parse_parameters, with_defaults
    from opsroom_dagster.plans.project_plan import TEMPLATE, compile_project_plan
    from opsroom_dagster.plans.templates import load_template
    from opsroom_dagster.project import Project, slug_of
    from opsroom_dagster.requirements.extract import extract
    from opsroom_dagster.specs.read import read_bundle
    from opsroom_dagster.specs.write import bundle_files

    template = load_template(TEMPLATE)
    requirements = extract(read_documents(read_sources([source], load_settings(home).max_document_bytes)))
    given = parse_parameters(settings, template)
    parameters = with_defaults({"project": given.get("project") or slug_of(source.resolve()), **given}, template)
    wanted = Project(
        slug=parameters["project"],
        sources=(),
        targets=tuple(parameters["targets"]),
        odoo_series=parameters["odoo_series"],
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, text in bundle_files(wanted, requirements).items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        return compile_project_plan(wanted, requirements, read_bundle(Path(folder), wanted.slug))
