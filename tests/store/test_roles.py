"""On a server like Supabase's: what each role of its network interface can do, and cannot."""

import uuid
from collections.abc import Callable, Generator
from typing import Any

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import URL

from opsroom_dagster.digests import digest_bytes
from opsroom_dagster.home import Home
from opsroom_dagster.postgres import ensure_running
from opsroom_dagster.settings import Settings
from opsroom_dagster.store.audit import history
from opsroom_dagster.store.database import Database, open_database
from opsroom_dagster.store.run_proofs import add_proofs, proofs_of
from tests.store.samples import SEAL, proof, queued, running

# Supabase: the network interface logs in as authenticator and becomes one of the three; whoever migrates is no
# superuser, and whatever that role creates in public is granted to the three.
SERVER = """
CREATE ROLE anon NOLOGIN;
CREATE ROLE authenticated NOLOGIN;
CREATE ROLE service_role NOLOGIN BYPASSRLS;
CREATE ROLE authenticator LOGIN NOINHERIT PASSWORD 'secret';
GRANT anon, authenticated, service_role TO authenticator;
CREATE ROLE migrator LOGIN CREATEROLE PASSWORD 'secret';
"""
IN_DATABASE = """
ALTER SCHEMA public OWNER TO migrator;
GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES FOR ROLE migrator IN SCHEMA public
    GRANT ALL ON TABLES TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES FOR ROLE migrator IN SCHEMA public
    GRANT ALL ON SEQUENCES TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES FOR ROLE migrator IN SCHEMA public
    GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
"""
TABLES = (
    "tools", "skills", "plans", "sessions", "runs", "run_steps", "run_proofs", "approvals", "audit_log",
    "projects", "inbox_projects", "inbox_files", "opsroom_schema_version",
)  # fmt: skip
INSERT_PROOF = """INSERT INTO run_proofs
    (run_id, idx, step_id, passed, status, timestamp, evidence, envelope, line_digest)
    VALUES (%(run)s, %(idx)s, %(step)s, true, 'passed', now(), '{}', 'line', %(digest)s)"""


@pytest.fixture(scope="module")
def supabase(make_server_home: Callable[[], Home]) -> URL:
    url = ensure_running(make_server_home())
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(SERVER)
    return url


