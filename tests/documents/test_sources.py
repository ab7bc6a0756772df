"""Which files a project has."""

from pathlib import Path

import pytest

from opsroom_dagster.documents.sources import list_sources, local_paths, read_sources
from opsroom_dagster.errors import ConflictError, InputError

MANY = 1_000_000


def test_a_folder_is_walked_sorted_and_without_hidden_or_foreign_folders(tmp_path: Path) -> None:
    files = ("b/plan.md", "a.md", ".git/x.md", "node_modules/y.md", ".hidden.md", ".specify/memory/constitution.md")
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("text", encoding="utf-8")
    (tmp_path / "photo.png").write_bytes(b"x")
    listing = list_sources([tmp_path])
    assert [name for name, _ in listing.files] == [".specify/memory/constitution.md", "a.md", "b/plan.md"]
    assert listing.skipped == (("photo.png", "no reader for this format"),)


def test_clashing_names_take_their_folders_name(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "prd.md").write_text("text", encoding="utf-8")
    assert [file.name for file in read_sources([tmp_path / "two", tmp_path / "one"], MANY)] == [
        "one/prd.md",
        "two/prd.md",
    ]


def test_folders_of_one_name_conflict(tmp_path: Path) -> None:
    for folder in ("x/doc", "y/doc"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "prd.md").write_text("text", encoding="utf-8")
    with pytest.raises(ConflictError, match=r"doc/prd\.md"):
        read_sources([tmp_path / "x/doc", tmp_path / "y/doc"], MANY)


def test_the_same_file_twice_counts_once(tmp_path: Path) -> None:
    (tmp_path / "prd.md").write_text("text", encoding="utf-8")
    assert len(read_sources([tmp_path, tmp_path / "prd.md"], MANY)) == 1


def test_links_that_leave_the_folder_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("secret", encoding="utf-8")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "link.md").symlink_to(secret)
    (folder / "loop").symlink_to(folder)
    with pytest.raises(InputError, match=r"link\.md \(leaves the folder\)"):
        read_sources([folder], MANY)
    (folder / "prd.md").write_text("text", encoding="utf-8")
    listing = list_sources([folder])
    assert [name for name, _ in listing.files] == ["prd.md"]
    assert listing.skipped == (("link.md", "leaves the folder"),)


def test_bad_sources_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty.md").write_bytes(b"")
    (tmp_path / "big.md").write_bytes(b"x" * 101)
    (tmp_path / "report.pdf").write_bytes(b"%PDF")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(b"x")
    (tmp_path / "nothing").mkdir()
    for source, message in {
        "empty.md": "empty",
        "big.md": "101 bytes; at most 100",
        "report.pdf": r"\.pdf.*Accepted: .*\.md",
        "pictures": r"a\.png",
        "nothing": "holds no document",
        "missing.md": "no such file",
    }.items():
        with pytest.raises(InputError, match=message) as caught:
            read_sources([tmp_path / source], 100)
        assert str(caught.value.file).endswith(source)


def test_urls_are_refused() -> None:
    with pytest.raises(InputError, match="URL"):
        local_paths(["https://example.org/prd.md"])
