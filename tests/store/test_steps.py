"""Steps: claimed by one, finished by the one who holds the claim, done once."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from opsroom_dagster.errors import ConflictError, InputError
from opsroom_dagster.runtime.model import Verdict
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.outputs import StoredOutputs
from opsroom_dagster.store.run_proofs import proofs_of
from opsroom_dagster.store.run_status import RunStatus
from opsroom_dagster.store.runs import set_status
from opsroom_dagster.store.steps import StepEnd, StepRow, claim_step, claim_undo, finish_step, skip_steps, steps_of
from tests.store.samples import SEAL, check, proof, queued, running

OUTPUTS = StoredOutputs(value={"url": "http://x", "n": 1e22}, file=None, digest="sha256:1", bytes=9)
IN_FILE = StoredOutputs(value=None, file="abc.json", digest="sha256:2", bytes=10**9)


def only(database: Database, run: str) -> StepRow:
    (row,) = steps_of(database, run)
    return row


def finished(database: Database, run: str, status: StepEnd = "succeeded", **values: Any) -> None:
    assert claim_step(database, run, "one", "t", idx=0)
    finish_step(database, run, "one", "t", status=status, **values)


def test_a_claim_is_recorded_before_the_action(database: Database) -> None:
    run = running(database)

    assert claim_step(database, run, "one", "t1", idx=4, inputs_digest="sha256:9")

    row = only(database, run)
    assert (row.step_id, row.idx, row.status, row.attempt, row.claim_token) == ("one", 4, "running", 1, "t1")
    assert (row.inputs_digest, row.outputs, row.checks, row.finished_at) == ("sha256:9", None, (), None)
    assert row.started_at is not None


@pytest.mark.parametrize("outputs", [OUTPUTS, IN_FILE, OUTPUTS.model_copy(update={"value": {}})])
def test_an_end_is_recorded_with_outputs_checks_and_proofs(database: Database, outputs: StoredOutputs) -> None:
    run = running(database)
    checks = [check(), check("fast", Verdict.failed("slow", seconds=3))]

    finished(database, run, outputs=outputs, checks=checks, proofs=[proof("one"), proof("one", "answers")], seal=SEAL)

    row = only(database, run)
    assert (row.status, row.outputs, row.error, list(row.checks)) == ("succeeded", outputs, None, checks)
    assert row.finished_at is not None
    assert [(kept.idx, kept.step_id, kept.verifier_id) for kept in proofs_of(database, run)] == [
        (0, "one", None),
        (1, "one", "answers"),
    ]


def test_what_postgres_cannot_hold_is_replaced_for_people(database: Database) -> None:
    run = running(database)
    verdict = Verdict.failed("a\0b", output="\0", list=["\0"])

    finished(database, run, "failed", error="no\0 \ud800", checks=[check(verdict=verdict)])

    row = only(database, run)
    assert row.error == "no� �"
    assert row.checks[0].verdict == Verdict.failed("a�b", output="�", list=["�"])


def test_a_recorded_success_is_never_claimed_again(database: Database) -> None:
    run = running(database)
    finished(database, run)
    before = only(database, run)

    assert not claim_step(database, run, "one", "t", idx=0, dead=["t"])
    assert not claim_step(database, run, "one", "u", idx=0, dead=["t"])
    assert only(database, run) == before


def test_a_live_claim_is_kept_and_a_dead_one_taken_over(database: Database) -> None:
    run = running(database)
    assert claim_step(database, run, "one", "t1", idx=0)

    assert not claim_step(database, run, "one", "t2", idx=0)
    assert not claim_step(database, run, "one", "t2", idx=0, dead=["t0"])
    assert claim_step(database, run, "one", "t2", idx=0, dead=["t0", "t1"])
    assert only(database, run).attempt == 2
    with pytest.raises(ConflictError, match="belongs to another worker by now"):
        finish_step(database, run, "one", "t1", status="succeeded", proofs=[proof("one")], seal=SEAL)
    assert only(database, run).status == "running"
    assert proofs_of(database, run) == []
    finish_step(database, run, "one", "t2", status="succeeded")
    assert only(database, run).status == "succeeded"


def test_repeating_what_was_not_answered_changes_nothing(database: Database) -> None:
    run = running(database)
    for _ in range(2):
        assert claim_step(database, run, "one", "t", idx=0)
    for _ in range(2):
        finish_step(database, run, "one", "t", status="succeeded", proofs=[proof("one")], seal=SEAL)

    assert only(database, run).attempt == 1
    assert len(proofs_of(database, run)) == 1
    with pytest.raises(ConflictError):
        finish_step(database, run, "one", "t", status="failed")


@pytest.mark.parametrize("status", ["failed", "skipped", "waiting"])
def test_what_did_not_succeed_may_be_claimed_again_and_starts_clean(database: Database, status: StepEnd) -> None:
    run = running(database)
    finished(database, run, status, error="no", checks=[check()], outputs=OUTPUTS)

    assert claim_step(database, run, "one", "t2", idx=0)

    row = only(database, run)
    assert (row.status, row.attempt) == ("running", 1 if status == "waiting" else 2)
    assert (row.outputs, row.error, row.checks, row.finished_at) == (None, None, (), None)


@pytest.mark.parametrize("status", ["queued", "waiting", "failed", "cancelled", "succeeded"])
def test_nothing_starts_in_a_run_that_is_not_running(database: Database, status: RunStatus) -> None:
    run = queued(database).id
    if status != "queued":
        set_status(database, run, "running")
        set_status(database, run, status)

    with pytest.raises(ConflictError, match=f"is {status}: none of its steps can be begun"):
        claim_step(database, run, "one", "t", idx=0)
    assert steps_of(database, run) == []


def test_a_worker_that_was_cancelled_meanwhile_can_still_say_what_it_did(database: Database) -> None:
    run = running(database)
    claim_step(database, run, "one", "t", idx=0)
    set_status(database, run, "cancelled")

    finish_step(database, run, "one", "t", status="succeeded", outputs=OUTPUTS)

    assert only(database, run).outputs == OUTPUTS


def test_who_never_claimed_cannot_finish(database: Database) -> None:
    run = running(database)
    with pytest.raises(ConflictError):
        finish_step(database, run, "one", "t", status="succeeded")
    with pytest.raises(ConflictError):
        finish_step(database, "no-run", "one", "t", status="succeeded")


@pytest.mark.parametrize(
    "act",
    [
        lambda db: claim_step(db, "x", "one", "t", idx=0),
        lambda db: claim_undo(db, "x", "one", "t"),
        lambda db: skip_steps(db, "x", {"one": 0}, reason="no"),
        lambda db: skip_steps(db, "x", {}, reason="no"),
    ],
)
def test_an_unknown_run_is_named(database: Database, act: Callable[[Database], object]) -> None:
    with pytest.raises(InputError, match="no run 'x'"):
        act(database)


def test_steps_that_have_not_begun_are_skipped_in_one_go(database: Database) -> None:
    run = running(database)
    finished(database, run)

    assert skip_steps(database, run, {"two": 1, "one": 0, "three": 2}, reason="one failed\0") == ["three", "two"]

    rows = steps_of(database, run)
    assert [(row.step_id, row.status, row.attempt) for row in rows] == [
        ("one", "succeeded", 1),
        ("two", "skipped", 0),
        ("three", "skipped", 0),
    ]
    assert rows[1].error == "one failed�"
    assert skip_steps(database, run, {}, reason="no") == []


def test_an_undone_step_keeps_what_it_did_and_adds_how_it_was_undone(database: Database) -> None:
    run = running(database)
    finished(database, run, outputs=OUTPUTS, checks=[check("up")], proofs=[proof("one", "up")], seal=SEAL)
    set_status(database, run, "failed")

    assert claim_undo(database, run, "one", "u")
    finish_step(
        database, run, "one", "u", status="undone", checks=[check("down")], proofs=[proof("one", "down")], seal=SEAL
    )

    row = only(database, run)
    assert (row.status, row.outputs, [kept.name for kept in row.checks]) == ("undone", OUTPUTS, ["up", "down"])
    assert [kept.verifier_id for kept in proofs_of(database, run)] == ["up", "down"]
    assert not claim_undo(database, run, "one", "u2", dead=["u"])


def test_an_undo_has_one_worker_too(database: Database) -> None:
    run = running(database)
    finished(database, run)
    assert claim_undo(database, run, "one", "u1")
    assert claim_undo(database, run, "one", "u1"), "a repeated call"

    assert not claim_undo(database, run, "one", "u2")
    assert not claim_step(database, run, "one", "t2", idx=0, dead=["u1"])
    assert claim_undo(database, run, "one", "u2", dead=["u1"])
    with pytest.raises(ConflictError):
        finish_step(database, run, "one", "u1", status="undone")
    with pytest.raises(ConflictError):
        finish_step(database, run, "one", "u2", status="succeeded")
    finish_step(database, run, "one", "u2", status="undo_failed", error="still there")
    assert not claim_step(database, run, "one", "t2", idx=0)
    assert claim_undo(database, run, "one", "u3")
    finish_step(database, run, "one", "u3", status="undone")
    assert claim_step(database, run, "one", "t2", idx=0)


def test_a_failed_or_killed_step_may_have_left_something_to_undo(database: Database) -> None:
    run = running(database)
    finished(database, run, "failed")
    claim_step(database, run, "two", "t", idx=1)
    skip_steps(database, run, {"three": 2}, reason="no")
    set_status(database, run, "failed")

    assert claim_undo(database, run, "one", "u")
    assert not claim_undo(database, run, "two", "u")
    assert claim_undo(database, run, "two", "u", dead=["t"])
    assert not claim_undo(database, run, "three", "u")
    assert not claim_undo(database, run, "four", "u")


def test_what_succeeded_as_a_whole_is_not_rolled_back(database: Database) -> None:
    run = running(database)
    finished(database, run)
    set_status(database, run, "succeeded")
    with pytest.raises(ConflictError, match="is succeeded"):
        claim_undo(database, run, "one", "u")


def test_claims_against_a_model(database: Database) -> None:
    """Three workers, any of which may be thought dead: never two holders, never a success undone by a claim."""
    workers = st.sampled_from("abc")

    class Step(RuleBasedStateMachine):
        @initialize()
        def create(self) -> None:
            self.run = running(database)
            self.status: str | None = None
            self.holder = ""
            self.begun = 0

        @rule(token=workers, dead=st.sets(workers))
        def claim(self, token: str, dead: set[str]) -> None:
            held = self.status == "running" and self.holder not in {token, *dead}
            wins = not held and self.status in (None, "running", "failed", "skipped", "waiting", "undone")
            assert claim_step(database, self.run, "one", token, idx=0, dead=dead) is wins
            if wins:
                same = self.status == "waiting" or (self.status == "running" and self.holder == token)
                self.begun += 0 if same else 1
                self.status, self.holder = "running", token

        @rule(token=workers, dead=st.sets(workers))
        def undo(self, token: str, dead: set[str]) -> None:
            wins = (
                self.status in ("succeeded", "failed", "undo_failed")
                or (self.status == "undoing" and self.holder in {token, *dead})
                or (self.status == "running" and self.holder in dead)
            )
            assert claim_undo(database, self.run, "one", token, dead=dead) is wins
            if wins:
                self.status, self.holder = "undoing", token

        @rule(
            token=workers,
            status=st.sampled_from(["succeeded", "failed", "waiting", "skipped", "undone", "undo_failed"]),
        )
        def finish(self, token: str, status: StepEnd) -> None:
            needs = "undoing" if status.startswith("undo") or status == "undone" else "running"
            if self.holder == token and self.status in (needs, status):
                finish_step(database, self.run, "one", token, status=status)
                self.status = status
            else:
                with pytest.raises(ConflictError):
                    finish_step(database, self.run, "one", token, status=status)

        @invariant()
        def recorded(self) -> None:
            rows = steps_of(database, self.run)
            assert [(row.status, row.claim_token, row.attempt) for row in rows] == (
                [] if self.status is None else [(self.status, self.holder, self.begun)]
            )

    run_state_machine_as_test(
        Step, settings=hypothesis_settings(max_examples=40, stateful_step_count=25, deadline=None)
    )


def test_a_thousand_steps_are_claimed_and_finished(database: Database) -> None:
    run = running(database)
    started = time.perf_counter()
    for idx in range(1000):
        name = f"s{idx}"
        assert claim_step(database, run, name, "t", idx=idx, inputs_digest="sha256:0")
        finish_step(
            database,
            run,
            name,
            "t",
            status="succeeded",
            outputs=OUTPUTS,
            checks=[check()],
            proofs=[proof(name)],
            seal=SEAL,
        )
    spent = time.perf_counter() - started
    print(f"1,000 claims and ends, a proof each: {spent:.2f} s")

    started = time.perf_counter()
    assert len(steps_of(database, run)) == 1000
    print(f"reading 1,000 steps: {time.perf_counter() - started:.3f} s")
    assert spent < 60
