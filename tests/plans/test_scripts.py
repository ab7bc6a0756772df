"""Values that would become code are refused."""

from typing import Any

import pytest

from opsroom_dagster.plans.check import check_plan
from opsroom_dagster.plans.model import Tool
from tests.plans.test_check import plan, step

TOOLS = {"run": Tool(id="run", kind="shell", name="Run"), "ask": Tool(id="ask", kind="sql", name="Ask")}
X = "{{inputs.x}}"


def problems(tool: str, **args: Any) -> list[str]:
    found = check_plan(plan(step("a", 0, kind="tool", tool=tool, action="call", args=args), inputs={"x": "1"}), TOOLS)
    return [problem.place for problem in found]


@pytest.mark.parametrize(
    ("command", "place"),
    [
        (["sh", "-c", f"rm {X}"], 2),
        (["/bin/bash", "-o", "pipefail", "-euc", X], 4),
        (["env", "A=1", "sh", "-e", "-c", f"echo {X}"], 5),
        (["python3", "-I", "-c", f"print({X})"], 3),
        (["perl", "-ne", f"print {X}"], 2),
        (["node", f"--eval={X}"], 1),
        (["psql", "-X", "-c", f"select {X}"], 3),
        (["psql", f"--command=select {X}"], 1),
        (["sed", "-i", f"s/a/{X}/"], 2),
        (["awk", f"{X}"], 1),
    ],
)
def test_a_value_never_becomes_a_script(command: list[str], place: int) -> None:
    assert problems("run", command=command) == [f"/steps/0/args/command/{place}"]


@pytest.mark.parametrize(
    "command",
    [
        ["sh", "-c", 'rm -- "$1"', "sh", X],
        ["python3", "tool.py", "-c", X],
        ["grep", "-e", X],
        ["git", "log", f"--author={X}"],
        ["sh", X],
        X,
    ],
)
def test_a_value_may_be_an_argument(command: Any) -> None:
    assert problems("run", command=command) == []


def test_a_value_is_bound_to_a_statement_and_not_written_into_it() -> None:
    assert problems("ask", statement="select %s", parameters=[X]) == []
    assert problems("ask", statement=X) == []
    assert problems("ask", statement=f"select '{X}'") == ["/steps/0/args/statement"]


def test_verifiers_and_rollbacks_are_looked_at_too() -> None:
    verifier = {"id": "v", "kind": "sql", "config": {"statement": f"select {X}", "expect": {"value": 1}}}
    rollback = {"tool": "run", "action": "call", "args": {"command": ["sh", "-c", X]}}
    found = check_plan(plan(step("a", 0, verifiers=[verifier], rollback=rollback), inputs={"x": "1"}), TOOLS)
    assert [problem.place for problem in found] == [
        "/steps/0/rollback/args/command/2",
        "/steps/0/verifiers/0/config/statement",
    ]
