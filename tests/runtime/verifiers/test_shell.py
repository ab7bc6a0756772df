"""Real commands, in the sandbox where there is one."""

import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from opsroom_dagster.digests import digest_tree
from opsroom_dagster.errors import CancelledError
from opsroom_dagster.plans.model import Verifier
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.verifiers import config_mistakes
from tests.runtime.verifiers.conftest import Asked

NO_PATTERN = "'(' is no regular expression: missing ), unterminated subpattern at position 0"


@pytest.fixture(autouse=True)
def _sandbox_or_not(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("bwrap") is None:
        monkeypatch.setenv("OPSROOM_SANDBOX", "off")


def test_a_command_that_succeeds_passes(asked: Asked) -> None:
    asked.write("dist/app.txt", "hello")
    verdict = asked.verdict("shell", command=["cat", "dist/app.txt"], expect={"stdoutContains": "hello"})
    assert (verdict.status, verdict.summary) == ("passed", "cat ended with 0, as expected"), verdict
    assert verdict.evidence["found"]["stdout"] == "hello"
    assert verdict.evidence["sandbox"]


@pytest.mark.parametrize(
    ("script", "expect", "wrong"),
    [
        ("exit 3", {}, "the exit code is 3, not 0"),
        ("echo bad >&2; exit 3", {}, "the exit code is 3, not 0: bad"),
        ("exit 3", {"exitCode": 3}, None),
        ("exit 3", {"exitCode": [0, 3]}, None),
        ("exit 0", {"exitCode": [1, 3]}, "the exit code is 0, not 1 or 3"),
        ("kill -9 $$", {}, "the exit code is 137, not 0"),
        ("echo a b c", {"stdoutContains": ["a", "c"]}, None),
        ("echo a b c", {"stdoutContains": ["a", "x"]}, "standard output does not contain 'x'"),
        ("echo version 1.24.3", {"stdoutMatches": r"version 1\.\d+\.\d+\s*$"}, None),
        ("echo version 2.0.0", {"stdoutMatches": r"version 1\."}, r"standard output does not match 'version 1\\.'"),
        ("echo x >&2", {"stdoutContains": "x"}, "standard output does not contain 'x'"),
    ],
)
def test_expectations(asked: Asked, script: str, expect: dict[str, Any], wrong: str | None) -> None:
    verdict = asked.verdict("shell", command=["sh", "-c", script], expect=expect)
    assert verdict.evidence.get("wrong", []) == ([wrong] if wrong else []), verdict
    assert verdict.status == ("failed" if wrong else "passed")


def test_what_a_verifier_writes_is_thrown_away(asked: Asked) -> None:
    asked.write("a.txt", "a")
    (asked.output / "link").symlink_to("a.txt")
    before = digest_tree(asked.output)
    script = "echo b > a.txt; echo c > new.txt; cat link a.txt new.txt"
    verdict = asked.verdict("shell", command=["sh", "-c", script], expect={"stdoutContains": "b\nb\nc\n"})
    assert verdict.status == "passed", verdict
    assert digest_tree(asked.output) == before and (asked.output / "a.txt").read_text(encoding="utf-8") == "a"
    assert [path.name for path in asked.output.parent.iterdir()] == ["step"], "no copy is left"


def test_a_precondition_of_a_step_without_a_folder_can_run_commands(asked: Asked) -> None:
    asked.output.rmdir()
    assert asked.verdict("shell", command=["ls"], expect={"stdoutMatches": "^$"}).status == "passed"
    assert not asked.output.exists()


def test_special_files_do_not_block_the_copy(asked: Asked) -> None:
    import os

    os.mkfifo(asked.output / "pipe")
    asked.write("a.txt", "a")
    verdict = asked.verdict("shell", command=["ls"], expect={"stdoutMatches": r"^a\.txt\n$"}, timeoutMs=20_000)
    assert verdict.status == "passed", verdict


def test_a_shell_reads_no_interpolated_text_as_code(asked: Asked) -> None:
    asked.inputs["name"] = "x; echo pwned $(id) `id`"
    verdict = asked.verdict(
        "shell", command=["echo", "{{inputs.name}}"], expect={"stdoutContains": "x; echo pwned $(id) `id`"}
    )
    assert verdict.status == "passed"


@pytest.mark.parametrize("keys", [{"timeoutMs": 500}, {"deadlineMs": 500, "intervalMs": 100}])
def test_a_command_that_hangs_is_killed_at_its_time(asked: Asked, keys: dict[str, int]) -> None:
    verdict = asked.verdict("shell", command=["sleep", "60"], **keys)
    assert (verdict.status, verdict.summary) == ("failed", "the verifier did not end within 0.5 s")
    assert asked.seconds < 2
    assert [path.name for path in asked.output.parent.iterdir()] == ["step"]


def test_a_pattern_without_end_is_stopped(asked: Asked) -> None:
    ticks: list[float] = []
    stop = threading.Event()
    ticking = threading.Thread(target=lambda: [ticks.append(0) for _ in iter(lambda: stop.wait(0.05), True)])
    ticking.start()
    verdict = asked.verdict(
        "shell", command=["echo", "a" * 60 + "!"], expect={"stdoutMatches": "(a+)+$"}, timeoutMs=1_500
    )
    stop.set()
    ticking.join()
    assert verdict.status == "failed" and asked.seconds < 3.5
    assert len(ticks) > 10, "the other threads of the run went on"


def test_huge_outputs_are_refused_and_large_ones_cut(asked: Asked) -> None:
    verdict = asked.verdict("shell", command=["head", "-c", "100000000", "/dev/zero"])
    assert verdict.status == "failed" and "wrote more than" in verdict.summary
    script = "head -c 400000 /dev/zero | tr '\\0' x; echo needle"
    verdict = asked.verdict("shell", command=["sh", "-c", script], expect={"stdoutContains": "needle"})
    assert verdict.status == "passed" and "needle" in verdict.evidence["found"]["stdout"], verdict.summary
    assert len(verdict.model_dump_json()) < 10_000


def test_bytes_that_are_no_text_are_judged(asked: Asked) -> None:
    verdict = asked.verdict("shell", command=["printf", r"\377\000ok"], expect={"stdoutContains": "ok"})
    assert verdict.status == "passed"


def test_a_missing_program_is_inconclusive(asked: Asked) -> None:
    assert asked.verdict("shell", command=["frobnicate"]).status == "inconclusive"


def test_a_missing_sandbox_is_inconclusive(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPSROOM_SANDBOX", raising=False)
    monkeypatch.setenv("PATH", "/nonexistent")
    verdict = asked.verdict("shell", command=["true"])
    assert verdict.status == "inconclusive" and "bubblewrap" in verdict.summary


def test_without_a_sandbox_the_evidence_says_so(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPSROOM_SANDBOX", "off")
    assert asked.verdict("shell", command=["true"]).evidence["sandbox"] == "off"


def test_secrets_are_not_in_the_evidence(asked: Asked) -> None:
    asked.secrets = {"KEY": "correct-horse-battery"}
    for size in (1, 70_000):
        script = f"printf '%s' \"$1\"; head -c {size} /dev/zero | tr '\\0' x; printf '%s' \"$KEY\" >&2; exit 1"
        verdict = asked.verdict(
            "shell", command=["sh", "-c", script, "sh", "{{secrets.KEY}}"], env={"KEY": "{{secrets.KEY}}"}
        )
        assert verdict.status == "failed" and "***" in verdict.summary
        assert "correct-horse" not in verdict.model_dump_json()


def test_cancelling_ends_a_command(asked: Asked) -> None:
    threading.Timer(0.5, asked.cancelled.set).start()
    started = time.monotonic()
    with pytest.raises(CancelledError):
        asked.verdict("shell", command=["sleep", "60"])
    assert time.monotonic() - started < 2


def test_the_folder_cannot_be_left(asked: Asked) -> None:
    assert "leaves its folder" in asked.verdict("shell", command=["ls"], cwd="..").summary


def test_a_link_out_of_the_folder_is_no_way_to_write_elsewhere(asked: Asked, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("safe", encoding="utf-8")
    (asked.output / "out").symlink_to(victim)
    asked.verdict("shell", command=["sh", "-c", "echo gone > out"])
    if shutil.which("bwrap"):
        assert victim.read_text(encoding="utf-8") == "safe"


@pytest.mark.parametrize(
    ("config", "mistakes"),
    [
        ({"command": ["ls", "{{inputs.path}}"]}, []),
        ({"command": "{{inputs.command}}", "expect": {"stdoutMatches": "{{inputs.pattern}}"}}, []),
        ({"command": "ls -l"}, ["/command: 'ls -l' is not of type 'array'"]),
        ({"command": []}, ["/command: [] should be non-empty"]),
        ({"command": ["ls"], "expect": {"stdoutMatches": "("}}, [f"/expect/stdoutMatches: {NO_PATTERN}"]),
        (
            {"command": ["ls"], "allowedExitCodes": [1]},
            ["/: Additional properties are not allowed ('allowedExitCodes' was unexpected)"],
        ),
        (
            {"command": ["ls"], "expect": {"exitCode": 256}},
            ["/expect/exitCode: 256 is greater than the maximum of 255"],
        ),
    ],
)
def test_mistakes_of_configs(config: dict[str, Any], mistakes: list[str]) -> None:
    assert config_mistakes(Verifier(id="v", kind="shell", config=config)) == mistakes


def test_a_wrong_pattern_that_was_interpolated_fails(asked: Asked) -> None:
    asked.inputs["pattern"] = "("
    verdict = asked.verdict("shell", command=["true"], expect={"stdoutMatches": "{{inputs.pattern}}"})
    assert verdict.status == "failed" and "is no regular expression" in verdict.summary


def test_the_context_is_the_steps_own(asked: Asked) -> None:
    from opsroom_dagster.runtime.verifiers._copy import on_a_copy

    context: StepContext = asked.context()
    with on_a_copy(context) as copied:
        assert copied.output != context.output and copied.output.name == "step"
        assert copied.output.parent.parent == context.output.parent
