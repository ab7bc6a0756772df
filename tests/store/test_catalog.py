"""Versions of tools and skills."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from opsroom_dagster.digests import digest_value
from opsroom_dagster.errors import InputError, OpsroomError
from opsroom_dagster.store.catalog import get_skill, get_tool, register_skill, register_tool
from opsroom_dagster.store.database import Database
from tests.store.samples import BASH, CURL, skill, step


def test_what_is_registered_comes_back_by_its_digest(database: Database) -> None:
    newer = CURL.model_copy(update={"description": "Newer", "input_schema": {"maximum": 1e22}})
    wrapped = skill("ship", step("go", kind="tool", tool="curl"))

    first, second = register_tool(database, CURL, by="ann"), register_tool(database, newer, by="ann")

    assert first == digest_value(CURL.model_dump(mode="json", by_alias=True)) != second
    assert register_tool(database, CURL, by="bob") == first
    assert (get_tool(database, first), get_tool(database, second)) == (CURL, newer)
    assert get_skill(database, register_skill(database, wrapped, by="ann")) == wrapped
    with database.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM tools")).scalar() == 2


def test_an_unknown_digest_is_named(database: Database) -> None:
    with pytest.raises(InputError, match="no tool with the digest sha256:x"):
        get_tool(database, "sha256:x")


@pytest.mark.parametrize(
    "statement", ["UPDATE tools SET definition = '{}'", "DELETE FROM tools", "TRUNCATE tools", "TRUNCATE skills"]
)
def test_versions_never_change(database: Database, statement: str) -> None:
    digest = register_tool(database, BASH, by="ann")

    with pytest.raises(DBAPIError, match="is refused"), database.begin() as connection:
        connection.execute(text(statement))
    assert get_tool(database, digest) == BASH


def test_a_version_that_was_changed_all_the_same_is_not_used(database: Database) -> None:
    digest = register_tool(database, BASH, by="ann")
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE tools DISABLE TRIGGER tools_append_only"))
        connection.execute(text("""UPDATE tools SET definition = definition || '{"kind": "sql"}'"""))

    with pytest.raises(OpsroomError, match="not what was registered"):
        get_tool(database, digest)


def test_a_version_of_another_release_is_told(database: Database) -> None:
    value = {"id": "old", "flavour": "sweet"}
    with database.begin() as connection:
        row = {"digest": digest_value(value), "id": "old"}
        insert = """INSERT INTO tools VALUES (:digest, :id, '{"id": "old", "flavour": "sweet"}')"""
        connection.execute(text(insert), row)

    with pytest.raises(InputError, match="another version of opsroom"):
        get_tool(database, row["digest"])
