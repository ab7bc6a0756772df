"""The inbox: every change once, none lost."""

import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from opsroom_dagster.project import Project
from opsroom_dagster.settings import Settings
from opsroom_dagster.store.database import Database, open_database
from opsroom_dagster.store.inbox import ScanResult, changes_since, disputes, scan
from opsroom_dagster.store.projects import register_project

SECOND = 1_000_000_000


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def look(inbox: Path, database: Database) -> Callable[[], ScanResult]:
    """A scan an hour from now, when everything has settled."""
    return lambda: scan(inbox, database, now_ns=time.time_ns() + 3600 * SECOND, settle_ns=2 * SECOND)


def put(path: Path, text: str = "# Title\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def slugs(database: Database, since: int = 0) -> list[str]:
    return [change.slug for change in changes_since(database, since, 1000)]


Look = Callable[[], ScanResult]


def test_folders_and_single_files_become_projects(inbox: Path, database: Database, look: Look) -> None:
    put(inbox / "Repair Desk" / "prd.md")
    put(inbox / "Repair Desk" / "deep" / "more.md")
    put(inbox / "shop.md")

    assert look() == ScanResult(changed=("repair-desk", "shop"), files=3, hashed=3)
    changes = {change.slug: change.source for change in changes_since(database, 0, 10)}
    assert changes == {"repair-desk": str(inbox / "Repair Desk"), "shop": str(inbox / "shop.md")}


def test_nothing_new_reads_nothing_and_tells_nothing(inbox: Path, database: Database, look: Look) -> None:
    put(inbox / "a.md")
    look()
    last = changes_since(database, 0, 10)[-1].sequence

    assert look() == ScanResult(files=1)
    assert changes_since(database, last, 10) == []


def test_only_what_changed_is_read_and_told(inbox: Path, database: Database, look: Look) -> None:
    put(inbox / "a" / "1.md")
    put(inbox / "a" / "2.md")
    put(inbox / "b" / "1.md")
    look()
    last = changes_since(database, 0, 10)[-1].sequence
    put(inbox / "a" / "2.md", "# Other\n")

    assert look() == ScanResult(changed=("a",), files=3, hashed=1)
    assert slugs(database, last) == ["a"]


def test_a_touch_is_read_but_is_no_change(inbox: Path, look: Look) -> None:
    path = put(inbox / "a.md")
    look()
    os.utime(path, (1, 1))

    assert look() == ScanResult(files=1, hashed=1)
    assert look() == ScanResult(files=1)


def test_an_edit_that_keeps_size_and_modification_time_is_seen(inbox: Path, look: Look) -> None:
    path = put(inbox / "a.md", "one\n")
    os.utime(path, (1, 1))
    look()
    path.write_text("two\n", encoding="utf-8")
    os.utime(path, (1, 1))

    assert look().changed == ("a",)


@pytest.mark.parametrize(
    "act",
    [
        lambda project: (project / "1.md").unlink(),
        lambda project: (project / "1.md").rename(project / "3.md"),
        lambda project: put(project / "sub" / "3.md"),
    ],
    ids=["delete", "rename", "add"],
)
def test_a_file_that_goes_or_comes_changes_its_project(
    act: Callable[[Path], object], inbox: Path, database: Database, look: Look
) -> None:
    put(inbox / "a" / "1.md")
    put(inbox / "a" / "2.md")
    look()
    before = changes_since(database, 0, 10)[0]
    act(inbox / "a")

    assert look().changed == ("a",)
    after = changes_since(database, before.sequence, 10)[0]
    assert after.digest != before.digest


def test_changed_and_changed_back_are_two_changes(inbox: Path, database: Database, look: Look) -> None:
    put(inbox / "a.md", "one\n")
    look()
    first = changes_since(database, 0, 10)[0]
    put(inbox / "a.md", "two\n")
    look()
    put(inbox / "a.md", "one\n")
    look()

    third = changes_since(database, 0, 10)[0]
    assert third.digest == first.digest
    assert third.sequence > first.sequence + 1


def test_a_project_that_goes_and_comes_back(inbox: Path, database: Database, look: Look, tmp_path: Path) -> None:
    put(inbox / "a" / "1.md")
    look()
    first = changes_since(database, 0, 10)[0]
    shutil.move(inbox / "a", tmp_path / "away")

    assert look() == ScanResult(removed=("a",))
    assert look() == ScanResult()
    assert slugs(database) == []
    shutil.move(tmp_path / "away", inbox / "a")
    assert look().changed == ("a",)
    assert changes_since(database, first.sequence, 10)[0].digest == first.digest


def test_a_renamed_folder_is_another_project_with_the_same_content(inbox: Path, database: Database, look: Look) -> None:
    put(inbox / "a" / "1.md")
    look()
    digest = changes_since(database, 0, 10)[0].digest
    (inbox / "a").rename(inbox / "b")

    assert look() == ScanResult(changed=("b",), removed=("a",), files=1, hashed=1)
    assert changes_since(database, 0, 10)[0].digest == digest


def test_a_project_waits_until_all_its_files_have_settled(inbox: Path, database: Database, look: Look) -> None:
    put(inbox / "a" / "1.md")
    put(inbox / "old.md")
    look()
    put(inbox / "a" / "2.md")
    changed = (inbox / "a" / "2.md").stat().st_ctime_ns

    def at(moment: int) -> ScanResult:
        return scan(inbox, database, now_ns=moment, settle_ns=2 * SECOND)

    assert at(changed + SECOND) == ScanResult(waiting=("a",), files=3)
    assert at(changed + 2 * SECOND).changed == ("a",)


def test_a_clock_that_was_set_back_delays_nothing_for_ever(inbox: Path, database: Database) -> None:
    changed = put(inbox / "a.md").stat().st_ctime_ns

    assert scan(inbox, database, now_ns=changed - 3600 * SECOND, settle_ns=2 * SECOND).changed == ("a",)


def test_a_file_being_written_is_left_until_it_holds_still(inbox: Path, database: Database) -> None:
    """Settling time zero: only the look before and after reading tells."""
    path = put(inbox / "a.md", "x" * 5_000_000)
    written = 0
    with path.open("a", encoding="utf-8") as stream, ThreadPoolExecutor(1) as pool:
        running = pool.submit(scan, inbox, database, now_ns=time.time_ns(), settle_ns=0)
        while not running.done():
            stream.write("y")
            stream.flush()
            written += 1
        result = running.result()

    assert written > 0
    assert scan(inbox, database, now_ns=time.time_ns(), settle_ns=0).changed == ("a",), result


def test_a_file_that_is_too_large_is_not_read_and_keeps_its_project_waiting(inbox: Path, database: Database) -> None:
    put(inbox / "a" / "1.md")
    put(inbox / "a" / "2.md", "x" * 1001)

    def allowing(max_bytes: int) -> ScanResult:
        hour = 3600 * SECOND
        return scan(inbox, database, now_ns=time.time_ns() + hour, settle_ns=2 * SECOND, max_bytes=max_bytes)

    refused = allowing(1000)
    assert (refused.waiting, refused.hashed, refused.changed) == (("a",), 0, ())
    assert refused.problems[0].startswith("'a/2.md' has 1,001 bytes; at most 1,000 are read.")
    assert allowing(1001).changed == ("a",)


def test_a_name_that_belongs_to_a_project_elsewhere_is_told_while_it_does(
    inbox: Path, database: Database, look: Look
) -> None:
    put(inbox / "a.md")
    put(inbox / "b.md")
    register_project(database, Project(slug="a", sources=("/docs/a.md",)))
    look()

    (dispute,) = disputes(database)
    assert "'a' stands for /docs/a.md" in dispute
    (inbox / "a.md").unlink()
    look()
    assert disputes(database) == []


@pytest.mark.parametrize(
    "name",
    [".hidden.md", ".git/x.md", "a.md~", "a.md.part", "a.md.crdownload", "a.md.tmp", "a.exe", "node_modules/x.md"],
)
def test_hidden_unfinished_and_foreign_files_do_not_count(name: str, inbox: Path, look: Look) -> None:
    put(inbox / "a" / "real.md")
    look()
    put(inbox / "a" / name)

    assert look() == ScanResult(files=1)


def test_a_spec_bundle_in_a_hidden_folder_counts(inbox: Path, look: Look) -> None:
    put(inbox / "a" / "real.md")
    look()
    put(inbox / "a" / ".specify" / "memory" / "constitution.md")

    assert look().changed == ("a",)


def test_two_names_for_one_project_are_a_problem_and_the_first_wins(
    inbox: Path, database: Database, look: Look
) -> None:
    put(inbox / "Repair Desk" / "1.md", "first\n")
    put(inbox / "repair-desk" / "1.md", "second\n")

    result = look()

    assert result.changed == ("repair-desk",)
    assert len(result.problems) == 1
    assert "'repair-desk' and 'Repair Desk' both give the project 'repair-desk'" in result.problems[0]
    assert changes_since(database, 0, 10)[0].source == str(inbox / "Repair Desk")
    shutil.rmtree(inbox / "Repair Desk")
    assert look().changed == ("repair-desk",)
    assert changes_since(database, 0, 10)[0].source == str(inbox / "repair-desk")


def test_what_cannot_become_a_project_is_said(inbox: Path, look: Look, tmp_path: Path) -> None:
    put(inbox / "文書.md")
    (inbox / "empty").mkdir()
    (inbox / "link").symlink_to(tmp_path)
    put(Path(os.fsdecode(os.fsencode(inbox) + b"/latin")) / os.fsdecode(b"caf\xe9.md"))

    result = look()

    assert result.changed == ()
    assert [problem.split("'")[1] for problem in result.problems] == ["empty", "latin", "link", "文書.md"]


def test_an_inbox_that_is_not_there_removes_nothing(inbox: Path, database: Database, look: Look) -> None:
    put(inbox / "a.md")
    look()
    inbox.rename(inbox.with_name("unmounted"))

    assert "is not there" in look().problems[0]
    assert slugs(database) == ["a"]


def test_a_restart_forgets_nothing(inbox: Path, settings: Settings, look: Look) -> None:
    put(inbox / "a.md")
    look()

    restarted = open_database(settings)
    again = scan(inbox, restarted, now_ns=time.time_ns() + 3600 * SECOND, settle_ns=SECOND)
    restarted.close()
    assert again == ScanResult(files=1)


def test_changes_come_in_pages_in_order(inbox: Path, database: Database, look: Look) -> None:
    for number in range(7):
        put(inbox / f"p{number}.md")
    look()

    seen: list[str] = []
    cursor = 0
    while page := changes_since(database, cursor, 3):
        assert len(page) <= 3
        seen += [change.slug for change in page]
        cursor = page[-1].sequence
    assert seen == [f"p{number}" for number in range(7)]


def test_scans_at_once_tell_each_change_once(inbox: Path, database: Database, look: Look) -> None:
    for number in range(20):
        put(inbox / f"p{number}.md")
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: look(), range(4)))

    assert sorted(len(result.changed) for result in results) == [0, 0, 0, 20]
    assert len(slugs(database)) == 20


def test_ten_thousand_files_and_one_change(inbox: Path, database: Database, look: Look) -> None:
    for number in range(10_000):
        put(inbox / f"p{number // 10}" / f"{number % 10}.md", f"# {number}\n")
    started = time.perf_counter()
    assert len(look().changed) == 1000
    print(f"first look: {time.perf_counter() - started:.3f} s")
    put(inbox / "p500" / "3.md", "# changed\n")

    started = time.perf_counter()
    result = look()
    print(f"look with one change: {time.perf_counter() - started:.3f} s")

    assert result == ScanResult(changed=("p500",), files=10_000, hashed=1)
