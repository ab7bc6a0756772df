"""``opsroom plan``: compile, show and check plans; list what they are made of."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from opsroom_dagster.cli.options import HomeOption, JsonOption, load_settings, print_json, say

if TYPE_CHECKING:
    from opsroom_dagster.plans.listing import Entry
    from opsroom_dagster.plans.model import Plan

app = typer.Typer(help="Compile, show and check plans; list templates, skills and tools.", no_args_is_help=True)

INDENT = (0, 0, 0, 4)
PlanFile = Annotated[Path, typer.Argument(help="A plan: JSON or YAML.", show_default=False)]


@app.command("compile")
def compile_(
    template: Annotated[
        str | None, typer.Option(help="From a template, see `opsroom plan templates`.", show_default=False)
    ] = None,
    spec: Annotated[Path | None, typer.Option(help="From a spec bundle's tasks.", show_default=False)] = None,
    doc: Annotated[Path | None, typer.Option(help="From a document or a folder.", show_default=False)] = None,
    skill: Annotated[
        str | None, typer.Option(help="From a skill alone, see `opsroom plan skills`.", show_default=False)
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A parameter; repeatable. NAME=@FILE: the file's text."),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Default: standard output.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compile a plan and check it. With -o and --json, the file and the number of steps are printed."""
    from opsroom_dagster.errors import InputError
    from opsroom_dagster.plans.check import check_plan
    from opsroom_dagster.plans.file import plan_bytes
    from opsroom_dagster.plans.skills import stock_skills
    from opsroom_dagster.plans.tools import stock_tools

    chosen = [value for value in (template, spec, doc, skill) if value is not None]
    if len(chosen) != 1:
        raise InputError("a plan comes from one thing.", remedy="Give one of --template, --spec, --doc, --skill.")
    if template is not None:
        plan = _from_template(template, settings or [])
    elif spec is not None:
        plan = _from_spec(spec, settings or [])
    elif skill is not None:
        plan = _from_skill(skill, settings or [])
    else:
        assert doc is not None
        plan = _from_document(doc, settings or [], home)
    problems = check_plan(plan, stock_tools(), stock_skills())
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
    html: Annotated[
        Path | None, typer.Option(help="Write one self-contained HTML page.", metavar="FILE", show_default=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show a plan: its graph, level by level, and its steps."""
    from opsroom_dagster.plans.show import plan_mermaid

    plan = _load(file)
    if html is not None:
        from opsroom_dagster.files import write_atomic
        from opsroom_dagster.plans.page import plan_page

        write_atomic(html, plan_page(plan).encode())
        say(f"{html}: open it in a browser.")
    if as_json:
        print_json(plan.model_dump(mode="json", by_alias=True))
    elif mermaid:
        typer.echo(plan_mermaid(plan), nl=False)
    elif html is None:
        _print(plan)


def _print(plan: "Plan") -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.text import Text

    from opsroom_dagster.plans.show import plan_tree
    from opsroom_dagster.plans.terminal import graph_lines

    console = Console(highlight=False)
    console.print(f"[bold]{escape(plan.title)}[/bold] ({escape(plan.id)}, {escape(plan.kind)})\n")
    for line in graph_lines(plan, console.width):
        console.print(Text(line), soft_wrap=True)
    console.print()
    console.print(plan_tree(plan))


@app.command()
def check(file: PlanFile, as_json: JsonOption = False) -> None:
    """Name every mistake of a plan. Exit status: 0 none, 1 some."""
    from dataclasses import asdict

    from opsroom_dagster.plans.check import check_plan
    from opsroom_dagster.plans.file import read_raw_plan
    from opsroom_dagster.plans.skills import stock_skills
    from opsroom_dagster.plans.tools import stock_tools

    problems = check_plan(read_raw_plan(file), stock_tools(), stock_skills())
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


@app.command()
def templates(as_json: JsonOption = False) -> None:
    """List the templates and their parameters."""
    from opsroom_dagster.plans.listing import template_entries

    _list(template_entries(), "templates", as_json=as_json)


@app.command()
def skills(as_json: JsonOption = False) -> None:
    """List the skills, what they take and give, and where they are allowed."""
    from opsroom_dagster.plans.listing import skill_entries

    _list(skill_entries(), "skills", as_json=as_json)


@app.command()
def tools(as_json: JsonOption = False) -> None:
    """List the tools that steps can call, and their arguments."""
    from opsroom_dagster.plans.listing import tool_entries

    _list(tool_entries(), "tools", as_json=as_json)


def _list(entries: "list[Entry]", name: str, *, as_json: bool) -> None:
    if as_json:
        print_json({name: [entry.as_json() for entry in entries]})
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.padding import Padding

    console = Console(highlight=False)
    for entry in entries:
        console.print(f"[bold]{escape(entry.id)}[/bold]  {escape(entry.description)}")
        for fact in entry.facts:
            console.print(Padding(f"[dim]{escape(fact)}[/dim]", INDENT))
        for line in entry.parameters():
            console.print(Padding(escape(line), INDENT))
        console.print()


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
    return compile_template(template, parse_parameters(settings, template.parameters, _file_text))


def _from_skill(name: str, settings: list[str]) -> "Plan":
    from opsroom_dagster.errors import InputError
    from opsroom_dagster.plans.compile import parse_parameters
    from opsroom_dagster.plans.skill_steps import skill_plan
    from opsroom_dagster.plans.skills import stock_skills
    from opsroom_dagster.plans.tools import stock_tools

    known = stock_skills()
    if name not in known:
        raise InputError(f"there is no skill {name!r}.", remedy=f"Use one of: {', '.join(known)}.")
    inputs = parse_parameters(settings, known[name].input_schema, _file_text)
    return skill_plan(known[name], inputs, known, stock_tools())


def _file_text(name: str) -> str:
    """What ``--set NAME=@FILE`` stands for."""
    from opsroom_dagster.errors import InputError

    path = Path(name)
    if not path.is_file():
        raise InputError("there is no such file.", file=path, remedy="Write @@ for a value that begins with @.")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError("the text is not UTF-8.", file=path, remedy="Save it as UTF-8.") from error


def _from_spec(folder: Path, settings: list[str]) -> "Plan":
    from opsroom_dagster.errors import InputError
    from opsroom_dagster.plans.spec_plan import compile_spec_plan
    from opsroom_dagster.plans.tools import stock_tools
    from opsroom_dagster.specs.read import read_bundle

    if settings:
        raise InputError("a spec bundle takes no parameters.", remedy="Leave out --set.")
    bundle = read_bundle(folder)
    if not bundle.tasks:
        raise InputError("the bundle has no task, so there is nothing to plan.", file=folder, remedy="Write tasks.md.")
    return compile_spec_plan(bundle, stock_tools())


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
    given = parse_parameters(settings, template.parameters, _file_text)
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
