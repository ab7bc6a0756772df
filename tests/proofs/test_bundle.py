"""A proof bundle tells of any changed byte, line or artifact, and names it."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from opsroom_dagster.digests import digest_tree, tree_files
from opsroom_dagster.errors import InputError
from opsroom_dagster.home import Home
from opsroom_dagster.proofs.bundle import write_bundle
from opsroom_dagster.proofs.keys import PUBLIC, signing_key
from opsroom_dagster.proofs.verify import VerificationReport, verify_bundle
from opsroom_dagster.runtime.model import CheckRecord, StageRecord, Verdict
from opsroom_dagster.runtime.records import write_record


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
    assert (report.statements, report.artifacts, report.result) == (5, 4, "PASSED")


def test_the_statements_are_in_toto_test_results(home: Home) -> None:
    lines = [json.loads(line) for line in bundle_of(home).read_bytes().splitlines()]
    payloads = [json.loads(base64.b64decode(line["payload"])) for line in lines]
    assert {line["payloadType"] for line in lines} == {"application/vnd.in-toto+json"}
    assert {payload["_type"] for payload in payloads} == {"https://in-toto.io/Statement/v1"}
    assert [payload["predicate"]["result"] for payload in payloads] == [
        "PASSED",
        "PASSED",
        "PASSED",
        "WARNED",
        "PASSED",
    ]
    proof = payloads[1]["predicate"]["opsroom"]["proof"]
    assert proof["verifier_id"] == "check" and proof["passed"] is True and proof["evidence"]["lines"] == 3


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_byte_is_found_on_its_line(home: Home, tmp_path: Path, data: st.DataObject) -> None:
    original = bundle_of(home).read_bytes()
    position = data.draw(st.integers(0, len(original) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != original[position]))
    report = verify(home, original[:position] + bytes([byte]) + original[position + 1 :], tmp_path)
    line = original.count(b"\n", 0, position) + 1
    assert any(problem.line in (line, line + 1, None) for problem in report.problems), report.problems


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda lines: lines[1:], 1),
        (lambda lines: [lines[0], *lines[2:]], 2),
        (lambda lines: [lines[1], lines[0], *lines[2:]], 1),
        (lambda lines: [lines[0], lines[0], *lines[1:]], 2),
        (lambda lines: lines[:-1], None),
    ],
    ids=["first removed", "one removed", "swapped", "repeated", "seal removed"],
)
def test_lines_removed_moved_or_repeated(home: Home, tmp_path: Path, change, line: int | None) -> None:  # noqa: ANN001
    lines = bundle_of(home).read_bytes().splitlines(keepends=True)
    report = verify(home, b"".join(change(lines)), tmp_path)
    assert line in {problem.line for problem in report.problems}


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda folder: (folder / "b.txt").write_text("other", encoding="utf-8"), "bytes have changed"),
        (lambda folder: (folder / "b.txt").unlink(), "missing"),
        (lambda folder: (folder / "c.txt").write_text("new", encoding="utf-8"), "not there"),
    ],
)
def test_a_changed_artifact_is_named(home: Home, act, message: str) -> None:  # noqa: ANN001
    folder = home.artifact("p", "requirements")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    try:
        act(folder)
        report = verify_bundle(bundle_of(home), home.root / "artifacts" / "p", home.keys / PUBLIC)
        assert any(message in p.message and str(p.file).startswith("requirements/") for p in report.problems)
    finally:
        for path in folder.rglob("*.txt"):
            path.unlink()
        for path, data in before.items():
            path.write_bytes(data)


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
