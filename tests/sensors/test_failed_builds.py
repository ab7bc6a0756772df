"""A build that a check stopped leaves signed proofs, and never in place of a later build's."""

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.scheduler.instigation import TickStatus

from opsroom_dagster.jobs.build import build_project
from opsroom_dagster.proofs.keys import PUBLIC
from opsroom_dagster.proofs.verify import verify_bundle
from opsroom_dagster.runtime.records import read_record
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.projects import get_project
from tests.sensors.room import Room

NOTHING_TO_BUILD = "# Notes\n\nThe shop opened in 1998.\n"
BUILDABLE = "# Kennel\n\n## Dog\n\n| Field | Type |\n| --- | --- |\n| name | string |\n| born | date |\n"


@pytest.fixture
def inbox(make_room: Callable[[str], Room]) -> Room:
    """The inbox holds a document that names nothing to build; its run has failed."""
    room = make_room("document_inbox")
    room.put("kennel.md", NOTHING_TO_BUILD)
    assert room.look() == ["kennel"]
    return room


@pytest.fixture
def failures(inbox: Room, make_room: Callable[[str], Room]) -> Room:
    """The sensor under test has looked once, and that build failed afterwards."""
    room = make_room("failed_builds")
    assert room.tick().status == TickStatus.SKIPPED
    assert room.execute(room.runs()[0]) == dg.DagsterRunStatus.FAILURE
    return room


def bundle(room: Room) -> Path:
    return room.settings.home.artifact("kennel", "proof_bundle") / "bundle.intoto.jsonl"


def test_what_was_proved_before_the_failure_is_signed(failures: Room) -> None:
    home = failures.settings.home
    assert not bundle(failures).exists()

    assert failures.tick().error is None

    report = verify_bundle(bundle(failures), home.root / "artifacts" / "kennel", home.keys / PUBLIC)
    assert (report.problems, report.result) == ((), "FAILED")
    record = read_record(home, "kennel", "odoo_addon")
    assert record is not None
    assert record.run_id == failures.runs()[0].run_id
    signed = bundle(failures).read_bytes()
    assert failures.tick().status == TickStatus.SKIPPED
    assert bundle(failures).read_bytes() == signed


def test_the_proofs_of_a_later_build_stay(failures: Room, database: Database) -> None:
    failures.put("kennel.md", BUILDABLE)
    report = build_project(get_project(database, "kennel"), failures.settings, say=lambda _: None)
    assert not report.failed and report.proof_bundle
    signed = bundle(failures).read_bytes()

    assert failures.tick().error is None

    assert bundle(failures).read_bytes() == signed
