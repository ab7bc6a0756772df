"""Values, texts and files against schemas; both may be hostile."""

import json
import time
from typing import Any

import pytest

from opsroom_dagster.plans.model import Verifier
from opsroom_dagster.runtime.verifiers import config_mistakes
from tests.runtime.verifiers.conftest import Asked

SCHEMA = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "sizes": {"type": "array", "items": {"type": "integer"}}},
}


def test_a_value_a_text_and_a_file_are_judged_alike(asked: Asked) -> None:
    good = {"name": "a", "sizes": [1, 2]}
    asked.outputs = {"report": good, "stdout": json.dumps(good)}
    asked.write("out/report.json", json.dumps(good))
    for source in (
        {"value": "{{steps.step.outputs.report}}"},
        {"text": "{{steps.step.outputs.stdout}}"},
        {"file": "out/report.json"},
    ):
        verdict = asked.verdict("json_schema", schema=SCHEMA, **source)
        assert verdict.status == "passed", verdict
        assert verdict.evidence["tool"].startswith("jsonschema ")


def test_the_first_mistakes_are_in_the_evidence(asked: Asked) -> None:
    verdict = asked.verdict("json_schema", value={"sizes": ["x"] * 100}, schema=SCHEMA)
    assert verdict.status == "failed" and verdict.summary == "all: 'name' is a required property (and 19 more)"
    assert len(verdict.evidence["mistakes"]) == 20
    assert verdict.evidence["mistakes"][1] == "sizes.0: 'x' is not of type 'integer'"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is no JSON"),
        ("{", "is no JSON"),
        ("NaN", "it holds NaN"),
        ('{"a": Infinity}', "it holds Infinity"),
        (b"\xff\xfe\xfd", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("1" * 5_000, "is no JSON"),
    ],
)
def test_a_file_that_is_no_json_fails(asked: Asked, content: str | bytes, said: str) -> None:
    asked.write("x.json", content)
    verdict = asked.verdict("json_schema", file="x.json", schema={})
    assert verdict.status == "failed" and said in verdict.summary


def test_a_file_that_comes_late_is_waited_for(asked: Asked) -> None:
    import threading

    threading.Timer(0.4, lambda: asked.write("late.json", "{}")).start()
    verdict = asked.verdict(
        "json_schema", file="late.json", schema={"type": "object"}, deadlineMs=10_000, intervalMs=50
    )
    assert verdict.status == "passed" and verdict.evidence["tries"] > 1


def test_a_file_outside_and_one_too_large_are_refused(asked: Asked) -> None:
    assert "leaves" in asked.verdict("json_schema", file="../../x.json", schema={}).summary
    asked.write("big.json", b" " * 20_000_001)
    assert "larger than 20,000,000 bytes" in asked.verdict("json_schema", file="big.json", schema={}).summary


BOMB = {"type": "string", "pattern": "^(a+)+$"}
EXPLODING = {
    "$defs": {
        **{f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 10} for n in range(12)},
        "d12": {"type": "integer"},
    },
    "$ref": "#/$defs/d0",
}


@pytest.mark.parametrize(
    "schema", [BOMB, {"patternProperties": {"^(a+)+$": {}}}, EXPLODING], ids=["pattern", "names", "references"]
)
def test_schemas_that_take_forever_are_stopped(asked: Asked, schema: dict[str, Any]) -> None:
    value: Any = {"a" * 50 + "!": 1} if "patternProperties" in schema else "a" * 50 + "!"
    ticks: list[float] = []
    import threading

    stop = threading.Event()
    ticking = threading.Thread(
        target=lambda: [ticks.append(time.monotonic()) for _ in iter(lambda: stop.wait(0.05), True)]
    )
    ticking.start()
    verdict = asked.verdict("json_schema", value=value, schema=schema, timeoutMs=1_000)
    stop.set()
    ticking.join()
    assert verdict.status == "failed" and verdict.summary == "the verifier did not end within 1 s"
    assert asked.seconds < 3
    assert len(ticks) > 5, "the other threads of the run went on"


def test_a_schema_that_refers_to_itself_without_end_fails(asked: Asked) -> None:
    assert asked.verdict("json_schema", value=1, schema={"$ref": "#"}).status == "failed"


def test_references_are_not_fetched(asked: Asked, serve: Any) -> None:
    seen: list[str] = []

    def answer(path: str, headers: Any) -> tuple[int, dict[str, str], bytes]:
        seen.append(path)
        return 200, {}, b"{}"

    url = serve(answer)
    verdict = asked.verdict("json_schema", value=1, schema={"$ref": f"{url}/schema.json"})
    assert verdict.status == "failed" and "which is not inside it" in verdict.summary
    assert seen == []
    secret = asked.write("secret.json", '{"const": "correct-horse"}')
    assert asked.verdict("json_schema", value=1, schema={"$ref": secret.as_uri()}).status == "failed"


def test_a_large_value_is_judged_and_cut(asked: Asked) -> None:
    asked.outputs = {"rows": [{"name": "x" * 1_000}] * 20_000}
    verdict = asked.verdict("json_schema", value="{{steps.step.outputs.rows}}", schema={"type": "object"})
    assert verdict.status == "failed"
    assert len(verdict.model_dump_json()) < 120_000


def test_secrets_in_the_value_are_not_in_the_evidence(asked: Asked) -> None:
    asked.secrets = {"KEY": "correct-horse-battery"}
    asked.args = {"key": "{{secrets.KEY}}"}
    asked.outputs = {"printed": {"k": "my correct-horse-battery"}}
    verdict = asked.verdict(
        "json_schema",
        value="{{steps.step.outputs.printed}}",
        schema={"required": ["x"], "properties": {"k": {"const": 1}}},
    )
    assert verdict.status == "failed" and "horse" not in verdict.model_dump_json()


@pytest.mark.parametrize(
    ("config", "mistakes"),
    [
        ({"value": 1, "schema": {"type": "object"}}, []),
        ({"value": 1}, ["/: 'schema' is a required property"]),
        ({"schema": {}}, ["/: give one of `value`, `text` and `file`"]),
        ({"value": 1, "file": "x", "schema": {}}, ["/: give one of `value`, `text` and `file`"]),
        (
            {"value": 1, "schema": {"properties": {"a/b": {"minimum": "2"}}}},
            ["/schema/properties/a~1b/minimum: '2' is not of type 'number'"],
        ),
        ({"value": 1, "schema": {"pattern": "("}}, ["/schema/pattern: '(' is not a 'regex'"]),
        ({"value": 1, "schema": {"properties": {"a": {"minimum": "{{inputs.least}}"}}}}, []),
        ({"value": 1, "schema": "{{inputs.schema}}"}, []),
    ],
)
def test_mistakes_of_configs(config: dict[str, Any], mistakes: list[str]) -> None:
    assert config_mistakes(Verifier(id="v", kind="json_schema", config=config)) == mistakes
