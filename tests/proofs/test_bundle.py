"""A proof bundle tells of any changed byte, line or artifact, and names it."""

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsroom_dagster.digests import digest_tree, tree_files
from opsroom_dagster.errors import InputError
from opsroom_dagster.home import Home
from opsroom_dagster.proofs.bundle import write_bundle
from opsroom_dagster.proofs.keys import PUBLIC, signing_key
from opsroom_dagster.proofs.verify import VerificationReport, read_statements, verify_bundle
from opsroom_dagster.runtime.model import CheckRecord, StageRecord, Verdict
from opsroom_dagster.runtime.records import read_record, write_record


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with two proved stages and their bundle."""
    made = Home(tmp_path_factory.mktemp("proofs"))
    for stage, verdict in (("document", Verdict.passed("fine", lines=3)), ("requirements", Verdict.inconclusive("no"))):
        folder = made.artifact("p", stage)
        (folder / "deep").mkdir(parents=True)
        (folder / "deep" / "a.json").write_text('{"a": 1}', encoding="utf-8")
        (folder / "b.txt").write_text(stage, encoding="utf-8")
        record = StageRecord(
            stage=stage, inputs="sha256:" + "1" * 64, digest=digest_tree(folder), files=tree_files(folder), run_id="r",
            seconds=0.1, finished_at="2026-01-01T00:00:00+00:00",
            checks=(CheckRecord(name="check", blocking=True, verdict=verdict, seconds=0, tolerated=True),),
        )  # fmt: skip
        write_record(made, "p", record)
    write_bundle(made, "p", "r", bundle_of(made))
    return made


def bundle_of(home: Home) -> Path:
    return home.artifact("p", "proof_bundle") / "bundle.intoto.jsonl"


def verify(home: Home, data: bytes, folder: Path) -> VerificationReport:
    path = folder / "copy.jsonl"
    path.write_bytes(data)
    return verify_bundle(path, home.root / "artifacts" / "p", home.keys / PUBLIC)


def test_an_untouched_bundle_holds(home: Home, tmp_path: Path) -> None:
    report = verify(home, bundle_of(home).read_bytes(), tmp_path)
    assert not report.problems
    assert (report.statements, report.artifacts, report.result) == (5, 4, "WARNED")


def test_the_statements_are_in_toto_test_results(home: Home) -> None:
    lines = [json.loads(line) for line in bundle_of(home).read_bytes().splitlines()]
    payloads = [json.loads(base64.b64decode(line["payload"])) for line in lines]
    assert {line["payloadType"] for line in lines} == {"application/vnd.in-toto+json"}
    assert {payload["_type"] for payload in payloads} == {"https://in-toto.io/Statement/v1"}
    assert [payload["predicate"]["result"] for payload in payloads] == [
        "PASSED",
        "PASSED",
        "WARNED",
        "WARNED",
        "WARNED",
    ]
    proof = payloads[1]["predicate"]["opsroom"]["proof"]
    assert [entry["name"] for entry in payloads[1]["predicate"]["configuration"]] == ["doc-to-code/document", "inputs"]
    assert payloads[2]["predicate"]["warnedTests"] == ["check"]
    assert payloads[4]["predicate"]["chain"]["index"] == 4
    assert proof["verifier_id"] == "check" and proof["passed"] is True and proof["evidence"]["lines"] == 3


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_byte_is_found_on_its_line(home: Home, tmp_path: Path, data: st.DataObject) -> None:
    original = bundle_of(home).read_bytes()
    position = data.draw(st.integers(0, len(original) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != original[position]))
    report = verify(home, original[:position] + bytes([byte]) + original[position + 1 :], tmp_path)
    line = original.count(b"\n", 0, position) + 1
    assert line in {problem.line for problem in report.problems}, report.problems


def test_every_byte_of_the_seal_counts(home: Home, tmp_path: Path) -> None:
    """No line after it repeats its digest, and base64 has bits that no decoder looks at."""
    original = bundle_of(home).read_bytes()
    start = original.rindex(b"\n", 0, -1) + 1
    for position in range(start, len(original)):
        changed = original[:position] + bytes([original[position] ^ 1]) + original[position + 1 :]
        assert verify(home, changed, tmp_path).problems, position


Lines = list[bytes]
LINE_CHANGES: dict[str, tuple[Callable[[Lines], Lines], list[tuple[int | None, str]]]] = {
    "first removed": (lambda lines: lines[1:], [(1, "statements 1 to 1 are missing")]),
    "two removed": (lambda lines: [lines[0], *lines[3:]], [(2, "statements 2 to 3 are missing")]),
    "swapped": (
        lambda lines: [lines[1], lines[0], *lines[2:]],
        [(1, "statements 1 to 1 are missing"), (2, "statement 1 stands here again or too late")],
    ),
    "repeated": (lambda lines: [lines[0], lines[0], *lines[1:]], [(2, "statement 1 stands here again")]),
    "inserted": (lambda lines: [lines[0], b"{}\n", *lines[1:]], [(2, "not a DSSE envelope")]),
    "seal removed": (lambda lines: lines[:-1], [(None, "no seal at its end")]),
    "bundle twice": (lambda lines: lines + lines, [(number, "again") for number in range(6, 11)]),
    "empty line": (lambda lines: [*lines, b"\n"], [(6, "not a DSSE envelope")]),
    "emptied": (lambda lines: [], [(1, "newline"), (1, "not a DSSE envelope")]),
}


@pytest.mark.parametrize("name", LINE_CHANGES)
def test_lines_removed_moved_repeated_or_inserted_are_named(home: Home, tmp_path: Path, name: str) -> None:
    change, expected = LINE_CHANGES[name]
    lines = bundle_of(home).read_bytes().splitlines(keepends=True)
    problems = [p for p in verify(home, b"".join(change(lines)), tmp_path).problems if p.file is None]
    assert [problem.line for problem in problems] == [line for line, _ in expected]
    assert all(text in problem.message for problem, (_, text) in zip(problems, expected, strict=True))


def test_a_statement_of_another_bundle_with_the_same_key_does_not_fit(home: Home, tmp_path: Path) -> None:
    lines = bundle_of(home).read_bytes().splitlines(keepends=True)
    record = read_record(home, "p", "document")
    assert record is not None
    older = Home(tmp_path / "older")
    shutil.copytree(home.keys, older.keys)
    write_record(older, "p", record.model_copy(update={"run_id": "older"}))
    other = write_bundle(older, "p", "older", tmp_path / "b.jsonl").read_bytes().splitlines(keepends=True)

    report = verify(home, b"".join([other[0], *lines[1:]]), tmp_path)

    assert [(p.line, p.message) for p in report.problems] == [
        (2, "the line before it is not the one that was signed before it")
    ]


def test_a_build_that_failed_is_proved_as_far_as_it_came(tmp_path: Path) -> None:
    made = Home(tmp_path)
    folder = made.artifact("p", "document")
    folder.mkdir(parents=True)
    (folder / "a").write_bytes(b"a")
    verdict = Verdict.failed("no: postgresql://me:hunter22@db/x", log="PASSWORD=hunter22", api_token="hunter22")
    record = StageRecord(
        stage="document", inputs="sha256:" + "1" * 64, digest=digest_tree(folder), files=tree_files(folder), run_id="r",
        seconds=0, finished_at="2026-01-01T00:00:00+00:00",
        checks=(CheckRecord(name="check", blocking=True, verdict=verdict, seconds=0),),
    )  # fmt: skip
    write_record(made, "p", record)
    report = verify_bundle(write_bundle(made, "p", "r", bundle_of(made)), folder.parent, made.keys / PUBLIC)
    assert (report.statements, report.artifacts, report.result, report.problems) == (3, 1, "FAILED", ())
    statements, _ = read_statements(bundle_of(made), made.keys / PUBLIC)
    assert statements[0]["predicate"]["failedTests"] == ["check"]
    assert statements[1]["predicate"]["opsroom"]["proof"]["evidence"] == {
        "summary": "no: postgresql://me:***@db/x",
        "log": "PASSWORD=***",
        "api_token": "***",
    }
    assert "hunter22" not in str(statements)


def replace_by_link(folder: Path) -> None:
    (folder / "b.txt").unlink()
    (folder / "b.txt").symlink_to("/etc/hostname")


FILE_CHANGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "changed": (lambda folder: (folder / "b.txt").write_text("other", encoding="utf-8"), "bytes have changed"),
    "removed": (lambda folder: (folder / "b.txt").unlink(), "missing"),
    "added": (lambda folder: (folder / "c.txt").write_text("new", encoding="utf-8"), "not there"),
    "replaced by a link": (replace_by_link, "symbolic link"),
    "link added": (lambda folder: (folder / "c.txt").symlink_to(folder / "b.txt"), "not there"),
}


@pytest.mark.parametrize("name", FILE_CHANGES)
def test_a_changed_artifact_is_named(home: Home, name: str) -> None:
    act, message = FILE_CHANGES[name]
    folder = home.artifact("p", "requirements")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    try:
        act(folder)
        report = verify_bundle(bundle_of(home), home.root / "artifacts" / "p", home.keys / PUBLIC)
        (problem,) = report.problems
        assert message in problem.message and problem.file in ("requirements/b.txt", "requirements/c.txt")
    finally:
        for path in folder.rglob("*.txt"):
            path.unlink()
        for path, data in before.items():
            path.write_bytes(data)


def test_a_line_that_lists_files_cannot_be_removed_to_hide_a_change(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "p"
    shutil.copytree(home.root / "artifacts" / "p", folder)
    (folder / "requirements" / "b.txt").write_text("other", encoding="utf-8")
    lines = bundle_of(home).read_bytes().splitlines(keepends=True)
    bundle = tmp_path / "b.jsonl"
    bundle.write_bytes(b"".join([*lines[:2], *lines[3:]]))
    report = verify_bundle(bundle, folder, home.keys / PUBLIC)
    assert [(p.line, p.file) for p in report.problems] == [(3, None), (None, "requirements/")]


def test_another_key_is_refused(home: Home, tmp_path: Path) -> None:
    stranger = Home(tmp_path / "stranger")
    signing_key(stranger)
    report = verify_bundle(bundle_of(home), None, stranger.keys / PUBLIC)
    assert all("another key" in problem.message for problem in report.problems[:5])
    assert len(report.problems) >= 5


def test_the_private_key_is_for_its_owner_only(home: Home) -> None:
    assert (home.keys / "proof_signing.pem").stat().st_mode & 0o077 == 0


def test_one_key_whoever_asks_at_the_same_time(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from opsroom_dagster.home import Home; "
        "from opsroom_dagster.proofs.keys import key_id, signing_key; "
        "print(key_id(signing_key(Home(Path(sys.argv[1]))).public_key()))"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert len({process.communicate(timeout=60)[0] for process in processes}) == 1


def test_what_is_no_bundle_or_key_is_an_input_error(home: Home, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        verify_bundle(tmp_path / "nothing", None, home.keys / PUBLIC)
    with pytest.raises(InputError, match="no public key"):
        verify_bundle(bundle_of(home), None, bundle_of(home))
