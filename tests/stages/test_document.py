"""The document stage and its check."""

from pathlib import Path

from opsroom_dagster.stages import document
from tests.stages.document_context import built, context

TEXT = "# Kennel | desk\n\nDogs *sleep* here.\n\n- one\n"


def test_sources_are_copied_and_no_line_is_lost(tmp_path: Path) -> None:
    stage, _ = built(tmp_path, TEXT)
    assert (stage.output / "sources" / "prd.md").read_text(encoding="utf-8") == TEXT
    assert document.read_without_loss(stage).status == "passed"


def test_a_lost_line_fails_the_check(tmp_path: Path) -> None:
    stage, _ = built(tmp_path, TEXT)
    path = stage.output / "documents.json"
    path.write_text(path.read_text(encoding="utf-8").replace("sleep", "bark"), encoding="utf-8")
    verdict = document.read_without_loss(stage)
    assert (verdict.status, "bark" in verdict.summary) == ("failed", True)


def test_a_changed_copy_fails_the_check(tmp_path: Path) -> None:
    stage, _ = built(tmp_path, TEXT)
    (stage.output / "sources" / "prd.md").write_text("other", encoding="utf-8")
    assert document.read_without_loss(stage).status == "failed"


def test_the_description_escapes_titles_and_names_what_was_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "prd.md").write_text(TEXT, encoding="utf-8")
    (folder / "photo.png").write_bytes(b"x")
    stage = context(tmp_path, folder, "document")
    document.run(stage)
    text = document.describe(stage)
    assert "Kennel \\| desk" in text
    assert "photo.png: no reader" in text


def test_the_fingerprint_follows_the_bytes(tmp_path: Path) -> None:
    stage, _ = built(tmp_path, TEXT)
    before = document.fingerprint(stage)
    (tmp_path / "prd.md").write_text(TEXT + "more\n", encoding="utf-8")
    assert document.fingerprint(stage) != before
