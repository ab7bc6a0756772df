"""Each merge, however it was made, is released once."""

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.scheduler.instigation import TickStatus

from opsroom_dagster.forge.local import LocalForge
from opsroom_dagster.home import Home
from opsroom_dagster.stages.release import last_released
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.projects import register_project
from tests.forge.test_local import FIRST, clone, git, propose
from tests.forge.test_merged import fast_forward, merge, rebase, squash
from tests.sensors.room import Room
from tests.stages.proposing import PROJECT, Proposing

THIRD = {**FIRST, "third.txt": "3\n"}


@pytest.fixture
def room(make_room: Callable[[str], Room], database: Database) -> Room:
    register_project(database, PROJECT)
    return make_room("merged_pull_requests")


@pytest.fixture
def forge(room: Room) -> LocalForge:
    return LocalForge(room.settings.home.forge(PROJECT.slug))


def requested(room: Room) -> list[str]:
    """``project:number`` of all releases that were requested, oldest first."""
    return [run.tags["dagster/run_key"].rsplit(":", 1)[0] for run in room.runs()]


def with_git(forge: LocalForge, tmp_path: Path, way: Callable[[Path], None]) -> str:
    """Merge the first pull request in a clone and push; the commit that ``main`` then has."""
    people = clone(forge, tmp_path, "main")
    way(people)
    git(people, "push", "-q")
    return git(people, "rev-parse", "HEAD").strip()


def test_a_merge_on_the_command_line_is_requested_once(room: Room, forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    commit = forge.merge(1).merge_commit

    for _ in range(3):
        assert room.tick().error is None

    (run,) = room.runs()
    assert (run.job_name, run.status) == ("release_merged", dg.DagsterRunStatus.QUEUED)
    assert run.tags["dagster/run_key"] == f"kennel:1:{commit}"
    assert run.tags["dagster/partition"] == run.tags["opsroom/project"] == "kennel"
    assert run.tags["opsroom/pull_request"] == "1"


@pytest.mark.parametrize("way", [merge, fast_forward, squash, rebase])
def test_a_merge_with_plain_git_is_requested_once(
    way: Callable[[Path], None], room: Room, forge: LocalForge, tmp_path: Path
) -> None:
    propose(forge, tmp_path, FIRST)
    assert room.tick().status == TickStatus.SKIPPED
    commit = with_git(forge, tmp_path, way)

    room.tick()
    room.tick()

    (run,) = room.runs()
    assert run.tags["dagster/run_key"] == f"kennel:1:{commit}"


def test_open_and_closed_ones_and_projects_without_a_forge_request_nothing(
    room: Room, forge: LocalForge, tmp_path: Path
) -> None:
    assert room.tick().skip_reason == "No pull request was merged."
    assert not forge.git.path.exists()
    propose(forge, tmp_path, FIRST)
    assert room.tick().status == TickStatus.SKIPPED
    forge.close(1)
    assert room.tick().status == TickStatus.SKIPPED
    assert room.runs() == []


def test_two_merges_between_ticks_are_both_requested(room: Room, forge: LocalForge, tmp_path: Path) -> None:
    propose(forge, tmp_path, FIRST)
    forge.merge(1)
    propose(forge, tmp_path, THIRD)
    forge.merge(2)

    room.tick()

    assert requested(room) == ["kennel:1", "kennel:2"]


def test_a_merge_is_requested_although_the_next_one_is_open_already(
    room: Room, forge: LocalForge, tmp_path: Path
) -> None:
    propose(forge, tmp_path, FIRST)
    forge.merge(1)
    propose(forge, tmp_path, THIRD)

    room.tick()

    assert requested(room) == ["kennel:1"]


def test_what_is_released_is_not_looked_up_again(room: Room, tmp_path: Path) -> None:
    project = Proposing(tmp_path)
    project.give(FIRST)
    project.run("pull_request")
    project.forge.merge(1)
    room.tick()
    assert requested(room) == ["kennel:1"]

    assert room.execute(room.runs()[0]) == dg.DagsterRunStatus.SUCCESS

    assert project.forge.git.text("rev-parse", "release/1^{commit}") == project.forge.pull_request(1).merge_commit
    assert last_released(project.home, "kennel") == 1
    assert room.tick().skip_reason == "No pull request was merged."
    (project.home.artifact("kennel", "release") / "release.json").write_text("{", encoding="utf-8")
    room.tick()
    assert requested(room) == ["kennel:1"]


def test_a_damaged_forge_keeps_no_other_project_from_its_release(
    room: Room, forge: LocalForge, tmp_path: Path, database: Database
) -> None:
    register_project(database, PROJECT.model_copy(update={"slug": "another"}))
    another = Home(room.settings.home.root).forge("another")
    propose(LocalForge(another), tmp_path, FIRST)
    (another / "pulls" / "0001.json").write_text("{", encoding="utf-8")
    propose(forge, tmp_path, FIRST)
    assert "another: " in str(room.tick().skip_reason)
    forge.merge(1)

    room.tick()

    assert requested(room) == ["kennel:1"]
