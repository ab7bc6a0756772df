"""Sessions: opened, entered, archived with their runs."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from opsroom_dagster.errors import ConflictError, InputError
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.runs import get_run, list_runs, retry_run, set_status
from opsroom_dagster.store.sessions import archive_session, get_session, list_sessions, open_session
from tests.store.samples import queued, running


def test_a_session_has_an_intent_that_may_change(database: Database) -> None:
    open_session(database, "night", "Move the shop", by="ann")
    queued(database, session="night")

    assert get_session(database, "night").intent == "Move the shop"
    assert open_session(database, "night", "Move it back", by="ann").intent == "Move it back"


def test_a_run_opens_its_session(database: Database) -> None:
    queued(database, session="new")

    assert [session.name for session in list_sessions(database)] == ["new"]


def test_archiving_takes_the_runs_along(database: Database) -> None:
    done, other = running(database, session="s"), running(database)
    set_status(database, done, "succeeded")

    assert archive_session(database, "s", by="ann") == 1

    assert [run.id for run in list_runs(database)] == [other]
    assert [run.id for run in list_runs(database, archived=True)] == [done]
    assert len(list_runs(database, archived=None)) == 2
    assert list_sessions(database) == []
    assert [session.name for session in list_sessions(database, archived=True)] == ["s"]
    assert archive_session(database, "s", by="ann") == 0


def test_what_goes_on_is_not_archived(database: Database) -> None:
    runs = [queued(database, session="s").id for _ in range(7)]

    with pytest.raises(ConflictError, match=rf"have not ended: {', '.join(runs[:5])} and 2 more\. Cancel them first"):
        archive_session(database, "s", by="ann")
    assert get_session(database, "s").archived_at is None


@pytest.mark.parametrize("way", ["new run", "retry", "open"])
def test_an_archived_session_is_reopened_by_what_enters_it(database: Database, way: str) -> None:
    done = running(database, session="s")
    set_status(database, done, "failed")
    archive_session(database, "s", by="ann")

    match way:
        case "new run":
            queued(database, session="s")
        case "retry":
            retry_run(database, done, by="ann")
        case _:
            open_session(database, "s", "again", by="ann")

    assert get_session(database, "s").archived_at is None
    assert (get_run(database, done).archived_at is None) is (way == "retry")


def test_a_refused_retry_reopens_nothing(database: Database) -> None:
    done = running(database, session="s")
    set_status(database, done, "succeeded")
    archive_session(database, "s", by="ann")

    with pytest.raises(ConflictError):
        retry_run(database, done, by="ann")
    assert get_session(database, "s").archived_at is not None


def test_an_archived_session_never_has_a_run_that_goes_on(database: Database) -> None:
    failed = running(database, session="s")
    set_status(database, failed, "failed")
    until = time.monotonic() + 2

    def archive() -> None:
        while time.monotonic() < until:
            with suppress(ConflictError):
                archive_session(database, "s", by="ann")

    def work() -> None:
        while time.monotonic() < until:
            retry_run(database, failed, by="bob")
            set_status(database, failed, "failed")
            run = queued(database, session="s").id
            set_status(database, run, "failed")

    def look() -> int:
        from sqlalchemy import text

        query = """SELECT count(*) FROM runs JOIN sessions ON name = session
            WHERE status = 'queued' AND sessions.archived_at IS NOT NULL"""
        looks = 0
        while time.monotonic() < until:
            with database.begin() as connection:
                assert connection.execute(text(query)).scalar() == 0
            looks += 1
        return looks

    with ThreadPoolExecutor(3) as pool:
        tasks = [pool.submit(task) for task in (archive, work, look)]
        assert [task.result() for task in tasks][2] > 10


def test_an_unknown_session_is_named(database: Database) -> None:
    for act in (lambda: get_session(database, "x"), lambda: archive_session(database, "x", by="ann")):
        with pytest.raises(InputError, match="no session 'x'"):
            act()
