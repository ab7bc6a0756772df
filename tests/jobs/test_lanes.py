"""Why a run waits, told from the runs that there are."""

from datetime import UTC, datetime
from typing import Any

import pytest

from opsroom_dagster.jobs.lanes import LIMITS, PER_USER, why_it_waits
from opsroom_dagster.store.catalog import Pins
from opsroom_dagster.store.runs import Run


def _run(**values: Any) -> Run:
    times = ("started_at", "finished_at", "heartbeat_at", "cancel_requested_at", "archived_at")
    texts = ("session", "reason", "dagster_run_id", "feedback")
    empty = dict.fromkeys((*times, *texts))
    facts = {"id": "r", "plan_digest": "sha256:0", "pins": Pins(), "inputs": {}, "lane": "D", "priority": 0}
    facts |= {"user_name": "ann", "status": "queued", "retries": 0, "created_at": datetime.now(UTC)}
    return Run.model_validate({**empty, **facts, **values})


def _running(count: int, **values: Any) -> list[Run]:
    return [_run(id=f"o{number}", status="running", **values) for number in range(count)]


@pytest.mark.parametrize("lane", LIMITS)
def test_a_full_lane(lane: str) -> None:
    full = _running(LIMITS[lane], lane=lane, user_name="bo")
    assert f"lane {lane} is full" in (why_it_waits(_run(lane=lane), full, served=True) or "")
    assert why_it_waits(_run(lane=lane), full[1:], served=True) == "it is about to be started"


def test_a_user_who_has_enough() -> None:
    others = [*_running(PER_USER - 1, lane="A"), *_running(1, lane="B")]
    assert (why_it_waits(_run(lane="C"), others, served=True) or "").startswith(f"ann has {PER_USER} of")
    assert why_it_waits(_run(lane="C", user_name="bo"), others, served=True) == "it is about to be started"


def test_a_higher_priority() -> None:
    others = [_run(id="x", priority=2), _run(id="y", priority=1), _run(id="z", priority=9, lane="A")]
    assert why_it_waits(_run(priority=1), others, served=True) == "1 runs of a higher priority go first"
    assert why_it_waits(_run(priority=2), others, served=True) == "it is about to be started"


def test_nobody_takes_runs_from_the_queue() -> None:
    assert "opsroom runs retry r" in (why_it_waits(_run(), [], served=False) or "")


@pytest.mark.parametrize("status", ["running", "succeeded", "failed", "cancelled", "rolled_back"])
def test_what_does_not_wait(status: str) -> None:
    assert why_it_waits(_run(status=status, reason="why"), [], served=True) is None


def test_a_run_that_waits_for_a_person_says_for_what() -> None:
    assert why_it_waits(_run(status="waiting", reason="ask waits"), [], served=True) == "ask waits"
