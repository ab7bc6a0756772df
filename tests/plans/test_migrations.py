"""The template schema-sync and the skills db_migration and reverse_engineer, carried out on a real PostgreSQL."""

import uuid
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import URL

from opsroom_dagster.plans.compile import compile_template
from opsroom_dagster.plans.model import Plan
from opsroom_dagster.plans.skill_steps import skill_plan
from opsroom_dagster.plans.skills import stock_skills
from opsroom_dagster.plans.templates import load_template
from opsroom_dagster.plans.tools import stock_tools
from opsroom_dagster.postgres.binaries import find_binaries
from tests.plans.carried_out import Outcome, carry_out

START = """
    CREATE TABLE customer (id bigint PRIMARY KEY, name text NOT NULL);
    CREATE TABLE work_order (
        id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customer, state varchar(20), opened date
    );
    INSERT INTO customer VALUES (1, 'Ada');
"""
GOOD = "ALTER TABLE customer ADD COLUMN phone text;\nCREATE INDEX customer_name ON customer (name);\n"
UNDO = "DROP INDEX customer_name;\nALTER TABLE customer DROP COLUMN phone;\n"


@pytest.fixture
def databases(server_url: URL) -> Generator[tuple[URL, URL]]:
    """The target, with rows, and one to rehearse on."""
    names = [f"t_{uuid.uuid4().hex[:12]}" for _ in range(2)]
    server = server_url.render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE DATABASE {name}")
    urls = server_url.set(database=names[0]), server_url.set(database=names[1])
    for url in urls:
        with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
            connection.execute(START)
    yield urls
    with psycopg.connect(server, autocommit=True) as connection:
        for name in names:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def migrate(databases: tuple[URL, URL], tmp_path: Path) -> Callable[..., Outcome]:
    target, rehearsal = databases

    def run(migration: str, **parameters: Any) -> Outcome:
        more = {
            "host": target.host, "port": target.port, "user": target.username, "password": "DB_PASSWORD",
            "tls": "prefer", "database": target.database, "rehearsal_database": rehearsal.database,
            "migration": migration, "programs": str(find_binaries().folder),
        }  # fmt: skip
        plan = compile_template(load_template("schema-sync"), {**more, **parameters})
        assert str(target.password) not in plan.model_dump_json()
        # The sandbox hides people's homes, and this checkout with the programs may lie in one.
        return carry_out(plan, tmp_path / uuid.uuid4().hex, {"DB_PASSWORD": str(target.password)}, sandbox=False)

    return run


def columns(url: URL, table: str = "customer") -> list[str]:
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        cursor = connection.execute(f"SELECT * FROM {table} LIMIT 0")
        return [column.name for column in cursor.description or ()]


def test_a_migration_is_rehearsed_shown_and_applied(
    migrate: Callable[..., Outcome], databases: tuple[URL, URL]
) -> None:
    outcome = migrate(GOOD, undo=UNDO)
    assert outcome.failed is None, outcome.error
    assert [columns(url) for url in databases] == [["id", "name", "phone"]] * 2
    assert "+CREATE INDEX customer_name" in outcome.outputs["difference"]["stdout"]
    assert outcome.proved["rehearsal"] == ["equal_before"]
    assert outcome.proved["apply"] == ["unchanged"]
    assert outcome.proved["verify"] == ["as_promised"]


def test_a_migration_that_fails_leaves_nothing_behind(
    migrate: Callable[..., Outcome], databases: tuple[URL, URL]
) -> None:
    outcome = migrate("ALTER TABLE customer ADD COLUMN phone text;\nALTER TABLE nowhere ADD COLUMN x int;\n")
    assert outcome.failed == "rehearse"
    assert "nowhere" in outcome.error
    assert [columns(url) for url in databases] == [["id", "name"]] * 2


