"""A query gives what was expected. Asked as a tool of kind ``sql`` asks, and never with the right to write."""

from importlib.metadata import version
from typing import Any

from opsroom_dagster.plans.model import Json
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.model import Verdict
from opsroom_dagster.runtime.tools import sql
from opsroom_dagster.runtime.verifiers._arguments import arguments_schema, split_expect
from opsroom_dagster.runtime.verifiers._expect import ABSENT, Differences

CONFIG: Json = {
    "type": "object",
    "additionalProperties": False,
    "required": ["statement", "expect"],
    "properties": {
        **arguments_schema(sql.SqlArguments, "readOnly", "maxRows"),
        "expect": {
            "description": "All of it must hold.",
            "type": "object",
            "additionalProperties": False,
            "minProperties": 1,
            "properties": {
                "rows": {
                    "description": "All rows, in their order; each an object of all its columns.",
                    "type": "array",
                    "items": {"type": "object"},
                    "maxItems": 10_000,
                },
                "rowCount": {"type": "integer", "minimum": 0, "maximum": 99_999},
                "value": {"description": "The first column of the first row."},
            },
        },
    },
}


def judge(config: Json, context: StepContext) -> Verdict:
    """The rows are as expected; the evidence holds the statement and the first of them."""
    arguments, expect = split_expect(config)
    # One row more than expected shows that there are too many.
    most = max(len(expect.get("rows", ())), expect.get("rowCount", 0)) + 1
    outputs = sql.call({**arguments, "readOnly": True, "maxRows": most}, context)
    rows: list[Json] = outputs["rows"]
    count: Any = f"more than {len(rows)}" if outputs["truncated"] else len(rows)
    found: Json = {"rowCount": count, "rows": rows, "value": next(iter(rows[0].values()), ABSENT) if rows else ABSENT}
    differences = Differences()
    if "value" in expect:
        differences.equal("the first value", expect["value"], found["value"])
    if "rowCount" in expect:
        differences.equal("the number of rows", expect["rowCount"], count)
    if "rows" in expect:
        differences.equal("the rows", expect["rows"], rows)
    return differences.verdict(
        f"the query gives what was expected: {', '.join(expect)}",
        looked_at={"statement": arguments["statement"], "database": _database(arguments.get("url"))},
        expected=expect,
        found=found,
        tool=f"psycopg {version('psycopg')}",
    )


def _database(url: str | None) -> str:
    """Host and name."""
    return "the default one" if url is None else url.rpartition("//")[2].rpartition("@")[2].partition("?")[0]
