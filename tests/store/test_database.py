"""Which database is opened, and what is said when it cannot be."""

import pytest
from sqlalchemy import text

from opsroom_dagster.errors import InputError, InterruptedRunError
from opsroom_dagster.home import Home
from opsroom_dagster.postgres import stop
from opsroom_dagster.settings import Settings
from opsroom_dagster.store.database import Database, database_url, open_database


def test_without_a_setting_the_home_has_its_own(server_home: Home) -> None:
    database = open_database(Settings(OPSROOM_HOME=server_home.root, database_url=None))
    with database.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM projects")).scalar() == 0
    database.close()


@pytest.mark.parametrize("url", ["nonsense", "mysql://user@host/db", "postgresql://host", "postgresql://host:port/db"])
def test_a_wrong_url_is_explained_without_showing_it(url: str, home: Home) -> None:
    with pytest.raises(InputError, match="OPSROOM_DATABASE_URL") as caught:
        database_url(Settings(OPSROOM_HOME=home.root, database_url=url))
    assert url not in str(caught.value)


def test_the_short_scheme_of_hosting_services_works(home: Home) -> None:
    url = database_url(Settings(OPSROOM_HOME=home.root, database_url="postgres://u:p@h:6543/db?sslmode=require"))

    assert url.render_as_string(hide_password=False) == "postgresql://u:p@h:6543/db?sslmode=require"


def test_a_server_that_does_not_answer_is_named(home: Home) -> None:
    with pytest.raises(InputError, match=r"db at 127\.0\.0\.1:1") as caught:
        open_database(Settings(OPSROOM_HOME=home.root, database_url="postgresql://u:secret@127.0.0.1:1/db"))
    assert "secret" not in str(caught.value)


def test_a_server_that_stops_halfway_ends_resumable(server_home: Home) -> None:
    settings = Settings(OPSROOM_HOME=server_home.root, database_url=None)
    database = open_database(settings)
    with pytest.raises(InterruptedRunError, match="Run the same command again"), database.begin() as connection:
        stop(server_home)
        connection.execute(text("SELECT 1"))
    database.close()

    again = open_database(settings)
    with again.begin() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    again.close()


def test_an_error_rolls_back(database: Database) -> None:
    with pytest.raises(RuntimeError, match="no"), database.begin() as connection:
        connection.execute(text("SELECT nextval('inbox_sequence')"))
        connection.execute(text("CREATE TABLE half (one int)"))
        raise RuntimeError("no")
    with database.begin() as connection:
        assert connection.execute(text("SELECT to_regclass('half')")).scalar() is None
