"""Questions to people: about one content, answered once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from opsroom_dagster.errors import ConflictError, InputError
from opsroom_dagster.store.approvals import Approval, answered, ask, decide, expire_due, get_approval, waiting
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.run_status import RunStatus
from opsroom_dagster.store.runs import request_cancel, set_status
from opsroom_dagster.store.steps import claim_step, finish_step
from tests.store.samples import running

ONE, TWO = "sha256:1", "sha256:2"
HOUR = timedelta(hours=1)


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


def approve(database: Database, approval: Approval, by: str = "ann") -> Approval:
    return decide(database, approval.id, digest=approval.digest, decision="approved", by=by)


def test_a_question_waits_until_it_is_answered(database: Database, now: datetime) -> None:
    run = running(database)
    asked = ask(database, run, "deploy", ONE, expires_at=now + HOUR)
    assert waiting(database) == waiting(database, run) == [asked]

    done = decide(database, asked.id, digest=ONE, decision="approved", by="ann", note="go\0")

    assert (done.state, done.decided_by, done.note) == ("approved", "ann", "go�")
    assert done.decided_at is not None
    assert waiting(database) == []
    assert get_approval(database, asked.id) == done


def test_asking_again_gives_the_question_then_the_answer(database: Database) -> None:
    run = running(database)
    asked = ask(database, run, "deploy", ONE)
    assert ask(database, run, "deploy", ONE) == asked
    done = approve(database, asked)

    assert ask(database, run, "deploy", ONE) == done


def test_a_denied_question_is_asked_anew(database: Database) -> None:
    run = running(database)
    asked = ask(database, run, "deploy", ONE)
    decide(database, asked.id, digest=ONE, decision="denied", by="ann")

    again = ask(database, run, "deploy", ONE)

    assert (again.state, again.id != asked.id) == ("waiting", True)


def test_an_answer_is_for_what_was_looked_at(database: Database) -> None:
    run = running(database)
    asked = ask(database, run, "deploy", ONE)

    with pytest.raises(ConflictError, match=f"is about {ONE}, not about {TWO}"):
        decide(database, asked.id, digest=TWO, decision="approved", by="ann")
    assert waiting(database) == [asked]


def test_what_is_asked_no_more_cannot_be_answered(database: Database) -> None:
    run = running(database)
    old, elsewhere = ask(database, run, "deploy", ONE), ask(database, run, "other", ONE)

    new = ask(database, run, "deploy", TWO)

    assert waiting(database) == [elsewhere, new]
    assert get_approval(database, old.id).note == "Something else is to be executed now."
    with pytest.raises(ConflictError, match="has expired"):
        approve(database, old)
    approve(database, new)
    assert ask(database, run, "deploy", ONE).state == "waiting", "the first content was never approved"


def test_the_first_answer_counts(database: Database) -> None:
    asked = ask(database, running(database), "deploy", ONE)
    done = approve(database, asked)

    assert approve(database, asked) == done
    with pytest.raises(ConflictError, match="already approved by ann"):
        approve(database, asked, by="bob")
    with pytest.raises(ConflictError, match="already approved by ann"):
        decide(database, asked.id, digest=ONE, decision="denied", by="ann")


def test_of_many_approvers_at_once_one_is_recorded(database: Database) -> None:
    asked = ask(database, running(database), "deploy", ONE)

    def answer(number: int) -> bool:
        decision = "approved" if number % 2 else "denied"
        try:
            decide(database, asked.id, digest=ONE, decision=decision, by=f"p{number}")
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(answer, range(16)))

    assert won.count(True) == 1
    winner = won.index(True)
    final = get_approval(database, asked.id)
    assert (final.decided_by, final.state) == (f"p{winner}", "approved" if winner % 2 else "denied")


def test_many_that_ask_at_once_ask_one_question(database: Database) -> None:
    run = running(database)

    with ThreadPoolExecutor(8) as pool:
        asked = list(pool.map(lambda _: ask(database, run, "deploy", ONE).id, range(16)))

    assert len(set(asked)) == len(waiting(database)) == 1


def test_questions_expire(database: Database, now: datetime) -> None:
    run = running(database)
    due = ask(database, run, "one", ONE, expires_at=now - timedelta(seconds=1))
    later = ask(database, run, "two", ONE, expires_at=now + HOUR)
    never = ask(database, run, "three", ONE)

    with pytest.raises(ConflictError, match="has expired"):
        approve(database, due)
    (expired,) = expire_due(database, now)

    assert (expired.id, expired.state, expired.note) == (due.id, "expired", "Nobody answered in time.")
    assert waiting(database) == [later, never]
    assert expire_due(database, now) == []
    assert [entry.id for entry in expire_due(database, now + 2 * HOUR)] == [later.id]


def test_an_answer_and_the_clock_at_once_are_one_end(database: Database, now: datetime) -> None:
    run = running(database)
    asked = [ask(database, run, f"s{n}", ONE, expires_at=now + HOUR) for n in range(20)]

    def answer(approval: Approval) -> str:
        try:
            return approve(database, approval).state
        except ConflictError:
            return "expired"

    with ThreadPoolExecutor(6) as pool:
        expiring = [pool.submit(expire_due, database, now + 2 * HOUR) for _ in range(2)]
        states = list(pool.map(answer, asked))
        expired = [entry.id for task in expiring for entry in task.result()]

    assert sorted(expired) == [a.id for a, state in zip(asked, states, strict=True) if state == "expired"]
    assert [get_approval(database, a.id).state for a in asked] == states


@pytest.mark.parametrize("status", ["succeeded", "failed", "cancelled"])
def test_the_end_of_a_run_ends_its_questions(database: Database, status: RunStatus) -> None:
    run, other = running(database), running(database)
    asked, stays = ask(database, run, "deploy", ONE), ask(database, other, "deploy", ONE)

    set_status(database, run, status)

    assert waiting(database) == [stays]
    assert get_approval(database, asked.id).note == "The run has ended."
    with pytest.raises(ConflictError, match="already ended"):
        ask(database, run, "deploy", TWO)


def test_cancelling_a_waiting_run_ends_its_questions(database: Database) -> None:
    run = running(database)
    ask(database, run, "deploy", ONE)
    set_status(database, run, "waiting")

    request_cancel(database, run, by="ann")

    assert waiting(database) == []


def test_the_answers_that_runs_wait_for_are_told(database: Database) -> None:
    run, other = running(database), running(database)
    first = ask(database, run, "one", ONE)
    approve(database, first)
    for name in (run, other):
        claim_step(database, name, "two", "t", idx=0)
        finish_step(database, name, "two", "t", status="waiting")
        set_status(database, name, "waiting")
    denied = ask(database, run, "two", ONE)
    decide(database, denied.id, digest=ONE, decision="denied", by="ann")
    asked = ask(database, run, "two", ONE)
    ask(database, other, "two", ONE)
    assert answered(database) == []

    done = approve(database, asked)

    assert answered(database) == [done]
    set_status(database, run, "running")
    assert answered(database) == []


@pytest.mark.parametrize(
    "act",
    [
        lambda db: get_approval(db, 1),
        lambda db: decide(db, 1, digest=ONE, decision="approved", by="ann"),
        lambda db: ask(db, "x", "one", ONE),
    ],
)
def test_what_is_not_there_is_named(database: Database, act: Callable[[Database], object]) -> None:
    with pytest.raises(InputError, match=r"no question 1|no run 'x'"):
        act(database)
