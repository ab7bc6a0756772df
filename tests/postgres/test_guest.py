"""The role for programs that are not ours."""

import stat
import uuid
from collections.abc import Callable

import psycopg
import pytest
from sqlalchemy import URL

from opsroom_dagster.home import Home
from opsroom_dagster.postgres import ensure_running, stop
from opsroom_dagster.postgres.guest import ROLE, guest_url


@pytest.fixture(scope="module")
def home(make_server_home: Callable[[], Home]) -> Home:
    return make_server_home()


@pytest.fixture(scope="module")
def guest(home: Home) -> URL:
    return guest_url(home)


def query(url: URL, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_it_creates_and_drops_databases(guest: URL) -> None:
    name = f"guest_{uuid.uuid4().hex[:8]}"
    query(guest, f"CREATE DATABASE {name}")
    query(guest.set(database=name), "CREATE TABLE kept AS SELECT 1 AS one")

    assert query(guest.set(database=name), "SELECT one FROM kept") == [(1,)]
    query(guest, f"DROP DATABASE {name}")


def test_it_cannot_enter_the_database_of_the_product(guest: URL, home: Home) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        query(guest.set(database="opsroom"), "SELECT 1")
    assert query(ensure_running(home), "SELECT current_database()") == [("opsroom",)], "its owner still can"


def test_it_has_no_rights_beyond_that(guest: URL) -> None:
    rights = "SELECT rolsuper, rolcreaterole, rolreplication, rolbypassrls, rolcreatedb FROM pg_roles WHERE rolname = "
    assert query(guest, f"{rights}'{ROLE}'") == [(False, False, False, False, True)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        query(guest, "SELECT * FROM pg_authid")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        query(guest, "COPY (SELECT 1) TO PROGRAM 'true'")


def test_two_calls_agree_and_the_first_password_stays_valid(guest: URL, home: Home) -> None:
    assert guest_url(home) == guest
    assert query(guest, "SELECT current_user") == [(ROLE,)]


def test_only_the_owner_reads_its_password(guest: URL, home: Home) -> None:
    assert stat.S_IMODE((home.postgres / "guest-password").stat().st_mode) == 0o600
    assert guest.password == (home.postgres / "guest-password").read_text(encoding="utf-8")
    assert len(guest.password or "") >= 24


def test_it_starts_the_server_when_need_be(server_home: Home) -> None:
    first = guest_url(server_home)
    stop(server_home)
    assert guest_url(server_home) == first
    assert query(first, "SELECT 1") == [(1,)]