@pytest.fixture
def database(supabase: URL, home: Home) -> Generator[Database]:
    """Migrated as an ordinary role."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    superuser = supabase.render_as_string(hide_password=False)
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER migrator")
    with psycopg.connect(supabase.set(database=name).render_as_string(hide_password=False)) as connection:
        connection.execute(IN_DATABASE)
    url = supabase.set(database=name, username="migrator", password="secret").render_as_string(hide_password=False)
    opened = open_database(Settings(OPSROOM_HOME=home.root, database_url=url))
    yield opened
    opened.close()
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def execute(database: Database, role: str, statement: str, values: dict[str, Any] | None = None) -> list[Any]:
    """As the network interface does it."""
    url = database.url.set(username="authenticator", password="secret")
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        connection.execute(f"SET ROLE {role}")
        cursor = connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


@pytest.mark.parametrize("role", ["anon", "authenticated"])
def test_the_public_roles_can_do_nothing(database: Database, role: str) -> None:
    run = running(database, session="s")
    add_proofs(database, run, [proof("one")], SEAL)
    for table in TABLES:
        attributes = f"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass ORDER BY attnum DESC"
        column = execute_as_owner(database, attributes)[0][0]
        for statement in (
            f"SELECT * FROM {table}",
            f"SELECT count(*) FROM {table}",
            f"INSERT INTO {table} DEFAULT VALUES",
            f"UPDATE {table} SET {column} = NULL",
            f"DELETE FROM {table}",
            f"TRUNCATE {table}",
            f"LOCK TABLE {table}",
            f"CREATE TRIGGER t BEFORE INSERT ON {table} EXECUTE FUNCTION opsroom_audit('a', 'b', 'c')",
        ):
            with pytest.raises(InsufficientPrivilege):
                execute(database, role, statement)
    with pytest.raises(InsufficientPrivilege):
        execute(database, role, INSERT_PROOF, forged(run, 1))
    with pytest.raises(InsufficientPrivilege):
        execute(database, role, "SELECT nextval('inbox_sequence')")
    assert len(proofs_of(database, run)) == 1


def test_every_privilege_is_accounted_for(database: Database) -> None:
    granted = execute_as_owner(
        database,
        """SELECT grantee, table_name, privilege_type FROM information_schema.role_table_grants
           WHERE table_schema = 'public' AND grantee IN ('PUBLIC', 'anon', 'authenticated', 'service_role')
           ORDER BY privilege_type""",
    )
    assert granted == [("service_role", "run_proofs", "INSERT"), ("service_role", "run_proofs", "SELECT")]
    acls = "SELECT relname, relacl::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'S'"
    for name, acl in execute_as_owner(database, acls):
        assert "anon" not in acl, name
        assert "authenticated" not in acl, name
        assert "service_role" not in acl, name


def test_the_service_role_adds_proofs_and_reads_them(database: Database) -> None:
    run = running(database)
    add_proofs(database, run, [proof("one")], SEAL)

    execute(database, "service_role", INSERT_PROOF, forged(run, 1))

    assert execute(database, "service_role", "SELECT idx, step_id FROM run_proofs ORDER BY idx") == [
        (0, "one"),
        (1, "x"),
    ]
    assert [kept.step_id for kept in proofs_of(database, run)] == ["one", "x"]
    entry = history(database, run)[-1]
    assert (entry.actor, entry.role, entry.table_name) == ("service_role", "service_role", "run_proofs")
    add_proofs(database, run, [proof("three")], SEAL)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE run_proofs SET passed = true", "DELETE FROM run_proofs", "TRUNCATE run_proofs", "DROP TABLE run_proofs"],
)
def test_the_service_role_changes_no_proof(database: Database, statement: str) -> None:
    run = running(database)
    add_proofs(database, run, [proof("one")], SEAL)
    before = proofs_of(database, run)

    with pytest.raises(InsufficientPrivilege):
        execute(database, "service_role", statement)
    assert proofs_of(database, run) == before


def test_the_service_role_has_nothing_else(database: Database) -> None:
    running(database)
    for table in set(TABLES) - {"run_proofs"}:
        for statement in (f"SELECT * FROM {table}", f"DELETE FROM {table}", f"INSERT INTO {table} DEFAULT VALUES"):
            with pytest.raises(InsufficientPrivilege):
                execute(database, "service_role", statement)


def test_without_its_bypass_the_service_role_still_keeps_to_the_policies(supabase: URL, database: Database) -> None:
    run = queued(database).id
    superuser = supabase.render_as_string(hide_password=False)
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("ALTER ROLE service_role NOBYPASSRLS")
    try:
        execute(database, "service_role", INSERT_PROOF, forged(run, 0))
        with pytest.raises(InsufficientPrivilege, match="row-level security"):
            execute(database, "service_role", INSERT_PROOF, forged(run, 1) | {"step": None})
        assert execute(database, "service_role", "SELECT idx FROM run_proofs") == [(0,)]
    finally:
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute("ALTER ROLE service_role BYPASSRLS")


def test_no_policy_is_for_everybody(database: Database) -> None:
    policies = execute_as_owner(database, "SELECT tablename, cmd, roles::text FROM pg_policies ORDER BY cmd")
    assert policies == [("run_proofs", "INSERT", "{service_role}"), ("run_proofs", "SELECT", "{service_role}")]


def test_functions_are_no_doors(database: Database) -> None:
    """Nobody but the owner may call them, and none trusts the caller's search path."""
    functions = execute_as_owner(
        database,
        """SELECT proname, has_function_privilege('anon', oid, 'EXECUTE'),
                  has_function_privilege('service_role', oid, 'EXECUTE'), array_to_string(proconfig, ' ')
           FROM pg_proc WHERE pronamespace = 'public'::regnamespace""",
    )
    assert len(functions) == 4
    assert all(not anyone and not service and 'search_path=""' in config for _, anyone, service, config in functions)


def test_the_rest_of_the_store_works_as_on_any_server(database: Database) -> None:
    run = running(database, session="s")
    add_proofs(database, run, [proof("one")], SEAL)
    assert history(database, run)[0].role == "migrator"


def forged(run: str, idx: int) -> dict[str, Any]:
    return {"run": run, "idx": idx, "step": "x", "digest": digest_bytes(b"line")}


def execute_as_owner(database: Database, statement: str) -> list[Any]:
    with psycopg.connect(database.url.render_as_string(hide_password=False)) as connection:
        return connection.execute(statement).fetchall()
