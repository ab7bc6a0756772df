"""Workers as processes of their own: cancelled, interrupted, killed, or two at a time; all effects are counted."""

import json
import os
import signal
from pathlib import Path

import dagster as dg
import pytest

from opsroom_dagster.instance import open_instance
from opsroom_dagster.jobs.orphans import IN_PROGRESS
from opsroom_dagster.store.runs import get_run, list_runs
from tests.jobs.house import House, step, undo, until

pytestmark = pytest.mark.slow


def _hangs(house: House, name: str, *after: str) -> dict[str, object]:
    """A step that says that it has begun, and hangs as long as nobody has repaired it."""
    pid = f"echo $$ > {house.folder}/pid"
    wait = f"test -e {house.folder}/repaired || sleep 300"
    return step(name, f"{pid}; {house.does('begun')}; {wait}; {house.does(name)}", *after)


def _gone(house: House) -> bool:
    """The command of the step that hung is not there any more."""
    return not Path(f"/proc/{(house.folder / 'pid').read_text(encoding='utf-8').strip()}").exists()


def test_a_killed_worker_is_replaced_and_nothing_is_done_twice(house: House) -> None:
    plan = house.plan_file(
        step("a", house.does("a")), _hangs(house, "b", "a"), step("c", house.does("c"), "b"), id="killed"
    )
    worker = house.start("run", plan)
    until(lambda: "begun" in house.done())
    os.kill(worker.pid, signal.SIGKILL)
    worker.communicate(timeout=60)
    until(lambda: _gone(house))
    [run] = list_runs(house.database, limit=1)
    assert run.status == "running"
    (house.folder / "repaired").touch()

    # Two at once: one goes on, the other is told so.
    both = [house.start("runs", "retry", run.id, "--json") for _ in range(2)]
    said = [(*process.communicate(timeout=120), process.returncode) for process in both]

    assert sorted(code for *_, code in said) == [0, 2], said
    [told] = [error for _, error, code in said if code == 2]
    assert "error: the run" in told and "Traceback" not in told
    [shown] = [json.loads(out) for out, _, code in said if code == 0]
    assert {row["step_id"]: (row["status"], row["attempt"]) for row in shown["steps"]} == {
        "a": ("succeeded", 1),
        "b": ("succeeded", 2),
        "c": ("succeeded", 1),
    }
    assert house.done() == ["a", "begun", "begun", "b", "c"]
    assert house.verified(run).result == "PASSED"
    with open_instance(house.settings) as instance:
        left = instance.get_runs(filters=dg.RunsFilter(statuses=IN_PROGRESS, tags={"opsroom/run": run.id}))
    assert left == [], "nothing shows as running that is dead"


def test_a_running_run_is_cancelled_and_undone(house: House) -> None:
    """The rollback takes longer than a heartbeat: the cancellation must not hit it as well."""
    slowly = undo(f"sleep 3; {house.does('una')}")
    plan = house.plan_file(step("a", house.does("a"), rollback=slowly), _hangs(house, "b", "a"), id="stopped")
    worker = house.start("run", plan)
    until(lambda: "begun" in house.done())
    [run] = list_runs(house.database, limit=1)

    said, _ = house.opsroom("runs", "cancel", run.id[:13], "--feedback", "wrong one", status=0)

    assert "is being cancelled" in said
    out, _ = worker.communicate(timeout=60)
    assert worker.returncode == 4, out
    run = get_run(house.database, run.id)
    assert (run.status, run.reason, run.feedback) == ("rolled_back", "wrong one", "wrong one")
    assert house.done() == ["a", "begun", "una"]
    assert _gone(house)
    assert house.verified(run).result == "FAILED"


def test_an_interrupted_run_goes_on(house: House) -> None:
    plan = house.plan_file(
        step("a", house.does("a"), rollback=undo(house.does("una"))), _hangs(house, "b", "a"), id="interrupted"
    )
    worker = house.start("run", plan)
    until(lambda: "begun" in house.done())
    worker.send_signal(signal.SIGINT)
    _, told = worker.communicate(timeout=60)
    assert worker.returncode == 4, told
    [run] = list_runs(house.database, limit=1)
    assert f"opsroom runs retry {run.id}" in told
    assert _gone(house)
    (house.folder / "repaired").touch()

    house.opsroom("runs", "retry", run.id, status=0)

    assert house.done() == ["a", "begun", "begun", "b"], "what had finished was neither undone nor done again"


def test_a_rollback_that_was_killed_is_finished_before_the_run_goes_on(house: House) -> None:
    hangs = _hangs(house, "una")["args"]
    back = {"tool": "shell", "action": "shell", "args": hangs}
    mended = f"test -e {house.folder}/repaired && {house.does('b')}"
    plan = house.plan_file(step("a", house.does("a"), rollback=back), step("b", mended, "a"), id="half-undone")
    worker = house.start("run", plan)
    until(lambda: "begun" in house.done())
    os.kill(worker.pid, signal.SIGKILL)
    worker.communicate(timeout=60)
    until(lambda: _gone(house))
    [run] = list_runs(house.database, limit=1)
    assert (run.status, house.states(run)["a"]) == ("failed", "undoing")
    (house.folder / "repaired").touch()

    house.opsroom("runs", "retry", run.id, status=0)

    assert house.done() == ["a", "begun", "begun", "una", "a", "b"]
    assert house.verified(run).result == "PASSED"
