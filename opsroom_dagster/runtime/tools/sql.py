"""Execute one statement on a PostgreSQL server, in a transaction of its own that is read-only unless the step says so.

The statement travels apart from its parameters (the extended query protocol, which also takes one statement only), so
that no parameter can become a part of it. A role's rights are the limit of what a statement can do: give each plan a
role that may do what it needs and no more.
"""

from collections.abc import Generator
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import Field

from opsroom_dagster.errors import InputError
from opsroom_dagster.plans.model import Json
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.tools._arguments import Arguments, Milliseconds, parsed
from opsroom_dagster.runtime.tools._rows import as_objects, bound, with_json_types
from opsroom_dagster.runtime.transaction import transaction

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

MAX_ROWS = 100_000


class SqlArguments(Arguments):
    """What the tools of kind ``sql`` take."""

    url: str | None = None
    """See ``runtime.transaction``."""
    statement: Annotated[str, Field(min_length=1)]
    parameters: list[Any] | dict[str, Any] | None = None
    """For ``%s``, or by name for ``%(name)s``; with parameters, a percent sign is written ``%%``."""
    read_only: bool = True
    timeout_ms: Milliseconds = 30_000
    max_rows: Annotated[int, Field(ge=0, le=MAX_ROWS)] = 1_000


def call(args: Json, context: StepContext) -> Json:
    """Outputs: ``rows`` (objects), ``rowCount`` (of a statement that may write: all rows that it returned or
    changed, else those in ``rows``), ``truncated``.

    Raises:
        StepError: the server refused the statement; and see ``transaction``.
    """
    wanted = parsed(SqlArguments, args)
    if "\0" in wanted.statement:  # the server would take it for the end
        raise InputError("the statement holds a NUL character.")
    statement = wanted.statement.encode()
    seconds = wanted.timeout_ms / 1000
    with transaction(wanted.url, context, seconds=seconds, read_only=wanted.read_only) as connection:
        with_json_types(connection)
        execute = _read if wanted.read_only else _execute
        return execute(connection, statement, bound(wanted.parameters), wanted.max_rows)


def _read(connection: "Connection[Any]", statement: bytes, parameters: Any, most: int) -> Json:
    """Row by row: what is not wanted is not even sent."""
    from psycopg import ProgrammingError

    cursor = connection.cursor()
    try:
        # A generator: closing it early ends the statement.
        with closing(cast("Generator[Any]", cursor.stream(statement, parameters))) as stream:
            rows, truncated = as_objects(stream, lambda: _columns(cursor), most)
    except ProgrammingError as error:
        if error.sqlstate is not None or "didn't produce a result" not in str(error):
            raise
        rows, truncated = [], False
    return {"rows": rows, "rowCount": len(rows), "truncated": truncated}


def _execute(connection: "Connection[Any]", statement: bytes, parameters: Any, most: int) -> Json:
    """To its end, even when not all rows are wanted: it may change something for each of them."""
    with connection.pipeline():  # makes psycopg use the extended protocol
        cursor = connection.execute(statement, parameters)
    rows, truncated = as_objects(cursor if cursor.description else (), lambda: _columns(cursor), most)
    return {"rows": rows, "rowCount": max(cursor.rowcount, 0), "truncated": truncated}


def _columns(cursor: "Cursor[Any]") -> list[str]:
    return [column.name for column in cursor.description or ()]
