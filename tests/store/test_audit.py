"""Who changed what: every mutation, and nothing that nobody should read."""

import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from opsroom_dagster.store.approvals import ask, decide
from opsroom_dagster.store.audit import AuditEntry, acting_as, history
from opsroom_dagster.store.catalog import register_tool
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.outputs import StoredOutputs
from opsroom_dagster.store.plans import approve_plan, quarantine_plan, register_plan
from opsroom_dagster.store.run_proofs import proofs_of
from opsroom_dagster.store.runs import heartbeat, request_cancel, set_priority, set_status
from opsroom_dagster.store.sessions import archive_session, open_session
from opsroom_dagster.store.steps import claim_step, finish_step
from tests.store.samples import CURL, SEAL, check, plan, proof, queued, running


def told(entries: list[AuditEntry]) -> list[tuple[str, str, str, str]]:
    return [(entry.actor, entry.action, entry.table_name, entry.key) for entry in entries]


def test_the_history_of_a_run_tells_all_that_happened_to_it(database: Database) -> None:
    run = queued(database, user="ann", priority=1).id
    set_priority(database, run, 5, by="bob")
    set_status(database, run, "running", by="worker")
    claim_step(database, run, "one", "t", idx=0, by="worker")
    finish_step(database, run, "one", "t", status="succeeded", proofs=[proof("one", "up")], seal=SEAL, by="worker")
    asked = ask(database, run, "two", "sha256:1", by="worker")
    decide(database, asked.id, digest="sha256:1", decision="approved", by="eve")

    entries = history(database, run)

    assert told(entries) == [
        ("ann", "insert", "runs", run),
        ("bob", "update", "runs", run),
        ("worker", "update", "runs", run),
        ("worker", "insert", "run_steps", f"{run}/one"),
        ("worker", "update", "run_steps", f"{run}/one"),
        ("worker", "insert", "run_proofs", f"{run}/0"),
        ("worker", "insert", "approvals", str(asked.id)),
        ("eve", "update", "approvals", str(asked.id)),
    ]
    assert entries[1].changes == {"priority": (1, 5)}
    assert entries[2].changes["status"] == ("queued", "running")
    assert entries[4].changes["status"] == ("running", "succeeded")
    assert entries[5].changes["line_digest"] == (None, proofs_of(database, run)[0].line_digest)
    assert entries[7].changes["decided_by"] == (None, "eve")
    assert [entry.id for entry in entries] == sorted(entry.id for entry in entries)
    assert len(history(database, run, limit=3)) == 3


def test_plans_tools_and_sessions_have_histories_too(database: Database) -> None:
    digest = register_plan(database, plan(), by="ann", approved=False)
    approve_plan(database, digest, by="bob")
    quarantine_plan(database, digest, "broken", by="loader")
    tool = register_tool(database, CURL, by="ann")
    open_session(database, "night", "secret plans", by="ann")
    archive_session(database, "night", by="bob")

    assert [(entry.actor, entry.changes["state"]) for entry in history(database, digest)] == [
        ("ann", (None, "draft")),
        ("bob", ("draft", "approved")),
        ("loader", ("approved", "quarantined")),
    ]
    assert told(history(database, tool)) == [("ann", "insert", "tools", tool)]
    assert [(entry.actor, entry.action) for entry in history(database, "night")] == [
        ("ann", "insert"),
        ("bob", "update"),
    ]


def test_what_changes_nothing_is_not_told(database: Database) -> None:
    run = running(database)
    digest = register_plan(database, plan(), by="ann", approved=True)
    runs, plans = history(database, run), history(database, digest)

    heartbeat(database, run)
    register_plan(database, plan(), by="bob", approved=True)
    with database.begin() as connection:
        connection.execute(text("UPDATE runs SET priority = priority"))

    assert (history(database, run), history(database, digest)) == (runs, plans)


