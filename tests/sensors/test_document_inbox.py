"""The inbox sensor loses no change and starts nothing twice. Ticks are those of the real daemon."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.scheduler.instigation import TickStatus

from opsroom_dagster.project import Project
from opsroom_dagster.settings import Settings
from opsroom_dagster.store.database import Database, open_database
from opsroom_dagster.store.projects import get_project, register_project
from resources.workspace import Workspace
from sensors.document_inbox import REQUESTS_PER_TICK, document_inbox
from tests.sensors.room import Room


@pytest.fixture
def room(make_room: Callable[[str], Room]) -> Room:
    return make_room("document_inbox")


def test_a_folder_and_a_file_become_projects_once(room: Room, database: Database) -> None:
    room.put("Repair Desk/prd.md")
    room.put("shop.md")

    assert room.look() == ["repair-desk", "shop"]
    assert room.look() == []

    assert [run.job_name for run in room.runs()] == ["build", "build"]
    assert {run.tags["opsroom/project"] for run in room.runs()} == {"repair-desk", "shop"}
    assert get_project(database, "shop").sources == (str(room.inbox / "shop.md"),)
    assert sorted(room.instance.get_dynamic_partitions("projects")) == ["repair-desk", "shop"]


def test_each_kind_of_change_builds_its_project_and_no_other(room: Room) -> None:
    room.put("a/1.md")
    room.put("a/2.md")
    room.put("b/1.md")
    assert room.look() == ["a", "b"]

    room.put("a/2.md", "# Other\n")
    assert room.look() == ["a"]
    (room.inbox / "a" / "2.md").rename(room.inbox / "a" / "3.md")
    assert room.look() == ["a"]
    (room.inbox / "a" / "3.md").unlink()
    assert room.look() == ["a"]
    room.put("b/deep/2.md")
    assert room.look() == ["b"]
    os.utime(room.inbox / "a" / "1.md", (1, 1))
    assert room.look() == []


def test_the_same_content_back_again_is_built_again(room: Room) -> None:
    built = [room.look() for text in ("one", "two", "one") if room.put("a.md", text)]

    assert built == [["a"], ["a"], ["a"]]
    digests = [run.tags["dagster/run_key"].rsplit(":", 1)[0] for run in room.runs()]
    assert digests[0] == digests[2] != digests[1]


def test_a_file_that_is_still_written_waits_and_is_told(room: Room) -> None:
    room.put("old.md")
    assert room.look() == ["old"]
    room.put("young/1.md")

    tick = room.tick()

    assert tick.status == TickStatus.SKIPPED
    assert tick.skip_reason is not None
    assert "Left for the next look: young." in tick.skip_reason
    assert room.look() == ["young"]


def test_a_deleted_project_builds_nothing_and_one_that_comes_back_does(room: Room, tmp_path: Path) -> None:
    room.put("a/1.md")
    assert room.look() == ["a"]
    shutil.move(room.inbox / "a", tmp_path / "away")

    tick = room.tick()
    assert (tick.status, len(room.runs())) == (TickStatus.SKIPPED, 1)
    assert tick.skip_reason is not None
    assert "No longer there: a." in tick.skip_reason
    shutil.move(tmp_path / "away", room.inbox / "a")
    assert room.look() == ["a"]


def test_a_renamed_folder_is_a_new_project(room: Room) -> None:
    room.put("a/1.md")
    assert room.look() == ["a"]
    (room.inbox / "a").rename(room.inbox / "b")

    assert room.look() == ["b"]


def test_a_folder_renamed_to_another_spelling_of_its_name_goes_on(room: Room, database: Database) -> None:
    room.put("Repair Desk/1.md")
    assert room.look() == ["repair-desk"]
    (room.inbox / "Repair Desk").rename(room.inbox / "repair desk")

    assert room.look() == ["repair-desk"]
    assert get_project(database, "repair-desk").sources == (str(room.inbox / "repair desk"),)
    (room.inbox / "repair desk" / "1.md").rename(room.inbox / "repair-desk.md")
    assert room.look() == ["repair-desk"]
    assert get_project(database, "repair-desk").sources == (str(room.inbox / "repair-desk.md"),)


def test_of_two_names_for_one_project_the_first_is_built_and_the_other_told(room: Room) -> None:
    room.put("Repair Desk/1.md", "first\n")
    room.put("repair-desk/1.md", "second\n")

    assert room.look() == ["repair-desk"]
    assert "both give the project 'repair-desk'" in str(room.tick().skip_reason)
    shutil.rmtree(room.inbox / "Repair Desk")
    assert room.look() == ["repair-desk"]


def test_what_cannot_be_built_is_told_in_every_tick_and_keeps_nothing_else(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPSROOM_MAX_DOCUMENT_BYTES", "1000")
    room.put("large/1.md", "x" * 1001)
    (room.inbox / "pictures").mkdir()
    _bury(room.inbox / "buried")
    room.put("fine.md")

    assert room.look() == ["fine"]
    for tick in (room.tick(), room.tick()):
        told = str(tick.skip_reason)
        assert "'large/1.md' has 1,001 bytes; at most 1,000 are read." in told
        assert "The folder 'pictures' holds no document." in told
        assert "'buried' cannot be read: File name too long." in told
    room.put("large/1.md", "x" * 1000)
    room.put("pictures/index.md")
    assert room.look() == ["large", "pictures"]


def _bury(folder: Path) -> None:
    """A document deeper than a path can name, which not even root can read."""
    folder.mkdir()
    here = os.open(".", os.O_RDONLY)
    try:
        os.chdir(folder)
        for _ in range(20):
            Path("d" * 250).mkdir()
            os.chdir("d" * 250)
        Path("1.md").write_text("# Buried\n", encoding="utf-8")
    finally:
        os.fchdir(here)
        os.close(here)


def test_more_changes_than_a_tick_takes_all_start_in_order(room: Room) -> None:
    slugs = [f"p{number:02}" for number in range(2 * REQUESTS_PER_TICK + 3)]
    for slug in slugs:
        room.put(f"{slug}.md")

    ticks = [room.look() for _ in range(4)]

    assert [len(tick) for tick in ticks] == [REQUESTS_PER_TICK, REQUESTS_PER_TICK, 3, 0]
    assert [slug for tick in ticks for slug in tick] == slugs


def test_a_crash_between_the_look_and_the_cursor_loses_nothing(room: Room, database: Database) -> None:
    room.put("a.md")
    room.settle()
    workspace = Workspace()
    with dg.build_sensor_context(instance=room.instance, resources={"workspace": workspace}) as context:
        asked = document_inbox(context)
    assert isinstance(asked, dg.SensorResult)
    assert [request.partition_key for request in asked.run_requests or ()] == ["a"]
    if workspace._database is not None:
        workspace._database.close()

    assert room.look() == ["a"]
    assert room.look() == []


CRASH = """
import sys
from pathlib import Path
from opsroom_dagster.settings import Settings
from tests.sensors.room import open_room
with open_room(Settings(), "document_inbox") as room:
    room.tick(killed_at=sys.argv[1])
