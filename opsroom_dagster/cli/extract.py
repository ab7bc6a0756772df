"""``opsroom extract``: what documents demand, without building anything."""

from typing import TYPE_CHECKING, Annotated

import typer

from opsroom_dagster.cli.options import HomeOption, JsonOption, load_settings, print_json

if TYPE_CHECKING:
    from opsroom_dagster.requirements.model import Requirements


def command(
    sources: Annotated[list[str], typer.Argument(help="Documents, or folders of documents.", show_default=False)],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Read documents and print the requirements found in them."""
    from opsroom_dagster.documents.read import read_documents
    from opsroom_dagster.documents.sources import local_paths, read_sources
    from opsroom_dagster.requirements.extract import extract

    found = extract(read_documents(read_sources(local_paths(sources), load_settings(home).max_document_bytes)))
    if json:
        # Confidence is derived from the evidence, and readers of the JSON want it beside the name.
        data = found.model_dump(mode="json", by_alias=True)
        for entity, shown in zip(found.entities, data["entities"], strict=True):
            shown["confidence"] = entity.confidence
            for field, shown_field in zip(entity.fields, shown["fields"], strict=True):
                shown_field["confidence"] = field.confidence
        print_json(data)
    else:
        _print_tables(found)


def _print_tables(found: "Requirements") -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    for entity in found.entities:
        table = Table(title=escape(f"{entity.name} ({entity.confidence:.2f})"), title_justify="left")
        for column in ("field", "type", "", "place"):
            table.add_column(column)
        for field in entity.fields:
            detail = ", ".join(field.values) or (f"→ {field.target}" if field.target else "")
            place = field.evidence[0].location if field.evidence else None
            table.add_row(
                escape(field.name + ("*" if field.required else "")),
                field.type if field.type_stated else f"{field.type}?",
                escape(detail),
                escape(f"{place.file}:{place.line_start}" if place else ""),
            )
        console.print(table)
    groups = (
        ("Roles", [role.name for role in found.roles]),
        ("Workflows", [f"{flow.entity or '?'}.{flow.field}: {', '.join(flow.states)}" for flow in found.workflows]),
        ("Stories", [f"{story.id} {story.title}" for story in found.user_stories]),
        ("Requirements", [f"{item.id} {item.text}" for item in found.requirements]),
        ("Open questions", [question.question for question in found.clarifications]),
    )
    for title, lines in groups:
        if lines:
            console.print(f"\n[bold]{title}[/bold]")
            for line in lines:
                console.print(f"  {escape(line)}", highlight=False)
    coverage = found.coverage
    console.print(f"\n{coverage.used} of {coverage.blocks} blocks used, {len(coverage.unread)} unread.")
