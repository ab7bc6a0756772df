"""``opsroom build``: documents to a verified pull request."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from opsroom_dagster.cli.options import HomeOption, JsonOption, load_settings, print_json, say

if TYPE_CHECKING:
    from opsroom_dagster.project import Project
    from opsroom_dagster.settings import Settings


def command(
    sources: Annotated[list[str], typer.Argument(help="Files or folders; URLs come later.", show_default=False)],
    project: Annotated[
        str | None, typer.Option(help="The project's slug. Default: made from the first source.")
    ] = None,
    target: Annotated[list[str] | None, typer.Option(help="What to generate: odoo. Repeatable.")] = None,
    odoo_series: Annotated[str, typer.Option(help="18.0 (19.0 comes later).")] = "18.0",
    replace: Annotated[
        bool, typer.Option(help="The project was built from other sources: use these from now on.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Build one project from its documents: requirements, specification, plan, Odoo addon, pull request, proofs.

    Exit status: 0 all blocking checks passed; 1 one did not; 2 the input cannot be used; 3 something is missing on
    this machine; 4 interrupted, the same command goes on.
    """
    settings = load_settings(home)
    wanted = _project(sources, project, target, odoo_series, settings)

    from opsroom_dagster.instance import apply_environment
    from opsroom_dagster.store.database import open_database
    from opsroom_dagster.store.projects import register_project

    say(f"Building {wanted.slug} in {settings.home.root}")
    database = open_database(settings)
    registered = register_project(database, wanted, replace=replace)
    apply_environment(settings)

    from opsroom_dagster.jobs.build import build_project

    report = build_project(registered, settings, say=say)
    if as_json:
        print_json(report.model_dump(mode="json", exclude={"missing"}))
    else:
        from opsroom_dagster.cli._build_summary import print_summary

        print_summary(report, settings)
    if report.failed or report.missing:
        raise typer.Exit(1)


def _project(
    sources: list[str], slug: str | None, targets: list[str] | None, series: str, settings: "Settings"
) -> "Project":
    """Bad input is found here, before a database is started for it."""
    from opsroom_dagster.documents.read import read_documents
    from opsroom_dagster.documents.sources import local_paths, read_sources
    from opsroom_dagster.errors import InputError
    from opsroom_dagster.project import Project, slug_of, slugify

    if unknown := sorted(set(targets or []) - {"odoo"}):
        raise InputError(f"unknown target {unknown[0]!r}.", remedy="This version generates: odoo.")
    if series != "18.0":
        raise InputError(f"unknown Odoo series {series!r}.", remedy="This version generates for: 18.0.")
    if slug is not None and slug != slugify(slug):
        raise InputError(
            f"{slug!r} is not a project name.",
            remedy=f"Use lower-case words and hyphens, such as {slugify(slug) or 'my-project'!r}.",
        )
    paths = local_paths(sources)
    read_documents(read_sources(paths, settings.max_document_bytes))
    resolved = tuple(str(path.resolve()) for path in paths)
    return Project(slug=slug or slug_of(Path(resolved[0])), sources=resolved, odoo_series="18.0")
