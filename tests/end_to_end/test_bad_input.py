"""Bad input ends with one clear error that names the file, exit status 2, and nothing half-written."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.conftest import DEMO, Opsroom, opsroom


def _file(name: str, data: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(data)
        return folder / name

    return make


def _folder_without_documents(folder: Path) -> Path:
    (folder / "pictures").mkdir()
    return folder / "pictures"


def _link_out(folder: Path) -> Path:
    (folder / "docs").mkdir()
    (folder / "docs" / "secret.md").symlink_to("/etc/hostname")
    return folder / "docs"


CASES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "empty file": (_file("empty.md", b""), "empty"),
    "binary renamed": (_file("picture.md", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(64)), "binary"),
    "50 MB": (_file("huge.md", b"word " * 10_000_000), "large"),
    "broken UTF-8": (_file("latin.md", "# Titel\n\nGrö\xdfe\n".encode("latin-1")), "UTF-8"),
    "folder without documents": (_folder_without_documents, "no document"),
    "path that leaves the folder": (_link_out, ""),
    "PDF": (_file("paper.pdf", b"%PDF-1.7\n"), "paper.pdf"),
    "missing": (lambda folder: folder / "nothing.md", "nothing.md"),
}


@pytest.mark.parametrize("case", CASES)
def test_one_clear_error(case: str, tmp_path: Path) -> None:
    make, expected = CASES[case]
    source = make(tmp_path)
    home = tmp_path / "home"

    done = opsroom(None, home)("build", source)

    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1, done.stderr
    assert source.name in done.stderr and expected.lower() in done.stderr.lower()
    assert not home.exists(), "nothing is written for input that cannot be used"


def test_url_is_refused_by_name(tmp_path: Path) -> None:
    done = opsroom(None, tmp_path / "home")("build", "https://example.org/prd.html")
    assert done.returncode == 2
    assert "https://example.org/prd.html" in done.stderr


def test_two_projects_with_one_slug(ops: Opsroom, tmp_path: Path) -> None:
    ops.build(DEMO)
    other = tmp_path / "repair-desk.md"
    other.write_bytes(DEMO.read_bytes())

    done = ops("build", other)

    assert done.returncode == 2
    assert str(other) in done.stderr and str(DEMO) in done.stderr
    assert "--project" in done.stderr and "--replace" in done.stderr
    assert ops.build(other, "--project", "other")["project"] == "other"
    assert ops.build(other, "--replace")["project"] == "repair-desk"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(["--target", "cobol"], "cobol"), (["--odoo-series", "9.0"], "9.0"), (["--project", "../etc"], "../etc")],
)
def test_bad_options_list_the_right_ones(arguments: list[str], named: str, tmp_path: Path) -> None:
    done = opsroom(None, tmp_path / "home")("build", DEMO, *arguments)
    assert done.returncode == 2
    assert named in done.stderr
