"""Workers that race, and workers that are killed: each step has one owner, and each success is recorded once."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import text

from opsroom_dagster.errors import InterruptedRunError
from opsroom_dagster.home import Home
from opsroom_dagster.postgres import stop
from opsroom_dagster.settings import Settings
from opsroom_dagster.store.audit import history
from opsroom_dagster.store.database import Database, open_database
from opsroom_dagster.store.run_proofs import proofs_of
from opsroom_dagster.store.runs import create_run, get_run
from opsroom_dagster.store.steps import claim_step, finish_step, steps_of
from tests.store.samples import SEAL, assert_chained, proof, running

ROOT = Path(__file__).parents[2]


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(settings: Settings) -> Generator[Start]:
    """Start Python with the test's database; what it prints can be read."""
    assert settings.database_url is not None
    environment = os.environ | {
        "OPSROOM_DATABASE_URL": settings.database_url.get_secret_value(),
        "OPSROOM_HOME": str(settings.home.root),
    }
    with ExitStack() as processes:

        def run(*arguments: str) -> subprocess.Popen[str]:
            command = [sys.executable, *arguments]
            process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
            processes.enter_context(process)
            processes.callback(process.kill)
            return process

        yield run


def test_of_many_threads_that_claim_a_step_one_gets_it(database: Database) -> None:
    run = running(database)
    for step in range(10):
        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(lambda n, s=step: claim_step(database, run, f"s{s}", f"t{n}", idx=s), range(16)))
        assert won.count(True) == 1
        assert steps_of(database, run)[step].claim_token == f"t{won.index(True)}"


def test_of_many_that_take_over_from_a_dead_worker_one_gets_it(database: Database) -> None:
    run = running(database)
    claim_step(database, run, "one", "dead", idx=0)

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: claim_step(database, run, "one", f"t{n}", idx=0, dead=["dead"]), range(16)))

    assert won.count(True) == 1
    assert steps_of(database, run)[0].attempt == 2


def test_the_dead_worker_and_its_heir_cannot_both_finish(database: Database) -> None:
    """The one that was thought dead comes back at the moment of the takeover."""
    for number in range(20):
        run = running(database)
        claim_step(database, run, "one", "old", idx=0)

        def old(run: str = run) -> bool:
            try:
                finish_step(database, run, "one", "old", status="succeeded", proofs=[proof("one")], seal=SEAL)
            except Exception:
                return False
            return True

        def heir(run: str = run) -> bool:
            if not claim_step(database, run, "one", "new", idx=0, dead=["old"]):
                return False
            finish_step(database, run, "one", "new", status="succeeded", proofs=[proof("one")], seal=SEAL)
            return True

        tasks = [old, heir] if number % 2 else [heir, old]
        with ThreadPoolExecutor(2) as pool:
            results = [task.result() for task in [pool.submit(task) for task in tasks]]

        assert results.count(True) == 1
        assert len(proofs_of(database, run)) == 1


IN_MID_TRANSACTION = {
    "claim": """
with database.begin() as connection:
    connection.execute(text("INSERT INTO run_steps (run_id, step_id, idx, status, attempt, claim_token, checks)"
                            " VALUES (:run, 'two', 1, 'running', 1, 'killed', '[]')"), {"run": run})
    hang()
""",
    "finish": """
finish_step(database, run, "one", "killed", status="succeeded", proofs=[proof("one")], seal=lambda *_: hang())
""",
    "status": """
with database.begin() as connection:
    connection.execute(text("UPDATE runs SET status = 'succeeded', finished_at = now() WHERE id = :run"), {"run": run})
    hang()
""",
}


@pytest.mark.slow
@pytest.mark.parametrize("where", IN_MID_TRANSACTION)
def test_a_worker_killed_in_mid_transaction_leaves_nothing_behind(database: Database, start: Start, where: str) -> None:
    run = running(database)
    claim_step(database, run, "one", "killed", idx=0)
    before = (get_run(database, run), steps_of(database, run), history(database, run))
    script = f"""
import time
from sqlalchemy import text
from opsroom_dagster.settings import Settings
from opsroom_dagster.store.database import open_database
from opsroom_dagster.store.steps import finish_step
from tests.store.samples import proof
def hang():
    print("here", flush=True)
    time.sleep(60)
database, run = open_database(Settings()), {run!r}
{IN_MID_TRANSACTION[where]}
"""
    worker = start("-c", script)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "here\n"
    worker.kill()
    worker.wait()

    started = time.monotonic()
    assert claim_step(database, run, "one", "heir", idx=0, dead=["killed"])
    finish_step(database, run, "one", "heir", status="succeeded", proofs=[proof("one")], seal=SEAL)
    assert claim_step(database, run, "two", "heir", idx=1)
    assert time.monotonic() - started < 5, "its locks went with it"
    assert (get_run(database, run), history(database, run)[: len(before[2])]) == (before[0], before[2])
    assert_chained(proofs_of(database, run))
    assert len(proofs_of(database, run)) == 1


