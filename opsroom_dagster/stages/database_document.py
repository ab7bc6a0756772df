"""A step that writes down what a database holds, as a document that the doc-to-code pipeline reads."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from opsroom_dagster.documents.read import read_documents
from opsroom_dagster.documents.sources import SourceFile
from opsroom_dagster.files import write_atomic
from opsroom_dagster.plans.model import Json
from opsroom_dagster.requirements.extract import extract
from opsroom_dagster.requirements.names import entity_name
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.specs.text import cell, inline

FILE = "data-model.md"


def run(context: StepContext) -> Json:
    """Write the columns in ``args.columns`` (rows of ``table``, ``column``, ``type``, ``required``, ``references``).

    Outputs: ``document`` (its text), ``tables``, and ``entities``: what is read when the document is read back.
    """
    columns: list[Json] = context.step.args["columns"]
    text = document(context.step.args["title"], columns)
    write_atomic(context.output / FILE, text.encode())
    file = SourceFile(name=FILE, path=Path(FILE), data=text.encode())
    return {
        "document": text,
        "tables": sorted({entity_name(column["table"]) for column in columns}),
        "entities": sorted(entity.name for entity in extract(read_documents([file])).entities),
    }


def document(title: str, columns: Sequence[Json]) -> str:
    """The data model as Markdown: one table for each table of the database, in the order of the columns."""
    lines = [f"# {inline(title)}", "", "## Data model", ""]
    for table in dict.fromkeys(column["table"] for column in columns):
        own = [column for column in columns if column["table"] == table]
        lines += [f"### {inline(entity_name(table))}", "", *_rows(own), ""]
    return "\n".join(lines)


def _rows(columns: Sequence[Json]) -> Iterator[str]:
    yield "| Field | Type | Required |"
    yield "| --- | --- | --- |"
    for column in columns:
        yield f"| {cell(column['column'])} | {cell(_type(column))} | {'yes' if column['required'] else 'no'} |"


def _type(column: Json) -> str:
    target: Any = column.get("references")
    return f"reference to {entity_name(target)}" if target else str(column["type"])
