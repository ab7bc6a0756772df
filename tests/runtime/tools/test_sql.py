"""The tools of kind ``sql``, against a real server."""

import json
import threading
import time
import uuid
from collections.abc import Generator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import URL, make_url

from opsroom_dagster.errors import CancelledError, InputError, OpsroomError, StepError, StepTimeoutError
from opsroom_dagster.home import Home
from opsroom_dagster.plans.model import Json
from opsroom_dagster.postgres import ensure_running
from opsroom_dagster.runtime.context import StepContext
from tests.runtime.contexts import step_context
from tests.runtime.tools.calls import call

SECRET = "s3cr&t v/l=e"


@pytest.fixture(scope="module")
def shared_url(server_url: URL) -> Generator[str]:
    """Of a database for this module: making one for each test takes longer than the tests."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    server = server_url.render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    yield server_url.set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def url(shared_url: str) -> Generator[str]:
    """Of an empty database."""
    yield shared_url
    with psycopg.connect(shared_url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {connection.info.dbname} RESET ALL".encode())
        if connection.execute("SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace").fetchone():
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")


@pytest.fixture
def context(tmp_path: Path, url: str) -> StepContext:
    return step_context(tmp_path / "home", secrets={"URL": url, "KEY": SECRET})


@pytest.fixture
def plain_url(url: str) -> Generator[str]:
    """Of the same database, in a role without rights."""
    name = f"r_{make_url(url).database}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'pw'")
    yield make_url(url).set(username=name, password="pw").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP ROLE {name}")


def ask(context: StepContext, statement: str, **args: Any) -> Json:
    return call(context, "sql", url="{{secrets.URL}}", statement=statement, **args)


def value(context: StepContext, expression: str, **args: Any) -> Any:
    return ask(context, f"SELECT ({expression}) AS v", **args)["rows"][0]["v"]


def write(context: StepContext, statement: str, **args: Any) -> Json:
    return ask(context, statement, readOnly=False, **args)


def told(context: StepContext, statement: str, **args: Any) -> str:
    with pytest.raises(StepError) as caught:
        ask(context, statement, **args)
    return str(caught.value)


# --- values ---


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("NULL", None),
        ("true", True),
        ("1", 1),
        ("9007199254740991", 9007199254740991),
        ("9007199254740993", "9007199254740993"),
        ("1.50", "1.50"),
        ("1e300::numeric", "1" + "0" * 300),
        ("'NaN'::numeric", "NaN"),
        ("1.5::float8", 1.5),
        ("'NaN'::float8", "nan"),
        ("'-infinity'::float4", "-inf"),
        ("'ä'", "ä"),
        ("date '2025-01-31'", "2025-01-31"),
        ("date 'infinity'", "infinity"),
        ("timestamp '2025-01-31 10:00'", "2025-01-31T10:00:00"),
        ("timestamptz '2025-01-31 10:00:00.5+02'", "2025-01-31T08:00:00.5+00:00"),
        ("timestamptz '-infinity'", "-infinity"),
        ("timestamp '0044-03-15 10:00 BC'", "0044-03-15T10:00:00 BC"),
        ("time '10:00'", "10:00:00"),
        ("interval '1 day 2 hours'", "P1DT2H"),
        ("'\\x00ff'::bytea", "AP8="),
        ("'00000000-0000-0000-0000-00000000000A'::uuid", "00000000-0000-0000-0000-00000000000a"),
        ("inet '10.0.0.1/8'", "10.0.0.1/8"),
        ("""'{"b": [1, null], "a": 1.5}'::jsonb""", {"a": 1.5, "b": [1, None]}),
        ("""'{"n": 123456789012345678901}'::json""", {"n": "123456789012345678901"}),
        ("array[1, NULL, 2]", [1, None, 2]),
        ("array[[1.5], [2]]", [["1.5"], ["2"]]),
        ("array[timestamptz '2025-01-01Z']", ["2025-01-01T00:00:00+00:00"]),
        ("array['\\x01'::bytea]", ["AQ=="]),
        ("int4range(1, 5)", "[1,5)"),
        ("row(1, 'a')", ["1", "a"]),
        ("point(1, 2)", "(1,2)"),
        ("B'101'", "101"),
    ],
)
def test_values_become_json(context: StepContext, expression: str, expected: Any) -> None:
    found = value(context, expression)
    assert (found, type(found)) == (expected, type(expected))


def test_values_do_not_depend_on_the_servers_settings(context: StepContext, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        name = connection.info.dbname
        for setting in ("datestyle = 'German'", "timezone = 'Asia/Tokyo'", "intervalstyle = 'sql_standard'"):
            connection.execute(f"ALTER DATABASE {name} SET {setting}".encode())
    assert value(context, "timestamptz '2025-01-31 10:00Z'") == "2025-01-31T10:00:00+00:00"
    assert value(context, "date '2025-01-31'") == "2025-01-31"
    assert value(context, "interval '1 day'") == "P1D"


@pytest.mark.parametrize(
    "given", ["a", "", "ä", 1, 2**40, 1.5, True, None, [1, 2], ["a", None], {"a": [1]}, [{"a": 1}]]
)
def test_parameters_arrive_as_they_are(context: StepContext, given: Any) -> None:
    kind = {str: "text", bool: "bool", int: "int8", float: "float8", type(None): "text"}.get(type(given), "jsonb")
    kind = "int8[]" if given == [1, 2] else "text[]" if given == ["a", None] else kind
    assert value(context, f"%s::{kind}", parameters=[given]) == given
    assert value(context, f"%(a)s::{kind}", parameters={"a": given}) == given


INJECTIONS = [
    "'; DROP TABLE t; --",
    "' OR '1'='1",
    "a'); DELETE FROM t WHERE ('1'='1",
    "$$; DROP TABLE t; $$",
    "\\'; DROP TABLE t; --",
    "%s",
    "%(a)s",
    "{{inputs.x}}",
    "1; COMMIT; DROP TABLE t",
    "\N{FULLWIDTH APOSTROPHE}; DROP TABLE t; --",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_parameters_stay_values(context: StepContext, text: str) -> None:
    write(context, "CREATE TABLE t (a text)")
    scope = {"inputs": {"text": text}}
    context = step_context(context.home.root, scope=scope, secrets={"URL": context.secrets("URL")})  # type: ignore[misc]
    given = "{{inputs.text}}"
    write(context, "INSERT INTO t VALUES (%s)", parameters=[given])
    assert ask(context, "SELECT a FROM t WHERE a = %(a)s", parameters={"a": given})["rows"] == [{"a": text}]
    assert value(context, "SELECT count(*)::text || %s FROM t", parameters=[given]) == f"1{text}"


# --- one statement, read-only ---


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("parameters", [{}, {"parameters": [1]}])
def test_there_is_one_statement(context: StepContext, read_only: bool, parameters: dict[str, Any]) -> None:
    write(context, "CREATE TABLE t (a int)")
    first = "SELECT %s" if parameters else "SELECT 1"
    for second in ("DROP TABLE t", "COMMIT; DROP TABLE t", "SELECT 2"):
        message = told(context, f"{first}; {second}", readOnly=read_only, **parameters)
        assert "cannot insert multiple commands" in message
    assert value(context, "SELECT count(*) FROM t") == 0


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO t VALUES (1)",
        "UPDATE t SET a = 1",
        "DELETE FROM t",
        "TRUNCATE t",
        "DROP TABLE t",
        "CREATE TABLE u (a int)",
        "CREATE TEMP TABLE u AS SELECT nextval('s')",
        "WITH x AS (INSERT INTO t VALUES (1) RETURNING a) SELECT * FROM x",
        "SELECT * FROM t FOR UPDATE",
        "SELECT nextval('s')",
        "SELECT put()",
        "EXPLAIN ANALYZE INSERT INTO t VALUES (1)",
        "COPY t FROM PROGRAM 'echo 1'",
        "DO $$ BEGIN PERFORM set_config('transaction_read_only', 'off', true); INSERT INTO t VALUES (1); END $$",
        "DO $$ BEGIN COMMIT; SET TRANSACTION READ WRITE; INSERT INTO t VALUES (1); END $$",
        "SELECT set_config('transaction_read_only', 'off', true), put()",
        "GRANT ALL ON t TO PUBLIC",
    ],
)
def test_writing_is_refused_where_it_was_not_asked_for(context: StepContext, statement: str) -> None:
    write(context, "CREATE TABLE t (a int)")
    write(context, "CREATE SEQUENCE s")
    write(context, "CREATE FUNCTION put() RETURNS int LANGUAGE sql VOLATILE AS 'INSERT INTO t VALUES (1) RETURNING a'")
    assert "SQLSTATE 2" in told(context, statement)
    assert value(context, "SELECT count(*) FROM t") == 0
    assert value(context, "SELECT is_called FROM s") is False


@pytest.mark.parametrize("statement", ["COMMIT", "SET TRANSACTION READ WRITE", "SET statement_timeout = 0", "ROLLBACK"])
def test_no_statement_changes_what_holds_for_the_next(context: StepContext, statement: str) -> None:
    write(context, "CREATE TABLE t (a int)")
    try:
        ask(context, statement)
    except StepError as error:
        assert "SQLSTATE" in str(error)
    assert "read-only" in told(context, "INSERT INTO t VALUES (1)")


def test_writing_tells_how_much_was_changed(context: StepContext) -> None:
    assert write(context, "CREATE TABLE t (a int)") == {"rows": [], "rowCount": 0, "truncated": False}
    outputs = write(context, "INSERT INTO t SELECT generate_series(1, 5) RETURNING a", maxRows=2)
    assert outputs == {"rows": [{"a": 1}, {"a": 2}], "rowCount": 5, "truncated": True}
    assert write(context, "UPDATE t SET a = %s WHERE a > 2", parameters=[0])["rowCount"] == 3
    assert ask(context, "SELECT a FROM t ORDER BY a")["rowCount"] == 5


def test_what_failed_is_not_kept(context: StepContext) -> None:
    write(context, "CREATE TABLE t (a int CHECK (a < 3))")
    assert "SQLSTATE 23514" in told(context, "INSERT INTO t SELECT generate_series(1, 5)", readOnly=False)
    write(context, "CREATE TABLE d (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    assert "SQLSTATE 23505" in told(context, "INSERT INTO d VALUES (1), (1)", readOnly=False)
    assert value(context, "(SELECT count(*) FROM t) + (SELECT count(*) FROM d)") == 0


# --- limits ---


@pytest.mark.parametrize("read_only", [True, False])
def test_rows_are_limited(context: StepContext, read_only: bool) -> None:
    outputs = ask(context, "SELECT generate_series(1, 3000) AS a", readOnly=read_only)
    assert (len(outputs["rows"]), outputs["truncated"]) == (1000, True)
    outputs = ask(context, "SELECT generate_series(1, 3) AS a", readOnly=read_only, maxRows=3)
    assert (len(outputs["rows"]), outputs["truncated"], outputs["rowCount"]) == (3, False, 3)
    assert ask(context, "SELECT 1 AS a", readOnly=read_only, maxRows=0)["rows"] == []


def test_of_a_large_table_only_the_wanted_rows_are_read(context: StepContext) -> None:
    endless = "WITH RECURSIVE r(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM r WHERE a < 2000000000) SELECT a FROM r"
    outputs = ask(context, endless, maxRows=3, timeoutMs=20_000)
    assert outputs == {"rows": [{"a": 1}, {"a": 2}, {"a": 3}], "rowCount": 3, "truncated": True}


def test_bytes_are_limited(context: StepContext) -> None:
    outputs = ask(context, "SELECT repeat('x', 3000000) AS a FROM generate_series(1, 5)")
    assert (len(outputs["rows"]), outputs["truncated"]) == (2, True)
    assert told(context, "SELECT repeat('x', 9000000)") == "one row is larger than 8,000,000 bytes."


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("statement", ["SELECT pg_sleep(20)", "DO 'BEGIN LOOP END LOOP; END'"])
def test_a_statement_that_takes_too_long_is_ended(context: StepContext, statement: str, read_only: bool) -> None:
    started = time.monotonic()
    with pytest.raises(StepTimeoutError, match="did not end within 300 ms"):
        ask(context, statement, timeoutMs=300, readOnly=read_only)
    assert time.monotonic() - started < 5
    assert (
        value(context, "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid()") == 0
    )


def test_waiting_for_a_lock_ends_as_well(context: StepContext, url: str) -> None:
    write(context, "CREATE TABLE t (a int)")
    with psycopg.connect(url) as connection:
        connection.execute("LOCK TABLE t")
        with pytest.raises(StepTimeoutError):
            write(context, "INSERT INTO t VALUES (1)", timeoutMs=300)


def test_the_steps_deadline_holds_as_well(tmp_path: Path, url: str) -> None:
    context = step_context(tmp_path / "home", secrets={"URL": url}, deadline=time.monotonic() + 0.5)
    with pytest.raises(StepTimeoutError):
        ask(context, "SELECT pg_sleep(20)")


@pytest.mark.parametrize("read_only", [True, False])
def test_cancelling_ends_it(context: StepContext, read_only: bool) -> None:
    threading.Timer(0.3, context.cancelled.set).start()
    started = time.monotonic()
    with pytest.raises(CancelledError):
        ask(context, "SELECT pg_sleep(20)", readOnly=read_only)
    assert time.monotonic() - started < 5


# --- errors ---


@pytest.mark.parametrize(
    ("statement", "state"), [("SELEC", "42601"), ("SELECT 1/0", "22012"), ("SELECT * FROM nope", "42P01")]
)
def test_errors_say_what_the_server_said(context: StepContext, statement: str, state: str) -> None:
    assert told(context, statement).startswith(f"the statement failed (SQLSTATE {state}): ")


def test_columns_of_one_name_are_refused(context: StepContext) -> None:
    assert "two columns are called 'a': give each a name of its own with AS" in told(context, "SELECT 1 AS a, 2 AS a")


@pytest.mark.parametrize("read_only", [True, False])
def test_copy_is_refused(context: StepContext, read_only: bool) -> None:
    assert "COPY" in told(context, "COPY (SELECT 1) TO STDOUT", readOnly=read_only)
    assert "COPY" in told(context, "COPY pg_class FROM STDIN", readOnly=read_only)


def test_parameters_that_do_not_fit_are_named(context: StepContext) -> None:
    assert "2 parameters were passed" in told(context, "SELECT %s", parameters=[1, 2])
    assert "parameter missing: a" in told(context, "SELECT %(a)s", parameters={"b": 1})
    assert "placeholders" in told(context, "SELECT 'a' LIKE 'a%', %s", parameters=[1])
    assert "NUL" in told(context, "SELECT %s", parameters=["a\0"])
    with pytest.raises(InputError, match="half of a surrogate pair"):
        ask(context, "SELECT %s", parameters=["\ud800"])
    assert value(context, "'a' LIKE 'a%'") is True
    assert value(context, "'a' LIKE 'a%%' AND %s", parameters=[True]) is True


@pytest.mark.parametrize(
    ("args", "fault"),
    [
        ({}, "all: 'statement' is a required property"),
        ({"statement": ""}, "statement: '' should be non-empty"),
        ({"statement": ["SELECT 1"]}, "statement: ['SELECT 1'] is not of type 'string'"),
        ({"statement": "SELECT 1", "parameters": "a"}, "parameters: 'a' is not of type 'array', 'object'"),
        ({"statement": "SELECT 1", "readOnly": "no"}, "readOnly: 'no' is not of type 'boolean'"),
        ({"statement": "SELECT 1", "maxRows": 100_001}, "maxRows: 100001 is greater than the maximum"),
        ({"statement": "SELECT 1", "autocommit": True}, "all: Additional properties are not allowed ('autocommit'"),
        ({"statement": "SELECT 1 --\0"}, "the statement holds a NUL character"),
        ({"statement": "SELECT '\ud800'"}, "statement: Input should be a valid string"),
    ],
)
def test_wrong_arguments_are_named(context: StepContext, args: dict[str, Any], fault: str) -> None:
    with pytest.raises(InputError) as caught:
        call(context, "sql", **args)
    assert fault in str(caught.value)


# --- which database ---


@pytest.mark.parametrize(
    ("url", "error", "message"),
    [
        ("host=127.0.0.1 dbname=x", InputError, "Write postgresql://"),
        ("mysql://u@h/x", InputError, "Write postgresql://"),
        ("postgresql:///x", InputError, "names no host"),
        ("postgresql://", InputError, "names no host"),
        ("postgresql://u:s3cr%zzt@h/x", InputError, "cannot be read"),
        ("postgresql://u:s3cr3t@h:port/x", StepError, "cannot be reached"),
        ("postgresql://u:s3cr3t@127.0.0.1:1/x", StepError, "the database 'x' at 127.0.0.1:1 cannot be reached"),
    ],
)
def test_a_url_that_leads_nowhere_is_told_without_its_password(
    context: StepContext, url: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        call(context, "sql", url=url, statement="SELECT 1", timeoutMs=3_000)
    assert "s3cr" not in str(caught.value)


def test_a_wrong_password_is_not_told(context: StepContext, url: str) -> None:
    wrong = make_url(url).set(password="s3cr3t!").render_as_string(hide_password=False)
    with pytest.raises(StepError, match="password authentication failed") as caught:
        call(context, "sql", url=wrong, statement="SELECT 1")
    assert "s3cr3t" not in str(caught.value)


def test_passwords_of_this_account_are_not_sent_where_a_plan_says(
    context: StepContext, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = make_url(url)
    passwords = tmp_path / "pgpass"
    passwords.write_text(f"*:*:*:*:{parts.password}\n", encoding="utf-8")
    passwords.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(passwords))
    monkeypatch.setenv("PGPASSWORD", str(parts.password))
    without = f"postgresql://{parts.username}@{parts.host}:{parts.port}/{parts.database}"
    with pytest.raises(StepError, match="no password supplied"):
        call(context, "sql", url=without, statement="SELECT 1")


def test_without_a_url_the_database_of_the_settings_is_read(tmp_path: Path, plain_url: str) -> None:
    context = step_context(tmp_path / "home", database_url=plain_url)
    assert call(context, "sql", statement="SELECT 1 AS a")["rows"] == [{"a": 1}]
    assert call(context, "sql-select", statement="SELECT 1 AS a")["rows"] == [{"a": 1}]
    with pytest.raises(InputError, match="the product's own database is only read"):
        call(context, "sql", statement="SELECT 1", readOnly=False)


def test_a_superuser_of_the_settings_is_not_lent_to_plans(tmp_path: Path, url: str) -> None:
    context = step_context(tmp_path / "home", database_url=url)
    with pytest.raises(InputError, match="OPSROOM_DATABASE_URL connects as a superuser"):
        call(context, "sql", statement="SELECT 1")


def test_on_the_embedded_server_a_plan_sees_nothing_of_ours(server_home: Home) -> None:
    ensure_running(server_home)
    context = step_context(server_home.root)
    (row,) = call(
        context, "sql", statement="SELECT current_database() AS d, current_user::text AS u, rolsuper AS s, "
        "has_database_privilege('opsroom', 'CONNECT') AS c FROM pg_roles WHERE rolname = current_user",
    )["rows"]  # fmt: skip
    assert row == {"d": "postgres", "u": "opsroom_guest", "s": False, "c": False}


# --- secrets ---


def test_a_secret_reaches_the_server_and_never_comes_out(context: StepContext, url: str) -> None:
    outputs = ask(context, "SELECT %s::text = %s AS same, %s::text AS a", parameters=[SECRET, *["{{secrets.KEY}}"] * 2])
    assert outputs["rows"] == [{"same": True, "a": "***"}]
    outputs = ask(
        context, "SELECT json_build_object(%s::text, array[%s::text]) AS a", parameters=["{{secrets.KEY}}"] * 2
    )
    assert outputs["rows"] == [{"a": {"***": ["***"]}}]
    for statement in ("SELECT %s::int", "SELECT %s::text, 1/0", "SELECT {{secrets.KEY}}"):
        parameters = ["{{secrets.KEY}}"] if "%s" in statement else None
        with pytest.raises(OpsroomError) as caught:
            ask(context, statement, **({"parameters": parameters} if parameters else {}))
        assert SECRET not in str(caught.value)
        assert json.dumps(SECRET) not in str(caught.value)
        assert caught.value.__suppress_context__
    assert str(make_url(url).password) not in json.dumps(outputs)


# --- narrowed tools ---


def test_sql_select_only_reads(context: StepContext) -> None:
    with pytest.raises(
        InputError, match="the arguments of the tool 'sql-select' do not fit: readOnly: True was expected"
    ):
        call(context, "sql-select", url="{{secrets.URL}}", statement="SELECT 1", readOnly=False)
    with pytest.raises(StepError, match="read-only"):
        call(context, "sql-select", url="{{secrets.URL}}", statement="CREATE TABLE t (a int)")