@pytest.mark.slow
def test_workers_that_are_killed_at_any_moment_do_each_step_once(
    database: Database, start: Start, tmp_path: Path
) -> None:
    """No action follows a recorded success of its step, and every step's success and proofs are recorded once."""
    count, kills, chance = 100, 12, random.Random(3)
    run, effects = running(database), tmp_path / "effects"
    dead: list[str] = []
    alive: dict[str, subprocess.Popen[str]] = {}

    def more() -> None:
        token = f"w{len(dead) + len(alive)}"
        alive[token] = start("-m", "tests.store.race_worker", run, token, str(count), str(effects), *dead)

    for _ in range(3):
        more()
    deadline = time.monotonic() + 120
    while any(worker.poll() is None for worker in alive.values()):
        assert time.monotonic() < deadline
        time.sleep(chance.uniform(0.02, 0.2))
        acting = effects.read_text(encoding="utf-8").split() if effects.exists() else []
        at_work = [token for token, worker in alive.items() if token in acting and worker.poll() is None]
        if at_work and len(dead) < kills:
            token = chance.choice(at_work)
            alive[token].kill()
            alive.pop(token).wait()
            dead.append(token)
            more()
    # Those that went on know only of deaths before their start: a last one clears up.
    assert start("-m", "tests.store.race_worker", run, "last", str(count), str(effects), *dead).wait(60) == 0

    rows = steps_of(database, run)
    acted = Counter(effects.read_text(encoding="utf-8").splitlines())
    print(
        f"{len(dead)} killed; {sum(acted.values())} actions for {count} steps; {Counter(row.attempt for row in rows)}"
    )
    assert [row.status for row in rows] == ["succeeded"] * count
    for row in rows:
        tries = [line.split()[1] for line in acted.elements() if line.startswith(f"{row.step_id} ")]
        assert Counter(tries)[row.claim_token] == 1, "the one who recorded it acted once"
        assert set(tries) - {row.claim_token} <= set(dead), "others acted only if they were killed before its record"
        assert len(tries) <= row.attempt
    kept = proofs_of(database, run)
    assert_chained(kept)
    assert Counter((entry.step_id, entry.verifier_id) for entry in kept) == Counter(
        (f"s{idx}", verifier) for idx in range(count) for verifier in (None, "answers")
    )


def test_many_that_create_a_run_create_one(database: Database) -> None:
    first = running(database)
    digest = get_run(database, first).plan_digest

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: create_run(database, "r", digest, inputs={"a": 1}, user="ann"), range(16)))

    assert made == [made[0]] * 16
    assert len(history(database, "r")) == 1


@pytest.mark.slow
def test_a_server_that_goes_away_loses_nothing_that_was_recorded(server_home: Home) -> None:
    settings = Settings(OPSROOM_HOME=server_home.root, database_url=None)
    database = open_database(settings)
    run = running(database)
    claim_step(database, run, "one", "t", idx=0)
    finish_step(database, run, "one", "t", status="succeeded", proofs=[proof("one")], seal=SEAL)
    claim_step(database, run, "two", "t", idx=1)
    before = (get_run(database, run), steps_of(database, run), proofs_of(database, run))
    stop(server_home)
    with pytest.raises(InterruptedRunError):
        finish_step(database, run, "two", "t", status="succeeded")
    database.close()

    again = open_database(settings)

    assert (get_run(again, run), steps_of(again, run), proofs_of(again, run)) == before
    finish_step(again, run, "two", "t", status="succeeded", proofs=[proof("two")], seal=SEAL)
    assert_chained(proofs_of(again, run))
    again.close()


def test_an_answer_lost_at_the_commit_can_be_asked_for_again(database: Database) -> None:
    run = running(database)
    claim_step(database, run, "one", "t", idx=0)

    def seal_and_cut(statement: dict[str, object], index: int, previous: str) -> bytes:
        """The connection ends while the transaction is open."""
        with database.engine.connect() as other:
            other.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'")
            )
        return SEAL(statement, index, previous)

    with pytest.raises(InterruptedRunError):
        finish_step(database, run, "one", "t", status="succeeded", proofs=[proof("one")], seal=seal_and_cut)
    assert steps_of(database, run)[0].status == "running"
    for _ in range(2):
        finish_step(database, run, "one", "t", status="succeeded", proofs=[proof("one")], seal=SEAL)
    assert len(proofs_of(database, run)) == 1
