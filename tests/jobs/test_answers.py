"""People's answers: what waits for them, what goes on after them, and for what exactly they hold."""

import pytest
from sqlalchemy import text

from opsroom_dagster.errors import ConflictError
from opsroom_dagster.jobs.answers import act_on, answer, resume, stop
from opsroom_dagster.store.approvals import Approval, waiting
from opsroom_dagster.store.runs import Run
from tests.jobs.house import House, gate, step, undo


def _question(house: House, run: Run) -> Approval:
    [question] = waiting(house.database, run.id)
    return question


def _answered(house: House, run: Run, *, approved: bool = True) -> Run:
    answer(house.database, _question(house, run), approved=approved, by="bo", note="seen")
    return act_on(house.database, house.settings, run.id, lambda _: None)


def _retried(house: House, run: Run) -> Run:
    return resume(house.database, house.settings, run.id, "ann", lambda _: None)


def test_a_run_goes_on_when_it_is_approved(house: House) -> None:
    run = house.run(step("a", house.does("a")), gate("ask", "a"), step("b", house.does("b"), "ask"))
    assert (run.status, house.done()) == ("waiting", ["a"])
    assert not house.bundle(run).exists()
    assert _retried(house, run).status == "waiting", "going on answers nothing"

    run = _answered(house, run)

    assert (run.status, house.done()) == ("succeeded", ["a", "b"])
    assert house.verified(run).result == "PASSED"


def test_a_denial_ends_the_run_and_undoes_it(house: House) -> None:
    undone = house.run(
        step("a", house.does("a"), rollback=undo(house.does("una"))),
        gate("ask", "a"),
        step("b", house.does("b"), "ask"),
    )
    undone = _answered(house, undone, approved=False)
    assert (undone.status, undone.reason, house.done()) == ("rolled_back", "ask: denied by bo: seen", ["a", "una"])
    assert house.verified(undone).result == "FAILED"

    nothing_to_undo = _answered(house, house.run(gate("ask"), step("b", house.does("b"), "ask")), approved=False)
    assert nothing_to_undo.status == "failed"
    assert house.states(nothing_to_undo)["b"] == "skipped"
    assert house.verified(nothing_to_undo).result == "FAILED"


def test_an_answer_holds_for_what_was_asked_and_nothing_else(house: House) -> None:
    """After a rollback, what is approved is made again: with the same outputs the answer holds, with others not."""
    version = house.folder / "version"
    version.write_text("1", encoding="utf-8")
    run = house.run(
        step("make", f"cat {version}", rollback=undo("true")),
        gate("ask", "make"),
        step("use", house.does("use") + f"; test -e {house.folder}/repaired", "ask"),
    )
    first = _question(house, run)
    assert _answered(house, run).status == "rolled_back"
    version.write_text("2", encoding="utf-8")

    run = _retried(house, run)

    assert run.status == "waiting", "what was approved is not what would be used now"
    assert _question(house, run).digest != first.digest
    with pytest.raises(ConflictError):
        answer(house.database, first, approved=False, by="bo", note=None)
    assert house.done() == ["use"]
    version.write_text("1", encoding="utf-8")
    (house.folder / "repaired").touch()
    assert stop(house.database, house.settings, run.id, "ann", None).status == "rolled_back"
    assert _retried(house, run).status == "succeeded", "this is what was approved"
    assert house.done() == ["use", "use"]


def test_a_question_that_nobody_answered_in_time_is_asked_again(house: House) -> None:
    run = house.run(gate("ask", expiresMs=1_000_000), step("b", house.does("b"), "ask"))
    question = _question(house, run)
    with house.database.begin() as connection:
        past = text("UPDATE approvals SET expires_at = now() - interval '1 second' WHERE id = :id")
        connection.execute(past, {"id": question.id})
    with pytest.raises(ConflictError, match="expired"):
        answer(house.database, question, approved=True, by="bo", note=None)
    assert house.done() == []

    assert _retried(house, run).status == "waiting"

    assert _question(house, run).id != question.id
    assert _answered(house, run).status == "succeeded"


def test_a_run_that_nobody_executes_is_cancelled_where_the_user_is(house: House) -> None:
    run = house.run(step("a", house.does("a"), rollback=undo(house.does("una"))), gate("ask", "a"))

    run = stop(house.database, house.settings, run.id, "ann", "not now")

    assert (run.status, run.feedback, house.done()) == ("rolled_back", "not now", ["a", "una"])
    assert waiting(house.database, run.id) == []
    with pytest.raises(ConflictError, match="already ended"):
        stop(house.database, house.settings, run.id, "ann", None)