def test_neither_secrets_nor_payloads_get_in(database: Database) -> None:
    secret, large = "hunter2-in-the-clear", "x" * 60_000
    run = running(database, inputs={"password": secret})
    claim_step(database, run, "one", f"token {secret}", idx=0)
    outputs = StoredOutputs(value={"text": large, "s": secret}, file=None, digest="sha256:1", bytes=60_000)
    finish_step(
        database,
        run,
        "one",
        f"token {secret}",
        status="failed",
        error=secret,
        outputs=outputs,
        checks=[check(secret)],
        proofs=[proof("one", "up", evidence={"said": secret})],
        seal=SEAL,
    )
    set_status(database, run, "waiting", reason=secret)
    asked = ask(database, run, "two", "sha256:1")
    decide(database, asked.id, digest="sha256:1", decision="denied", by="ann", note=secret)
    request_cancel(database, run, by="ann", feedback=secret)

    with database.begin() as connection:
        everything = json.dumps(
            [dict(row) for row in connection.execute(text("SELECT * FROM audit_log")).mappings()], default=str
        )

    assert secret not in everything
    assert large not in everything
    entries = history(database, run)
    assert max(len(json.dumps(entry.changes)) for entry in entries) < 2000
    changed = next(entry for entry in entries if entry.action == "update" and entry.table_name == "run_steps")
    assert changed.changes["outputs"][1].startswith("sha256:")


def test_a_direct_change_is_told_with_its_role(database: Database) -> None:
    run = running(database)
    with database.begin() as connection:
        connection.execute(text("UPDATE runs SET lane = 'D' WHERE id = :run"), {"run": run})
        role = connection.execute(text("SELECT session_user")).scalar()
        asked = connection.execute(
            text(
                "INSERT INTO approvals (run_id, step_id, digest, state) VALUES (:run, 's', 'd', 'waiting') RETURNING id"
            ),
            {"run": run},
        ).scalar()
        connection.execute(text("DELETE FROM approvals"))

    direct = history(database, run)[-3:]

    assert [(entry.actor, entry.role) for entry in direct] == [(role, role)] * 3
    assert told(direct)[2] == (role, "delete", "approvals", str(asked))
    assert direct[2].changes["state"] == ("waiting", None)


def test_an_actor_holds_for_a_block(database: Database) -> None:
    run = running(database)
    count = len(history(database, run))

    def change(connection, lane: str) -> None:
        connection.execute(text("UPDATE runs SET lane = :lane"), {"lane": lane})

    with database.begin() as connection:
        with acting_as(connection, "ann"):
            change(connection, "B")
            with acting_as(connection, "bob\0"):
                change(connection, "C")
            change(connection, "D")
        change(connection, "A")
    with database.begin() as connection:
        change(connection, "B")

    actors = [entry.actor for entry in history(database, run)[count:]]
    assert actors[:3] == ["ann", "bob�", "ann"]
    assert not {"ann", "bob�"} & set(actors[3:])


def test_an_error_in_the_block_is_the_error_that_is_seen(database: Database) -> None:
    with (
        pytest.raises(DBAPIError, match="division by zero"),
        database.begin() as connection,
        acting_as(connection, "ann"),
    ):
        connection.execute(text("SELECT 1/0"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'somebody else'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        """INSERT INTO audit_log (at, actor, role, action, table_name, subject, key, changes)
           VALUES (now(), 'ann', 'ann', 'update', 'runs', 'x', 'x', '{}')""",
    ],
)
def test_the_log_only_grows_and_only_by_changes(database: Database, statement: str) -> None:
    run = running(database)
    before = history(database, run)

    with pytest.raises(DBAPIError, match="is refused"), database.begin() as connection:
        connection.execute(text(statement))
    assert history(database, run) == before


@pytest.mark.parametrize(
    "table", ["plans", "skills", "tools", "sessions", "runs", "run_steps", "run_proofs", "approvals"]
)
def test_no_table_is_emptied_without_a_trace(database: Database, table: str) -> None:
    running(database, session="s")
    with pytest.raises(DBAPIError, match="it would leave no trace"), database.begin() as connection:
        connection.execute(text(f"TRUNCATE {table} CASCADE"))


def test_what_is_rolled_back_was_never_there(database: Database) -> None:
    run = running(database)
    before = history(database, run)
    with pytest.raises(RuntimeError), database.begin() as connection:
        connection.execute(text("UPDATE runs SET priority = 99"))
        raise RuntimeError
    assert history(database, run) == before
