"""Runs of plans from their beginning to their end, in this process: Dagster, Postgres and commands are real."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from opsroom_dagster.errors import ConflictError
from opsroom_dagster.jobs.answers import resume
from opsroom_dagster.proofs.keys import PUBLIC
from opsroom_dagster.proofs.verify import verify_bundle
from opsroom_dagster.store.run_proofs import proofs_of
from opsroom_dagster.store.steps import StepRow
from tests.jobs.house import House, asks, step, undo


def _outputs(steps: Mapping[str, StepRow], name: str) -> str:
    stored = steps[name].outputs
    assert stored is not None and stored.value is not None
    return stored.value["stdout"]


def test_a_run_succeeds_and_its_proofs_hold(house: House) -> None:
    run = house.run(
        step("write", "echo hello; echo kept > file", verifiers=[asks("kept", "grep kept file")]),
        step("read", "", "write", args={"command": ["/bin/cat"], "input": "{{steps.write.outputs.stdout}}"}),
    )

    assert (run.status, run.reason) == ("succeeded", None)
    assert _outputs(house.steps(run), "read") == "hello\n"
    report = house.verified(run)
    assert (report.result, report.statements) == ("PASSED", 4), "two steps, one check, the seal"
    assert report.artifacts == 3, "outputs.json of each, and the file"
    _refuses_changes(house.bundle(run), house.settings.home.run(run.id), house.settings.home.keys / PUBLIC)


def _refuses_changes(bundle: Path, folder: Path, key: Path) -> None:
    """One changed byte, wherever it stands, is a problem; so is one of a file that was proved."""
    data = bundle.read_bytes()
    for place in range(0, len(data), 41):
        bundle.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert verify_bundle(bundle, None, key).problems, (
            f"byte {place} may be changed: {data[place - 20 : place + 20]}"
        )
    bundle.write_bytes(data)
    (folder / "write" / "file").write_text("Kept\n", encoding="utf-8")
    assert [problem.file for problem in verify_bundle(bundle, folder, key).problems] == ["write/file"]


def test_a_failure_undoes_what_had_finished_in_reverse_order(house: House) -> None:
    does, undoes = house.does, lambda name: undo(house.does(f"un{name}"))
    run = house.run(
        step("a", does("a"), rollback=undoes("a")),
        step("b", does("b"), "a", rollback=undo(does("unb"), verifiers=[asks("gone", "true")])),
        step("c", does("c"), "b"),
        step("d", "echo broken >&2; exit 3", "c", rollback=undoes("d")),
        step("e", does("e"), "d", rollback=undoes("e")),
    )

    assert run.status == "rolled_back"
    assert run.reason is not None and "broken" in run.reason, "why it failed is kept"
    assert house.done() == ["a", "b", "c", "und", "unb", "una"]
    assert house.states(run)["e"] == "skipped"
    assert {house.states(run)[name] for name in ("a", "b", "d")} == {"undone"}
    assert house.verified(run).result == "FAILED"
    proved = {(proof.step_id, proof.verifier_id): proof.status for proof in proofs_of(house.database, run.id)}
    assert proved[("d", None)] == "failed", "a step that failed is proved to have failed"
    assert proved[("undo-b", "gone")] == "passed"


def test_a_failed_rollback_stops_and_is_not_tried_over(house: House) -> None:
    run = house.run(
        step("a", house.does("a"), rollback=undo(house.does("una"))),
        step("b", house.does("b"), "a", rollback=undo("true", verifiers=[asks("gone", "false")])),
        step("c", house.does("c"), "b", rollback=undo(house.does("unc"))),
        step("d", "exit 1", "c"),
    )

    assert run.status == "rollback_failed"
    assert house.done() == ["a", "b", "c", "unc"], "nothing before the one that could not be undone is touched"
    assert run.reason is not None
    assert "stopped at b" in run.reason and "Undone: c." in run.reason and "Not undone: b, a." in run.reason
    assert house.verified(run).result == "FAILED"
    with pytest.raises(ConflictError, match="rollback_failed"):
        resume(house.database, house.settings, run.id, "ann", lambda _: None)


def test_a_retry_does_again_what_stood_on_what_was_undone(house: House) -> None:
    repaired = house.folder / "repaired"
    run = house.run(
        step("make", house.does("make"), rollback=undo(house.does("unmake"))),
        step("fill", house.does("fill"), "make"),
        step("other", house.does("other")),
        step("use", f"test -e {repaired}", "fill", "other"),
    )
    assert run.status == "rolled_back"
    assert house.states(run) == {"make": "undone", "fill": "undone", "other": "succeeded", "use": "failed"}
    repaired.touch()

    run = resume(house.database, house.settings, run.id, "ann", lambda _: None)

    assert (run.status, run.retries) == ("succeeded", 1)
    assert sorted(house.done()) == ["fill", "fill", "make", "make", "other", "unmake"]
    assert house.verified(run).result == "PASSED"


def test_a_verifier_that_says_no_stops_what_depends_on_the_step(house: House) -> None:
    run = house.run(
        step("a", house.does("a"), verifiers=[asks("good", "echo bad >&2; exit 1"), asks("fine", "true")]),
        step("b", house.does("b"), "a"),
        step("c", house.does("c"), verifiers=[asks("warns", "false", required=False)]),
        step("d", house.does("d"), "c", preconditions=[asks("ready", "false")]),
    )

    assert run.status == "failed"
    assert run.reason is not None and "the verifier good" in run.reason
    assert house.states(run) == {"a": "failed", "b": "skipped", "c": "succeeded", "d": "failed"}
    assert sorted(house.done()) == ["a", "c"]
    assert {check.name: check.verdict.status for check in house.steps(run)["a"].checks} == {
        "good": "failed",
        "fine": "passed",
    }
    assert house.verified(run).result == "FAILED"


def test_a_step_is_tried_again_as_its_policy_says(house: House) -> None:
    tries = house.folder / "tries"
    policy = {"maxAttempts": 3, "backoffMs": 300, "backoffMultiplier": 2}
    run = house.run(
        step("flaky", f"date +%s.%N >> {tries}; test $(wc -l < {tries}) = 3", retryPolicy=policy),
        step("after", house.does("after"), "flaky"),
        step("hopeless", house.does("hopeless") + "; false", retryPolicy={"maxAttempts": 2}),
        step("unreadable", "", args={"command": ["/bin/true"], "cwd": "../.."}, retryPolicy={"maxAttempts": 5}),
    )

    first, second, third = map(float, tries.read_text(encoding="utf-8").split())
    assert second - first >= 0.3 and third - second >= 0.6
    assert run.status == "failed"
    assert {name: (row.status, row.attempt) for name, row in house.steps(run).items()} == {
        "flaky": ("succeeded", 3),
        "after": ("succeeded", 1),
        "hopeless": ("failed", 2),
        "unreadable": ("failed", 1),  # trying again cannot mend bad arguments
    }
    assert sorted(house.done()) == ["after", "hopeless", "hopeless"]
    assert house.verified(run).result == "FAILED"


def test_a_step_that_does_not_end_in_time_is_ended(house: House) -> None:
    started = time.monotonic()
    run = house.run(step("slow", f"sleep 100; {house.does('late')}", timeoutMs=1_000), step("b", "true", "slow"))

    assert time.monotonic() - started < 50
    assert run.status == "failed"
    assert "did not end in time" in (house.steps(run)["slow"].error or "")
    assert house.states(run)["b"] == "skipped"
    assert house.done() == []


def test_an_output_that_is_not_there_fails_the_step_that_names_it(house: House) -> None:
    lost = "{{steps.a.outputs.stdout.file}}"
    run = house.run(step("a", "echo short"), step("b", "", "a", args={"command": ["/bin/echo", lost]}))

    assert run.status == "failed"
    assert run.reason is not None and "steps.a.outputs.stdout.file" in run.reason
    assert house.states(run) == {"a": "succeeded", "b": "failed"}
    assert house.verified(run).result == "FAILED"


def test_a_link_that_a_command_leaves_is_not_written_through(house: House, tmp_path: Path) -> None:
    ours = tmp_path / "ours"
    ours.write_text("kept", encoding="utf-8")

    run = house.run(step("trap", f"ln -s {ours} outputs.json"))

    assert ours.read_text(encoding="utf-8") == "kept"
    assert run.status == "succeeded"


def test_independent_steps_run_side_by_side(house: House) -> None:
    def meets(me: str, other: str) -> dict[str, Any]:
        look = f"for _ in $(seq 400); do test -e {house.folder}/{other} && exit 0; sleep 0.05; done; exit 1"
        return step(me, f"touch {house.folder}/{me}; {look}")

    assert house.run(meets("x", "y"), meets("y", "x")).status == "succeeded"


def test_secrets_stay_where_they_are_used(
    house: House, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    secret = "hunter2-Zq9+/x"
    monkeypatch.setenv("OPSROOM_SECRET_TOKEN", secret)
    command = ["/bin/sh", "-c", 'test -n "$T" && echo "$T" && echo "$T" >&2 && exit $CODE']
    env = {"T": "{{secrets.TOKEN}}", "CODE": 0}
    run = house.run(
        step("used", "", args={"command": command, "env": env}),
        step("told", "", "used", args={"command": command, "env": {**env, "CODE": 7}}, rollback=undo("true")),
        step("refused", "", args={"command": ["/bin/true"], "cwd": "{{secrets.TOKEN}}/../.."}),
    )

    assert run.status == "rolled_back"
    assert _outputs(house.steps(run), "used") == "***\n", "the command had it"
    told = capfd.readouterr()
    kept = "".join(row.model_dump_json() for row in house.steps(run).values()) + run.model_dump_json()
    kept += "".join(proof.model_dump_json() for proof in proofs_of(house.database, run.id))
    assert secret not in told.out + told.err + kept
    files = [path for path in house.settings.home.run(run.id).rglob("*") if path.is_file()]
    assert files and not [path for path in files if secret.encode() in path.read_bytes()]