"""


@pytest.mark.parametrize("moment", ["TICK_CREATED", "RUN_IDS_RESERVED", "RUN_CREATED", "RUN_LAUNCHED"])
def test_a_daemon_killed_in_a_tick_starts_each_build_once(moment: str, room: Room) -> None:
    room.put("a.md")
    room.put("b.md")
    room.settle()
    died = subprocess.run(
        [sys.executable, "-c", CRASH, moment], capture_output=True, text=True, timeout=60, check=False
    )
    assert died.returncode == -9, died.stderr

    room.tick()
    room.tick()

    assert [run.tags["dagster/partition"] for run in room.runs()] == ["a", "b"]
    assert {run.status for run in room.runs()} == {dg.DagsterRunStatus.QUEUED}


def test_a_restart_with_an_old_cursor_starts_nothing_twice(make_room: Callable[[str], Room]) -> None:
    room = make_room("document_inbox")
    for name in ("a.md", "b.md"):
        room.put(name)
        room.look()
    room.put("a.md", "# Changed\n")
    assert room.look() == ["a"]

    restarted = make_room("document_inbox")

    assert restarted.look() == []
    for old in ("0", "1", "typed by hand"):
        restarted.cursor = old
        assert restarted.look() == []
        assert restarted.cursor == "3"
    restarted.put("b.md", "# Changed\n")
    assert restarted.look() == ["b"]


def test_a_project_of_the_command_line_with_the_same_source_is_built_as_it_was_set_up(
    room: Room, database: Database
) -> None:
    source = room.put("a.md")
    register_project(database, Project(slug="a", sources=(str(source),), odoo_series="19.0"))

    assert room.look() == ["a"]
    assert get_project(database, "a").odoo_series == "19.0"


def test_a_project_of_the_command_line_keeps_its_name(room: Room, database: Database) -> None:
    elsewhere = Project(slug="a", sources=("/docs/a.md",))
    register_project(database, elsewhere)
    source = room.put("a.md")
    room.put("b.md")

    assert room.look() == ["b"]

    assert get_project(database, "a") == elsewhere
    for tick in (room.tick(), room.tick()):
        assert f"The project name 'a' stands for /docs/a.md, not for {source}." in str(tick.skip_reason)
    register_project(database, Project(slug="a", sources=(str(source),)), replace=True)
    assert "stands for" not in str(room.tick().skip_reason)
    room.put("a.md", "# Changed\n")
    assert room.look() == ["a"]


def test_a_database_that_goes_away_loses_no_change(room: Room, settings: Settings) -> None:
    room.put("a.md")
    room.settle()
    working = os.environ["OPSROOM_DATABASE_URL"]
    os.environ["OPSROOM_DATABASE_URL"] = working + "_gone"
    try:
        with pytest.raises(AssertionError, match="cannot connect"):
            room.tick()
    finally:
        os.environ["OPSROOM_DATABASE_URL"] = working

    assert room.look() == ["a"]


def test_an_inbox_that_is_not_there_is_told_and_not_made(room: Room) -> None:
    room.put("a.md")
    assert room.look() == ["a"]
    room.inbox.rename(room.inbox.with_name("unmounted"))

    assert "is not there" in str(room.tick().skip_reason)
    assert not room.inbox.exists()
    room.inbox.with_name("unmounted").rename(room.inbox)
    assert room.look() == []


def test_ticks_give_their_connections_back(room: Room, settings: Settings) -> None:
    room.put("a.md")
    room.look()
    for _ in range(3):
        room.tick()

    opened = open_database(settings)
    with opened.begin() as connection:
        count = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'opsroom' AND datname = current_database()"
        ).scalar()
    opened.close()
    assert count == 1