@pytest.mark.parametrize(
    ("migration", "step"),
    [
        ("DROP TABLE work_order;", "nothing-lost"),
        ("ALTER TABLE customer ALTER COLUMN name TYPE varchar(3);", "nothing-lost"),
        ("ALTER TABLE customer ADD x int;\nCOMMIT;\nALTER TABLE customer ADD y int;", "lint"),
        ("\\! touch /tmp/x", "lint"),
        ("COPY customer TO PROGRAM 'cat'", "lint"),
        ("-- nothing", "lint"),
    ],
)
def test_what_is_not_allowed_never_reaches_a_database(
    migrate: Callable[..., Outcome], databases: tuple[URL, URL], migration: str, step: str
) -> None:
    assert migrate(migration).failed == step
    assert [columns(url) for url in databases] == [["id", "name"]] * 2


def test_a_rehearsal_on_another_schema_is_none(migrate: Callable[..., Outcome], databases: tuple[URL, URL]) -> None:
    with psycopg.connect(databases[1].render_as_string(hide_password=False)) as connection:
        connection.execute("ALTER TABLE customer ADD COLUMN odd int")
    assert migrate(GOOD).failed == "rehearsal"
    assert columns(databases[0]) == ["id", "name"]


def test_what_differs_from_the_rehearsal_is_undone(migrate: Callable[..., Outcome], databases: tuple[URL, URL]) -> None:
    target, _ = databases
    # It does one thing on the rehearsal database and another on the target.
    odd = (
        f"DO $$ BEGIN IF current_database() = '{target.database}' THEN ALTER TABLE customer ADD COLUMN odd int; "
        "ELSE ALTER TABLE customer ADD COLUMN even int; END IF; END $$;"
    )
    outcome = migrate(odd, undo="ALTER TABLE customer DROP COLUMN odd;")
    assert (outcome.failed, outcome.undone) == ("verify", ["apply"])
    assert outcome.proved["undo-apply"] == ["as_before"]
    assert columns(target) == ["id", "name"]


def skill(name: str, inputs: dict[str, Any], url: URL, folder: Path) -> Outcome:
    plan: Plan = skill_plan(stock_skills()[name], {"environment": "staging", **inputs}, tools=stock_tools())
    return carry_out(plan, folder, {"DB": url.render_as_string(hide_password=False)})


def test_the_skill_migrates_and_takes_back(databases: tuple[URL, URL], tmp_path: Path) -> None:
    url = databases[0]
    add, drop = "ALTER TABLE customer ADD COLUMN phone text", "ALTER TABLE customer DROP COLUMN phone"
    good = skill("db_migration", {"url": "DB", "statement": add, "undo": drop}, url, tmp_path / "a")
    assert good.failed is None, good.error
    assert columns(url) == ["id", "name", "phone"]
    nothing = {"url": "DB", "statement": "SELECT 1", "undo": "SELECT 1"}
    unchanged = skill("db_migration", nothing, url, tmp_path / "b")
    assert (unchanged.failed, unchanged.undone) == ("after", ["apply"])
    assert unchanged.proved["undo-apply"] == ["as_before"]
    lossy = skill("db_migration", {"url": "DB", "statement": drop, "undo": add}, url, tmp_path / "c")
    assert lossy.failed == "read"
    supabase = {"url": "DB", "statement": add, "undo": drop, "platform": "supabase"}
    later = skill("db_migration", supabase, url, tmp_path / "d")
    assert later.failed == "read"
    assert "supabase cannot be migrated by this version" in later.error


def test_a_database_is_written_down(databases: tuple[URL, URL], tmp_path: Path) -> None:
    outcome = skill("reverse_engineer", {"title": "Repairs {{secrets.X}}", "url": "DB"}, databases[0], tmp_path / "a")
    assert outcome.failed is None, outcome.error
    assert outcome.outputs["document"]["tables"] == ["Customer", "WorkOrder"]
    assert "WorkOrder" in outcome.outputs["document"]["entities"]
    assert "| customer_id | reference to Customer | yes |" in outcome.outputs["document"]["document"]
    asked = {"title": "t", "url": "DB", "servers": ["jira"]}
    later = skill("reverse_engineer", asked, databases[0], tmp_path / "b")
    assert later.failed == "sources"
    assert "MCP servers cannot be asked by this version" in later.error
