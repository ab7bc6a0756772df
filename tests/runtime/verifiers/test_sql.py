"""Queries on a real PostgreSQL."""

import socket
import threading
from typing import Any

import psycopg
import pytest

from opsroom_dagster.plans.model import Verifier
from opsroom_dagster.runtime.verifiers import config_mistakes
from opsroom_dagster.settings import Settings
from tests.runtime.verifiers.conftest import Asked


@pytest.fixture
def url(settings: Settings) -> str:
    """A database with one table."""
    assert settings.database_url is not None
    text = settings.database_url.get_secret_value().replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(text, autocommit=True) as connection:
        connection.execute("CREATE TABLE orders (id int PRIMARY KEY, item text, price numeric, paid boolean)")
        connection.execute("INSERT INTO orders VALUES (1, 'tea', 2.50, true), (2, 'cake', 3.00, false)")
    return text


ROWS = [{"id": 1, "item": "tea"}, {"id": 2, "item": "cake"}]
ALL = "SELECT id, item FROM orders ORDER BY id"


@pytest.mark.parametrize(
    ("statement", "expect", "wrong"),
    [
        ("SELECT count(*) FROM orders", {"value": 2}, None),
        ("SELECT count(*) FROM orders", {"value": 3}, "the first value: expected 3, found 2"),
        ("SELECT paid FROM orders ORDER BY id", {"value": True}, None),
        ("SELECT paid FROM orders ORDER BY id", {"value": 1}, "the first value: expected 1, found True"),
        ("SELECT price FROM orders ORDER BY id", {"value": "2.50"}, None),
        ("SELECT NULL", {"value": None}, None),
        ("SELECT 1 WHERE false", {"value": None}, "the first value: expected None, found (absent)"),
        (ALL, {"rows": ROWS}, None),
        (ALL, {"rows": ROWS, "rowCount": 2, "value": 1}, None),
        (ALL, {"rows": ROWS[::-1]}, f"the rows: expected {ROWS[::-1]}, found {ROWS}"),
        (ALL, {"rows": ROWS[:1]}, f"the rows: expected {ROWS[:1]}, found {ROWS}"),
        (ALL, {"rowCount": 2}, None),
        (ALL, {"rowCount": 0}, "the number of rows: expected 0, found more than 1"),
        (ALL, {"rowCount": 3}, "the number of rows: expected 3, found 2"),
        ("SELECT 1 WHERE false", {"rows": [], "rowCount": 0}, None),
    ],
)
def test_expectations(asked: Asked, url: str, statement: str, expect: dict[str, Any], wrong: str | None) -> None:
    verdict = asked.verdict("sql", url=url, statement=statement, expect=expect)
    told = verdict.evidence.get("wrong", [])
    assert told == ([wrong] if wrong else []), verdict
    assert verdict.status == ("failed" if wrong else "passed")


def test_the_evidence_names_the_database_and_no_password(asked: Asked, url: str) -> None:
    asked.secrets = {"DATABASE": url}
    for given in (url, "{{secrets.DATABASE}}"):
        verdict = asked.verdict("sql", url=given, statement="SELECT 1", expect={"value": 2})
        password = psycopg.conninfo.conninfo_to_dict(url)["password"]
        assert str(password) not in verdict.model_dump_json()
        assert verdict.evidence["looked_at"]["statement"] == "SELECT 1"
        assert verdict.evidence["looked_at"]["database"].startswith("127.0.0.1:")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM orders",
        "DELETE FROM orders RETURNING id",
        "WITH gone AS (DELETE FROM orders RETURNING id) SELECT count(*) FROM gone",
        "CREATE TABLE evil ()",
        "SELECT 1; DELETE FROM orders",
        "COMMIT; DELETE FROM orders",
        "SET TRANSACTION READ WRITE",
    ],
)
def test_a_verifier_never_writes(asked: Asked, url: str, statement: str) -> None:
    asked.verdict("sql", url=url, statement=statement, expect={"rowCount": 1})
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (2,)
    told = config_mistakes(
        Verifier(id="v", kind="sql", config={"statement": statement, "readOnly": False, "expect": {"value": 1}})
    )
    assert told == ["/: Additional properties are not allowed ('readOnly' was unexpected)"]


def test_parameters_are_bound(asked: Asked, url: str) -> None:
    asked.inputs["item"] = "tea' OR '1'='1"
    verdict = asked.verdict(
        "sql",
        url=url,
        statement="SELECT count(*) FROM orders WHERE item = %s",
        parameters=["{{inputs.item}}"],
        expect={"value": 0},
    )
    assert verdict.status == "passed", verdict


def test_a_row_that_comes_late_is_waited_for(asked: Asked, url: str) -> None:
    def late() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("INSERT INTO orders VALUES (3, 'jam', 1, true)")

    threading.Timer(0.6, late).start()
    verdict = asked.verdict(
        "sql", url=url, statement="SELECT id FROM orders", expect={"rowCount": 3}, deadlineMs=30_000, intervalMs=50
    )
    assert verdict.status == "passed" and verdict.evidence["tries"] > 1


def test_a_statement_that_hangs_ends_with_its_time(asked: Asked, url: str) -> None:
    verdict = asked.verdict("sql", url=url, statement="SELECT pg_sleep(60)", expect={"rowCount": 1}, timeoutMs=700)
    assert verdict.status == "failed" and asked.seconds < 3
    assert "did not end" in verdict.summary


def test_a_server_that_says_nothing_ends_with_its_time(asked: Asked) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"postgresql://u:p@127.0.0.1:{server.getsockname()[1]}/d"
        verdict = asked.verdict("sql", url=url, statement="SELECT 1", expect={"value": 1}, timeoutMs=700)
    assert verdict.status == "failed" and asked.seconds < 3


def test_a_mistake_in_the_statement_fails_with_what_the_server_said(asked: Asked, url: str) -> None:
    verdict = asked.verdict("sql", url=url, statement="SELEC 1", expect={"value": 1})
    assert verdict.status == "failed" and 'syntax error at or near "SELEC"' in verdict.summary


def test_huge_results_are_cut(asked: Asked, url: str) -> None:
    statement = "SELECT repeat('x', 1000000) AS big, n FROM generate_series(1, 1000000) n"
    verdict = asked.verdict("sql", url=url, statement=statement, expect={"rowCount": 5_000})
    assert verdict.status == "failed" and "more than" in verdict.summary
    assert len(verdict.model_dump_json()) < 120_000
    assert asked.seconds < 30


@pytest.mark.parametrize(
    ("config", "mistakes"),
    [
        ({"statement": "SELECT 1", "expect": {"value": "{{inputs.x}}"}}, []),
        ({"statement": "SELECT 1", "expect": {"rowCount": "{{inputs.x}}", "rows": "{{inputs.y}}"}}, []),
        ({"statement": "SELECT 1"}, ["/: 'expect' is a required property"]),
        ({"statement": "SELECT 1", "expect": {}}, ["/expect: {} should be non-empty"]),
        ({"statement": "", "expect": {"value": 1}}, ["/statement: '' should be non-empty"]),
        (
            {"statement": "SELECT 1", "parameters": "x", "expect": {"value": 1}},
            ["/parameters: 'x' is not valid under any of the given schemas"],
        ),
        ({"statement": "SELECT 1", "expect": {"rows": [1]}}, ["/expect/rows/0: 1 is not of type 'object'"]),
    ],
)
def test_mistakes_of_configs(config: dict[str, Any], mistakes: list[str]) -> None:
    assert config_mistakes(Verifier(id="v", kind="sql", config=config)) == mistakes
