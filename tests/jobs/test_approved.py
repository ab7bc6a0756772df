"""Which plans the code location offers as jobs."""

import dagster as dg
import pytest
import yaml
from sqlalchemy import text

from opsroom_dagster.instance.folder import write_configuration
from opsroom_dagster.jobs.approved import approved_jobs
from opsroom_dagster.jobs.plans import job_name
from opsroom_dagster.plans.model import Plan
from opsroom_dagster.settings import Settings
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.plans import get_plan, register_plan


def plan(name: str) -> Plan:
    """Two steps with the same names in each plan; the first can be undone."""
    undo = {"action": "undo"}
    steps: list[dict[str, object]] = [
        {"id": "write", "idx": 0, "title": "Write", "kind": "system", "action": "write", "rollback": undo},
        {"id": "read-back", "idx": 1, "title": "Read", "kind": "system", "action": "read", "dependsOn": ["write"]},
    ]
    return Plan.model_validate({"id": name, "kind": "ops", "title": name, "steps": steps, "metadata": {"source": "me"}})


@pytest.fixture
def located(settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """This process is a code server of the house."""
    monkeypatch.setenv("OPSROOM_DAGSTER_DATABASE_URL", "postgresql://told/by/the/instance")
    monkeypatch.setenv("OPSROOM_HOME", str(settings.home.root))
    monkeypatch.setenv(
        "OPSROOM_DATABASE_URL", settings.database_url.get_secret_value() if settings.database_url else ""
    )
    return database


def test_approved_plans_share_a_location_whatever_their_steps_are_called(located: Database) -> None:
    digests = [register_plan(located, plan(name), by="me", approved=True) for name in ("one", "two")]
    register_plan(located, plan("draft"), by="me", approved=False)
    jobs = approved_jobs()
    dg.Definitions(jobs=jobs).get_repository_def()
    wanted = {job_name(plan("one"), digests[0]), job_name(plan("two"), digests[1])}
    assert {job.name for job in jobs} == wanted | {f"{name}_rollback" for name in wanted}
    assert {node.name for node in jobs[0].graph.nodes} == {"write", "read__back"}


def test_a_plan_that_cannot_be_read_is_set_apart_and_hides_no_other(located: Database) -> None:
    good = register_plan(located, plan("good"), by="me", approved=True)
    bad = register_plan(located, plan("bad"), by="me", approved=True)
    with located.begin() as connection:
        connection.execute(text("ALTER TABLE plans DISABLE TRIGGER USER"))
        change = text("UPDATE plans SET definition = definition - 'title' WHERE digest = :digest")
        connection.execute(change, {"digest": bad})
    assert next(job.name for job in approved_jobs()) == job_name(plan("good"), good)
    assert (get_plan(located, bad).state, get_plan(located, good).state) == ("quarantined", "approved")


def test_outside_an_instance_no_database_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPSROOM_DAGSTER_DATABASE_URL", raising=False)
    monkeypatch.setenv("OPSROOM_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert approved_jobs() == []


def test_a_database_that_does_not_answer_hides_only_the_plans(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OPSROOM_DAGSTER_DATABASE_URL", "postgresql://told/by/the/instance")
    monkeypatch.setenv("OPSROOM_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert approved_jobs() == []
    assert "Plans are not shown" in caplog.text


def test_the_queue_of_the_instance_has_the_lanes(settings: Settings) -> None:
    limits = yaml.safe_load((write_configuration(settings) / "dagster.yaml").read_text())["concurrency"]["runs"]
    lanes = {one["value"]: one["limit"] for one in limits["tag_concurrency_limits"] if one["key"] == "opsroom/lane"}
    assert lanes == {"A": 8, "B": 4, "C": 2, "D": 1}
    assert limits["max_concurrent_runs"] >= sum(lanes.values())
