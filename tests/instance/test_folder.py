"""One Dagster instance for every process of a home."""

import os
import stat
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import make_url, text

from opsroom_dagster.errors import OpsroomError
from opsroom_dagster.home import Home
from opsroom_dagster.instance import environment, open_instance, prepare
from opsroom_dagster.settings import Settings
from opsroom_dagster.store.database import Database


@pytest.fixture(autouse=True)
def environment_is_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    """``open_instance`` makes this process part of an instance; the next test has another."""
    for name in ("DAGSTER_HOME", "OPSROOM_HOME", "OPSROOM_INBOX", "OPSROOM_DAGSTER_DATABASE_URL"):
        monkeypatch.setenv(name, "")


@dg.asset
def one() -> int:
    return 1


def test_runs_are_kept_between_processes(settings: Settings) -> None:
    with open_instance(settings) as instance:
        result = dg.materialize([one], instance=instance, resources={})
    with open_instance(settings) as instance:
        assert [run.run_id for run in instance.get_runs()] == [result.run_id]
        assert instance.telemetry_enabled is False


def test_dagsters_tables_are_apart_from_ours(settings: Settings, database: Database) -> None:
    open_instance(settings).dispose()

    query = "SELECT table_schema FROM information_schema.tables WHERE table_name = 'event_logs'"
    with database.begin() as connection:
        assert connection.execute(text(query)).scalars().all() == ["dagster"]


def test_the_configuration_holds_no_secret_and_is_written_once(settings: Settings) -> None:
    folder = prepare(settings)
    before = (folder / "dagster.yaml").stat()
    assert prepare(settings) == folder == settings.home.dagster
    after = (folder / "dagster.yaml").stat()

    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert settings.database_url is not None
    password = make_url(settings.database_url.get_secret_value()).password
    assert password is not None
    assert password not in (folder / "dagster.yaml").read_text(encoding="utf-8")


def test_an_edited_configuration_is_put_right(settings: Settings) -> None:
    target = prepare(settings) / "dagster.yaml"
    wanted = target.read_bytes()
    target.write_text("telemetry: {enabled: true}\n", encoding="utf-8")

    prepare(settings)

    assert target.read_bytes() == wanted
    assert stat.S_IMODE(target.stat().st_mode) == 0o644


def test_the_environment_is_absolute_and_keeps_the_users_connection_options(tmp_path: Path) -> None:
    url = "postgres://u:p%40ss@h/db?sslmode=require&options=-cstatement_timeout%3D5"
    found = environment(Settings(OPSROOM_HOME=Path("relative"), database_url=url))

    assert all(Path(found[name]).is_absolute() for name in ("DAGSTER_HOME", "OPSROOM_HOME", "OPSROOM_INBOX"))
    dagster_url = make_url(found["OPSROOM_DAGSTER_DATABASE_URL"])
    assert dagster_url.drivername == "postgresql+psycopg2"
    assert dagster_url.password == "p@ss"
    assert dagster_url.query == {"sslmode": "require", "options": "-cstatement_timeout=5 -csearch_path=dagster"}
    assert "OPSROOM_DAGSTER_DATABASE_URL" not in os.environ or os.environ["OPSROOM_DAGSTER_DATABASE_URL"] == ""


def test_a_folder_that_cannot_be_written_is_named(settings: Settings, home: Home) -> None:
    home.root.mkdir(parents=True)
    home.dagster.write_text("a file where a folder should be", encoding="utf-8")

    with pytest.raises(OpsroomError, match="dagster"):
        prepare(settings)
