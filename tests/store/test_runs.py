"""Runs: created once, moved on, listed, cancelled, handed over."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from opsroom_dagster.errors import ConflictError, InputError
from opsroom_dagster.store.catalog import pinned
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.plans import quarantine_plan, register_plan
from opsroom_dagster.store.run_status import RunStatus
from opsroom_dagster.store.runs import (
    Pulse,
    attach_dagster_run,
    create_run,
    get_run,
    heartbeat,
    list_runs,
    request_cancel,
    retry_run,
    set_priority,
    set_status,
)
from tests.store.samples import CURL, plan, queued, running, step


def test_a_run_is_what_it_was_created_as(database: Database) -> None:
    inputs = {"size": 1e22, "name": "{{secrets.TOKEN}}"}

    run = queued(database, run_id="r-1", inputs=inputs, lane="C", priority=7, session="night", user="bob")

    assert run == get_run(database, "r-1")
    assert (run.inputs, run.lane, run.priority, run.session, run.user_name) == (inputs, "C", 7, "night", "bob")
    assert (run.status, run.retries, run.started_at, run.finished_at) == ("queued", 0, None, None)


def test_creating_it_again_is_the_same_run(database: Database) -> None:
    queued(database, run_id="r", inputs={"a": 1})
    set_status(database, "r", "running")

    assert queued(database, run_id="r", inputs={"a": 1}).status == "running"
    with pytest.raises(ConflictError, match="belongs to another run"):
        queued(database, run_id="r", inputs={"a": 2})


def test_only_approved_plans_run(database: Database) -> None:
    digest = register_plan(database, plan(), by="ann", approved=False)
    with pytest.raises(InputError, match=r"is draft\. Approve it first"):
        create_run(database, "r", digest, inputs={}, user="ann")
    quarantine_plan(database, digest, "a cycle")
    with pytest.raises(InputError, match="is quarantined: a cycle"):
        create_run(database, "r", digest, inputs={}, user="ann")
    with pytest.raises(InputError, match="no plan with the digest sha256:0"):
        create_run(database, "r", "sha256:0", inputs={}, user="ann")


def test_a_run_keeps_the_versions_that_it_began_with(database: Database) -> None:
    given = plan("p", step("one", kind="tool", tool="curl"))
    newer = CURL.model_copy(update={"description": "Newer"})
    digest = register_plan(database, given, by="ann", approved=True, tools={"curl": CURL})
    create_run(database, "r", digest, inputs={}, user="ann")

    register_plan(database, given, by="ann", approved=True, tools={"curl": newer})

    create_run(database, "r2", digest, inputs={}, user="ann")
    assert pinned(database, get_run(database, "r").pins).tools == {"curl": CURL}
    assert pinned(database, get_run(database, "r2").pins).tools == {"curl": newer}


@pytest.mark.parametrize(
    "wrong",
    [
        {"run_id": "../x"},
        {"run_id": ""},
        {"user": ""},
        {"user": "u" * 201},
        {"session": ""},
        {"session": "a\0"},
        {"session": "s" * 201},
        {"inputs": {"a": "\0"}},
        {"inputs": {"a": float("nan")}},
        {"priority": 2**40},
    ],
    ids=str,
)
def test_values_that_cannot_be_kept_are_refused(database: Database, wrong: dict[str, Any]) -> None:
    digest = register_plan(database, plan(), by="ann", approved=True)
    with pytest.raises(InputError):
        create_run(database, **{"run_id": "r", "plan_digest": digest, "inputs": {}, "user": "ann", **wrong})


def test_times_and_reasons_follow_the_states(database: Database) -> None:
    run = queued(database).id

    started = set_status(database, run, "running")
    assert started.started_at is not None
    assert started.heartbeat_at is not None
    waits = set_status(database, run, "waiting", reason="Step deploy needs an approval.")
    assert (waits.reason, waits.started_at) == ("Step deploy needs an approval.", started.started_at)
    on = set_status(database, run, "running")
    assert (on.reason, on.started_at) == (None, started.started_at)
    failed = set_status(database, run, "failed", reason="it\0 broke \ud800")
    assert failed.reason == "it� broke �"
    assert failed.finished_at is not None
    assert set_status(database, run, "failed", reason="late") == failed
    undone = set_status(database, run, "rolled_back")
    assert undone.reason == failed.reason
    assert undone.finished_at is not None
    assert undone.finished_at > failed.finished_at


def test_a_retry_starts_clean(database: Database) -> None:
    run = running(database, session="s")
    request_cancel(database, run, by="ann", feedback="wrong host")
    cancelled = set_status(database, run, "cancelled", reason="wrong host")

    again = retry_run(database, run, by="bob")

    assert (again.status, again.retries, again.reason, again.feedback) == ("queued", 1, None, None)
    assert (again.started_at, again.finished_at, again.cancel_requested_at) == (None, None, None)
    assert again.created_at == cancelled.created_at


def test_a_failed_rollback_is_not_retried_but_may_be_completed(database: Database) -> None:
    run = running(database)
    set_status(database, run, "rollback_failed", reason="half undone")
    with pytest.raises(ConflictError, match=r"is rollback_failed.*cancelled, failed, rolled_back"):
        retry_run(database, run, by="ann")
    assert set_status(database, run, "rolled_back").status == "rolled_back"


@pytest.mark.parametrize("status", ["queued", "waiting"])
def test_a_run_without_a_worker_is_cancelled_at_once(database: Database, status: RunStatus) -> None:
    run = queued(database).id
    if status == "waiting":
        set_status(database, run, "running")
        set_status(database, run, "waiting", reason="an approval")

    ended = request_cancel(database, run, by="ann", feedback="not today")

    assert (ended.status, ended.reason, ended.feedback) == ("cancelled", "not today", "not today")


def test_a_worker_learns_of_a_cancellation_with_its_heartbeat(database: Database) -> None:
    run = running(database)
    assert heartbeat(database, run) == Pulse("running", cancel_requested=False, superseded=False)

    first = request_cancel(database, run, by="ann", feedback="stop")
    second = request_cancel(database, run, by="bob")

    assert first.status == "running"
    assert (second.cancel_requested_at, second.feedback) == (first.cancel_requested_at, "stop")
    assert heartbeat(database, run).cancel_requested


def test_a_heartbeat_counts_for_the_worker_that_has_the_run(database: Database) -> None:
    run = running(database)
    attach_dagster_run(database, run, "d1", replaces=None)
    before = get_run(database, run).heartbeat_at
    assert not heartbeat(database, run, dagster_run_id="d1").superseded
    beaten = get_run(database, run).heartbeat_at
    attach_dagster_run(database, run, "d2", replaces="d1")

    assert heartbeat(database, run, dagster_run_id="d1") == Pulse("running", cancel_requested=False, superseded=True)

    assert before is not None
    assert beaten is not None
    assert before < beaten == get_run(database, run).heartbeat_at


def test_a_finished_run_has_no_heartbeat(database: Database) -> None:
    run = running(database)
    set_status(database, run, "succeeded")
    before = get_run(database, run).heartbeat_at

    assert heartbeat(database, run).status == "succeeded"
    assert get_run(database, run).heartbeat_at == before


def test_of_many_that_want_a_dead_workers_run_one_gets_it(database: Database) -> None:
    run = running(database)
    assert attach_dagster_run(database, run, "d0", replaces=None)
    assert attach_dagster_run(database, run, "d0", replaces=None), "a repeated call"

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: attach_dagster_run(database, run, f"d{n}", replaces="d0"), range(1, 17)))

    assert won.count(True) == 1
    assert get_run(database, run).dagster_run_id == f"d{won.index(True) + 1}"
    assert not attach_dagster_run(database, run, "late", replaces=None)


def test_a_finished_run_is_handed_to_nobody(database: Database) -> None:
    run = running(database)
    set_status(database, run, "succeeded")

    assert not attach_dagster_run(database, run, "d", replaces=None)


def test_of_two_that_end_a_run_the_first_counts(database: Database) -> None:
    run = running(database)

    def end(status: RunStatus) -> bool:
        try:
            set_status(database, run, status)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(end, ("succeeded", "cancelled") * 8))

    final = get_run(database, run).status
    assert {status for status, ok in zip(("succeeded", "cancelled") * 8, won, strict=True) if ok} == {final}


def test_runs_are_listed_newest_first_by_what_is_asked_for(database: Database) -> None:
    for number, (lane, user, session) in enumerate(
        [("A", "ann", "s"), ("B", "ann", None), ("A", "bob", "s"), ("A", "ann", None)]
    ):
        queued(database, run_id=f"r{number}", lane=lane, user=user, session=session)
    set_status(database, "r3", "running")

    def ids(**wanted: Any) -> list[str]:
        return [run.id for run in list_runs(database, **wanted)]

    assert ids() == ["r3", "r2", "r1", "r0"]
    assert ids(limit=2) == ["r3", "r2"]
    assert ids(lane="A", user="ann") == ["r3", "r0"]
    assert ids(session="s") == ["r2", "r0"]
    assert ids(status="queued", lane="A") == ["r2", "r0"]
    assert ids(archived=True) == []


@pytest.mark.parametrize(
    "act",
    [
        lambda db: get_run(db, "x"),
        lambda db: set_status(db, "x", "running"),
        lambda db: retry_run(db, "x", by="ann"),
        lambda db: request_cancel(db, "x", by="ann"),
        lambda db: set_priority(db, "x", 1, by="ann"),
        lambda db: heartbeat(db, "x"),
        lambda db: attach_dagster_run(db, "x", "d", replaces=None),
    ],
)
def test_an_unknown_run_is_named(database: Database, act: Callable[[Database], object]) -> None:
    with pytest.raises(InputError, match="no run 'x'"):
        act(database)


def test_listing_is_fast_among_many(database: Database) -> None:
    from sqlalchemy import text

    queued(database, run_id="first", session="s")
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE runs DISABLE TRIGGER USER"))
        connection.execute(
            text(
                """INSERT INTO runs (id, plan_digest, pins, inputs, session, lane, priority, user_name, status,
                    created_at, finished_at)
                SELECT 'r' || n, plan_digest, '{}', '{}', CASE WHEN n % 1000 = 0 THEN 's' END,
                    chr(65 + n % 4), 0, 'user ' || n % 50,
                    CASE WHEN n % 5000 = 0 THEN 'queued' ELSE 'succeeded' END, now() - n * interval '1 s',
                    CASE WHEN n % 5000 > 0 THEN now() END
                FROM runs, generate_series(1, 50000) AS n"""
            )
        )
        connection.execute(text("ANALYZE runs"))
    for wanted in ({}, {"status": "queued"}, {"lane": "B"}, {"lane": "A", "status": "queued"}, {"session": "s"},
                   {"user": "user 7"}):  # fmt: skip
        times: list[float] = []
        for _ in range(5):
            started = time.perf_counter()
            assert list_runs(database, **wanted)
            times.append(time.perf_counter() - started)
        print(f"{wanted}: {min(times) * 1000:.1f} ms")
        assert min(times) < 0.05
