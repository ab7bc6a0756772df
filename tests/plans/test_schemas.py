"""Schemas of tools and documents may be anyone's."""

import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from opsroom_dagster.errors import InputError, StepError, StepTimeoutError
from opsroom_dagster.plans.schemas import MOST, mistakes, schema_problems


@pytest.mark.parametrize("keyword", [{}, {"pattern": ".*"}])
def test_mistakes_are_told_with_their_path(keyword: dict[str, Any]) -> None:
    schema = {"required": ["b"], "properties": {"a": {"items": {"type": "integer"}}}, **keyword}
    assert mistakes({"a": [1, "x"]}, schema) == ["a.1: 'x' is not of type 'integer'", "all: 'b' is a required property"]


def test_an_empty_schema_allows_everything() -> None:
    assert mistakes(object(), {}) == []


def test_mistakes_are_bounded() -> None:
    told = mistakes(["x" * 10_000] * 1_000, {"items": {"type": "integer"}})
    assert len(told) == MOST and max(map(len, told)) < 600


@pytest.mark.parametrize("schema", [{"type": "nonsense"}, {"pattern": "("}, {"$ref": "#/nowhere"}, {"minimum": "x"}])
def test_what_is_no_schema_is_told(schema: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="the schema"):
        mistakes("x", schema)


def test_a_reference_is_never_fetched() -> None:
    class Refuse(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            pytest.fail("fetched")

    with HTTPServer(("127.0.0.1", 0), Refuse) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(InputError, match="not inside it"):
            mistakes(1, {"$ref": f"http://127.0.0.1:{server.server_address[1]}/x"})
        server.shutdown()


def test_a_pattern_without_end_is_stopped() -> None:
    started = time.monotonic()
    with pytest.raises(StepTimeoutError):
        mistakes("a" * 60 + "!", {"properties": {}, "pattern": "(a+)+$"}, seconds=0.5)
    assert time.monotonic() - started < 2


def test_deep_nesting_is_an_error_of_the_step() -> None:
    schema: dict[str, Any] = {"type": "array"}
    value: Any = 1
    for _ in range(900):
        schema, value = {"items": schema, "type": "array"}, [value]
    with pytest.raises(StepError):
        mistakes(value, schema)


def test_a_known_schema_costs_little() -> None:
    schema = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(20)}}
    mistakes({}, schema)
    started = time.perf_counter()
    for _ in range(100):
        mistakes({"p1": "x"}, schema)
    assert time.perf_counter() - started < 1


def test_the_schema_of_schemas_has_no_problem() -> None:
    assert list(schema_problems(Draft202012Validator.META_SCHEMA)) == []
