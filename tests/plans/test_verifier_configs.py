"""Mistakes in the configs of verifiers are found with all others of the plan."""

import subprocess
import sys
from typing import Any

import pytest

from opsroom_dagster.plans.check import check_plan


def plan(**step: Any) -> dict[str, Any]:
    """A plan of one step."""
    first = {"id": "a", "idx": 0, "title": "a", "kind": "system", "action": "approve", **step}
    inputs = {"host": "example.org", "ms": 5}
    return {"id": "p", "kind": "k", "title": "t", "inputs": inputs, "steps": [first], "metadata": {"source": "test"}}


WRONG = [
    {"id": "http", "kind": "http", "config": {"url": 1}},
    {"id": "shell", "kind": "shell", "config": {"command": ["ls"], "expect": {"stdoutMatches": "("}}},
    {"id": "sql", "kind": "sql", "config": {"statement": "SELECT 1", "expect": {"value": 1}, "readOnly": False}},
    {"id": "schema", "kind": "json_schema", "config": {"value": 1, "schema": {"type": "strin"}}},
    {"id": "checksum", "kind": "checksum", "config": {"files": {"a~/b": "abc"}}},
    {"id": "gate", "kind": "ci_gate", "config": {"source": {"file": "x"}, "required": ["a"], "onInconclusive": "pass"}},
    {"id": "custom", "kind": "custom", "config": {"entrypoint": "not.installed"}},
    {"id": "nothing", "kind": "http"},
]
PLACES = [
    "/0/config/url",
    "/1/config/expect/stdoutMatches",
    "/2/config",
    "/3/config/schema/type",
    "/4/config/files/a~0~1b",
    "/5/config/onInconclusive",
    "/6/config/entrypoint",
    "/7/config",
]


@pytest.mark.parametrize("place", ["preconditions", "verifiers", "rollback/verifiers"])
def test_every_mistake_is_reported_with_its_place(place: str) -> None:
    raw = plan(rollback={"action": "approve", "verifiers": WRONG}) if "/" in place else plan(**{place: WRONG})
    problems = check_plan(raw)
    assert [problem.place for problem in problems] == [f"/steps/0/{place}{below}" for below in PLACES]
    assert {problem.step for problem in problems} == {"a"}


def test_what_is_interpolated_is_not_judged() -> None:
    config = {
        "url": "http://{{inputs.host}}/health",
        "allowPrivate": "{{inputs.host}}",
        "deadlineMs": "{{inputs.ms}}",
        "expect": {"status": "{{inputs.ms}}", "jsonPath": {"a": "{{inputs.ms}}"}},
    }
    assert check_plan(plan(verifiers=[{"id": "v", "kind": "http", "config": config}])) == []


@pytest.mark.parametrize("config", [None, 3, "x", [], [1]])
def test_a_config_that_is_no_object_is_reported_once(config: Any) -> None:
    problems = check_plan(plan(verifiers=[{"id": "v", "kind": "http", "config": config}]))
    assert [problem.place for problem in problems] == ["/steps/0/verifiers/0/config"]


@pytest.mark.parametrize("kind", ["astrology", None, 3, "_folder"])
def test_an_unknown_kind_is_reported_once(kind: Any) -> None:
    problems = check_plan(plan(verifiers=[{"id": "v", "kind": kind, "config": {"x": 1}}]))
    assert [problem.place for problem in problems] == ["/steps/0/verifiers/0/kind"]


def test_plans_are_read_without_what_verifiers_need() -> None:
    script = (
        "import sys, opsroom_dagster.plans.check, opsroom_dagster.runtime.verifiers; "
        "heavy = {'jsonschema', 'httpx', 'psycopg', 'referencing', 'sqlalchemy', 'dagster'}; "
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, f"imported at start: {done.stderr}"
