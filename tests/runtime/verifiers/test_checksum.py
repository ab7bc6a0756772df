"""Digests of files and folders, and everything that a hostile folder may try."""

import hashlib
import os
import time
from pathlib import Path
from typing import Any

import pytest

from opsroom_dagster.digests import digest_tree
from opsroom_dagster.plans.model import Verifier
from opsroom_dagster.runtime.verifiers import config_mistakes
from tests.runtime.verifiers.conftest import Asked

ABC = hashlib.sha256(b"abc").hexdigest()
ZERO = "0" * 64


@pytest.mark.parametrize("digest", [f"sha256:{ABC}", ABC, ABC.upper()])
def test_a_file_with_its_digest_passes(asked: Asked, digest: str) -> None:
    asked.write("dist/app.txt", "abc")
    verdict = asked.verdict("checksum", files={"dist/app.txt": digest})
    assert verdict.status == "passed"
    assert verdict.evidence["found"] == {"dist/app.txt": f"sha256:{ABC}"}


def test_every_difference_is_in_the_evidence(asked: Asked) -> None:
    asked.write("a", "abc")
    asked.write("b", "abd")
    verdict = asked.verdict("checksum", files={"a": ABC, "b": ABC, "c": ABC})
    assert verdict.status == "failed" and verdict.summary.startswith(f"b: expected sha256:{ABC}, found sha256:")
    assert verdict.evidence["wrong"] == ["b", "c"]
    assert verdict.evidence["found"]["c"] == "nothing: there is no 'c' in the step's folder."


def test_a_tree_has_the_digest_that_the_rest_of_the_product_gives_it(asked: Asked) -> None:
    for name in ("a.txt", "deep/er/b.txt", "ü/ñ.txt", "A.txt"):
        asked.write(name, name)
    (asked.output / "empty").mkdir()
    assert asked.verdict("checksum", tree={"digest": digest_tree(asked.output)}).status == "passed"
    assert (
        asked.verdict("checksum", tree={"path": "deep", "digest": digest_tree(asked.output / "deep")}).status
        == "passed"
    )
    asked.write("deep/er/b.txt", "changed")
    assert asked.verdict("checksum", tree={"path": "deep", "digest": digest_tree(asked.output)}).status == "failed"


@pytest.mark.parametrize("path", ["../secret.txt", "/etc/passwd", "a/../../secret.txt", "a/../b", "", ".", "a\0b"])
def test_paths_that_leave_the_folder_are_refused(asked: Asked, path: str) -> None:
    (asked.output.parent / "secret.txt").write_bytes(b"abc")
    asked.write("a/b", "abc")
    verdict = asked.verdict("checksum", files={path: ABC})
    assert verdict.status == "failed"
    assert ABC not in str(verdict.evidence.get("found"))


@pytest.mark.parametrize("path", ["..", "../step", "/"])
def test_trees_that_leave_the_folder_are_refused(asked: Asked, path: str) -> None:
    asked.write("a", "abc")
    assert "leaves the step's folder" in asked.verdict("checksum", tree={"path": path, "digest": ABC}).summary


@pytest.mark.parametrize("inside", [True, False])
def test_symbolic_links_are_not_followed(asked: Asked, tmp_path: Path, inside: bool) -> None:
    target = asked.output / "real" if inside else tmp_path / "outside"
    target.mkdir()
    (target / "file").write_bytes(b"abc")
    (asked.output / "folder").symlink_to(target)
    (asked.output / "file").symlink_to(target / "file")
    for path in ("file", "folder/file"):
        verdict = asked.verdict("checksum", files={path: ABC})
        assert verdict.status == "failed" and "symbolic link" in verdict.evidence["found"][path]
    assert "symbolic link" in asked.verdict("checksum", tree={"path": "folder", "digest": ABC}).summary
    # `digest_tree` looks past links, so a tree with one would have the digest of the tree without.
    verdict = asked.verdict("checksum", tree={"digest": digest_tree(asked.output)})
    assert verdict.status == "failed" and "is a symbolic link" in verdict.summary


def test_special_files_neither_block_nor_pass(asked: Asked) -> None:
    os.mkfifo(asked.output / "pipe")
    verdict = asked.verdict("checksum", files={"pipe": ABC}, timeoutMs=5_000)
    assert "'pipe' is a device, a socket or a pipe, not a file" in verdict.summary and asked.seconds < 2
    assert asked.verdict("checksum", tree={"digest": ABC}).status == "failed"
    (asked.output / "folder").mkdir()
    assert "'folder' is a folder, not a file" in asked.verdict("checksum", files={"folder": ABC}).summary


def test_a_file_without_end_ends_with_the_deadline(asked: Asked) -> None:
    with asked.write("huge", b"").open("r+b") as stream:
        stream.truncate(1 << 42)
    started = time.monotonic()
    verdict = asked.verdict("checksum", files={"huge": ABC}, timeoutMs=300)
    assert verdict.status == "failed" and verdict.summary == "the verifier did not end within 0.3 s"
    assert time.monotonic() - started < 1.5


def test_a_tree_without_end_ends(asked: Asked) -> None:
    folder = asked.output
    for _ in range(300):
        folder = folder / "d"
    folder.mkdir(parents=True)
    assert asked.verdict("checksum", tree={"digest": ABC}, timeoutMs=5_000).status == "failed"


def test_a_name_that_is_not_utf8_fails(asked: Asked) -> None:
    (asked.output / os.fsdecode(b"\xff")).write_bytes(b"abc")
    verdict = asked.verdict("checksum", tree={"digest": digest_of_nothing()})
    assert verdict.status == "failed" and "not UTF-8" in verdict.summary


def digest_of_nothing() -> str:
    return digest_tree(Path("/nonexistent"))


def test_a_folder_that_is_not_there_yet_fails(asked: Asked) -> None:
    asked.output.rmdir()
    assert asked.verdict("checksum", files={"a": ABC}).status == "failed"
    assert asked.verdict("checksum", tree={"digest": digest_of_nothing()}).status == "failed"


@pytest.mark.parametrize(
    ("config", "mistake"),
    [
        ({}, "/: give `files` or `tree`"),
        (
            {"files": {"a": "md5:1"}},
            "/files/a: 'md5:1' is not allowed: a digest is `sha256:` and 64 hexadecimal digits",
        ),
        ({"files": {}}, "/files: {} should be non-empty"),
        ({"tree": {"path": "."}}, "/tree: 'digest' is a required property"),
        (
            {"files": {"a": ABC}, "algorithm": "md5"},
            "/: Additional properties are not allowed ('algorithm' was unexpected)",
        ),
        ({"files": {"a": 7}}, "/files/a: 7 is not of type 'string'"),
        ({"files": {"a": "{{inputs.digest}}"}}, None),
        ({"tree": "{{inputs.tree}}"}, None),
    ],
)
def test_mistakes_of_configs(config: dict[str, Any], mistake: str | None) -> None:
    assert config_mistakes(Verifier(id="v", kind="checksum", config=config)) == ([mistake] if mistake else [])
