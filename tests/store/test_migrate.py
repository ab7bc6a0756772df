"""Migrations: applied once, by whoever comes first, and never backwards."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import BLANK_SCHEMA, MetaData, create_engine, text

from opsroom_dagster.errors import OpsroomError
from opsroom_dagster.settings import Settings
from opsroom_dagster.store.database import Database, open_database
from opsroom_dagster.store.inbox import changes_since
from opsroom_dagster.store.migrate import FOLDER, VERSION_TABLE, head
from opsroom_dagster.store.projects import list_projects
from opsroom_dagster.store.tables import metadata
from tests.store.samples import queued


def test_head_is_the_one_that_alembic_finds() -> None:
    from alembic.script import ScriptDirectory

    assert ScriptDirectory(str(FOLDER)).get_heads() == [head()]


def test_the_tables_in_the_code_are_those_of_the_migrations(database: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    # What is reflected from the default schema has none.
    declared = MetaData()
    for table in metadata.sorted_tables:
        table.to_metadata(declared, schema=None, referred_schema_fn=lambda *_: BLANK_SCHEMA)
    with database.begin() as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
        found = compare_metadata(MigrationContext.configure(connection, opts=options), declared)
    changes = [change for entry in found for change in (entry if isinstance(entry, list) else [entry])]
    # Comments are for people who look into the database: only the migrations have them.
    assert [change for change in changes if "comment" not in change[0]] == []


def test_every_table_is_closed_to_other_roles(database: Database) -> None:
    tables = "relkind = 'r' AND relnamespace = 'public'::regnamespace"
    query = f"SELECT relname FROM pg_class WHERE {tables} AND NOT relrowsecurity"
    with database.begin() as connection:
        assert connection.execute(text(query)).all() == []


def test_opening_a_current_database_is_fast(settings: Settings, database: Database) -> None:
    started = time.perf_counter()
    open_database(settings).close()
    assert time.perf_counter() - started < 0.5


def test_many_at_once_migrate_once(settings: Settings) -> None:
    def use() -> int:
        opened = open_database(settings)
        with opened.begin() as connection:
            count = connection.execute(text(f"SELECT count(*) FROM {VERSION_TABLE}")).scalar_one()
        opened.close()
        return count

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: use(), range(4))) == [1, 1, 1, 1]


def test_a_newer_schema_is_refused(settings: Settings, database: Database) -> None:
    with database.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))

    with pytest.raises(OpsroomError, match=r"schema 9999.*Upgrade opsroom"):
        open_database(settings)


def test_a_database_of_the_first_release_keeps_what_it_holds(settings: Settings) -> None:
    from alembic import command
    from alembic.config import Config

    assert settings.database_url is not None
    engine = create_engine(settings.database_url.get_secret_value().replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(FOLDER))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text("INSERT INTO projects VALUES ('shop', '[\"/a.md\"]', '[\"odoo\"]', '18.0', 'inbox')"))
        connection.execute(text("INSERT INTO inbox_projects VALUES ('shop', '/in/shop', 'd', 7, 'present')"))
        connection.execute(text("INSERT INTO inbox_files VALUES ('shop/a.md', 'shop', '1.1', 3, 'd')"))
    engine.dispose()

    opened = open_database(settings)

    assert [project.slug for project in list_projects(opened)] == ["shop"]
    assert [change.sequence for change in changes_since(opened, 0, 10)] == [7]
    with opened.begin() as connection:
        assert connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar() == head()
    assert queued(opened).status == "queued"
    opened.close()
    open_database(settings).close()
