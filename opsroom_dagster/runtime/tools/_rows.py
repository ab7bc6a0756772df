"""Values on their way to PostgreSQL and back: JSON in, JSON out."""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from opsroom_dagster.errors import StepError
from opsroom_dagster.plans.model import Json
from opsroom_dagster.runtime.tools._kept import plain

if TYPE_CHECKING:
    from psycopg import Connection

MAX_BYTES = 8_000_000
"""Of all rows together, as JSON."""
_AS_TEXT = (
    *("numeric", "uuid", "inet", "cidr", "date", "time", "timetz", "interval"),
    *("int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange"),
    *("int4multirange", "int8multirange", "nummultirange", "datemultirange", "tsmultirange", "tstzmultirange"),
)
"""Types that come as the server writes them: exact, and without the limits of Python's types."""


def bound(parameters: "list[Any] | Json | None") -> "list[Any] | Json | None":
    """Parameters for psycopg: objects become jsonb, lists of scalars arrays, other lists jsonb."""
    if not parameters:
        return None
    if isinstance(parameters, dict):
        return {name: _bound(value) for name, value in parameters.items()}
    return [_bound(value) for value in parameters]


def with_json_types(connection: "Connection[Any]") -> None:
    """Load values in a form that JSON has; what is not known comes as the server writes it."""
    from psycopg.types.string import TextLoader

    class Timestamp(TextLoader):
        """``2025-01-31 10:00:00+00`` as ISO 8601 writes it; the session is in UTC. ``infinity`` stays."""

        def load(self, data: Any) -> str:
            text = bytes(data).decode("ascii").replace(" ", "T", 1)
            return f"{text}:00" if text.endswith("+00") else text

    for name in _AS_TEXT:
        connection.adapters.register_loader(name, TextLoader)
    for name in ("timestamp", "timestamptz"):
        connection.adapters.register_loader(name, Timestamp)


def as_objects(rows: Iterable[Sequence[Any]], names: Any, most: int) -> tuple[list[Json], bool]:
    """Rows as objects; whether there were more than ``most``, or more than are kept.

    Args:
        names: a function that tells the columns' names once there is a row.

    Raises:
        StepError: two columns have one name, or a single row is too large.
    """
    found: list[Json] = []
    columns, size = list[str](), 0
    for row in rows:
        if not columns:
            columns = names()
            if len(set(columns)) < len(columns):
                twice = next(name for name in columns if columns.count(name) > 1)
                raise StepError(f"two columns are called {twice!r}: give each a name of its own with AS.")
        made = dict(zip(columns, map(plain, row), strict=True))
        size += len(json.dumps(made))
        if size > MAX_BYTES and not found:
            raise StepError(f"one row is larger than {MAX_BYTES:,} bytes.")
        if len(found) == most or size > MAX_BYTES:
            return found, True
        found.append(made)
    return found, False


def _bound(value: Any) -> Any:
    from psycopg.types.json import Jsonb

    if isinstance(value, dict):
        return Jsonb(cast(Json, value))
    if isinstance(value, list) and _holds_object(cast(list[Any], value)):
        return Jsonb(cast(list[Any], value))
    return cast(Any, value)


def _holds_object(items: list[Any]) -> bool:
    return any(
        isinstance(item, dict) or (isinstance(item, list) and _holds_object(cast(list[Any], item))) for item in items
    )
