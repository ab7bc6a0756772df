"""The state machine of runs, against a model of it."""

import itertools
import uuid

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from opsroom_dagster.errors import ConflictError
from opsroom_dagster.store.audit import history
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.run_status import FINISHED, NEXT, RETRIABLE, STATUSES, RunStatus, sources
from opsroom_dagster.store.runs import get_run, request_cancel, retry_run, set_priority, set_status
from tests.store.samples import queued


def test_the_table_of_transitions_is_whole() -> None:
    assert set(NEXT) == set(STATUSES)
    assert {target for targets in NEXT.values() for target in targets} == set(STATUSES)
    assert all(set(sources(target)) == {source for source in STATUSES if target in NEXT[source]} for target in STATUSES)


def test_nothing_but_a_retry_brings_a_finished_run_back() -> None:
    assert all(NEXT[source] <= FINISHED for source in FINISHED)
    assert RETRIABLE <= FINISHED


@pytest.mark.parametrize("source", STATUSES)
def test_each_state_can_be_reached(source: RunStatus) -> None:
    reached: set[RunStatus] = {"queued"}
    while more := {target for known in reached for target in NEXT[known]} - reached:
        reached |= more
    assert source in reached


def test_the_database_keeps_to_the_table(database: Database) -> None:
    class Runs(RuleBasedStateMachine):
        @initialize()
        def create(self) -> None:
            self.run = queued(database, run_id=str(uuid.uuid4())).id
            self.status: RunStatus = "queued"
            self.retries = 0
            self.cancel_requested = False

        @rule(to=st.sampled_from(STATUSES))
        def move(self, to: RunStatus) -> None:
            if to in NEXT[self.status] or to == self.status:
                assert set_status(database, self.run, to).status == to
                self.status = to
            else:
                with pytest.raises(ConflictError, match=f"is {self.status} and cannot become {to}"):
                    set_status(database, self.run, to)

        @rule()
        def retry(self) -> None:
            if self.status in RETRIABLE:
                retry_run(database, self.run, by="ann")
                self.status, self.retries, self.cancel_requested = "queued", self.retries + 1, False
            else:
                with pytest.raises(ConflictError, match="cannot be retried"):
                    retry_run(database, self.run, by="ann")

        @rule()
        def cancel(self) -> None:
            if self.status in FINISHED:
                with pytest.raises(ConflictError, match="already ended"):
                    request_cancel(database, self.run, by="ann")
                return
            self.cancel_requested = True
            run = request_cancel(database, self.run, by="ann")
            assert run.status == ("running" if self.status == "running" else "cancelled")
            self.status = run.status

        @rule(priority=st.integers(-9, 9))
        def prefer(self, priority: int) -> None:
            if self.status == "queued":
                assert set_priority(database, self.run, priority, by="ann").priority == priority
            else:
                with pytest.raises(ConflictError, match="no longer queued"):
                    set_priority(database, self.run, priority, by="ann")

        @invariant()
        def recorded(self) -> None:
            run = get_run(database, self.run)
            assert (run.status, run.retries) == (self.status, self.retries)
            assert (run.finished_at is not None) is (self.status in FINISHED)
            assert (run.cancel_requested_at is not None) is self.cancel_requested
            if self.status in ("running", "waiting"):
                assert run.started_at is not None

        def teardown(self) -> None:
            told = ["queued" if entry.action == "insert" else entry.changes["status"][1] for entry in self.changes()]
            assert told[-1] == self.status
            steps = itertools.pairwise(told)
            assert all(after in NEXT[before] or (before in RETRIABLE and after == "queued") for before, after in steps)

        def changes(self) -> list:
            return [entry for entry in history(database, self.run) if "status" in entry.changes]

    run_state_machine_as_test(
        Runs, settings=hypothesis_settings(max_examples=40, stateful_step_count=25, deadline=None)
    )
