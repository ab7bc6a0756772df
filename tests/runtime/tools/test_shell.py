"""The tools of kind ``shell``."""

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from opsroom_dagster.errors import InputError, OpsroomError, StepError
from opsroom_dagster.runtime.context import StepContext
from tests.runtime.contexts import needs_bubblewrap, step_context
from tests.runtime.tools.calls import call

pytestmark = needs_bubblewrap
SECRET = 's3cr&t+v/l=e "ü"'
OTHER = "another-secret"


@pytest.fixture
def context(tmp_path: Path) -> StepContext:
    scope = {"inputs": {"port": 8080, "flag": "--x=1", "list": ["a", "b"]}, "steps": {}}
    return step_context(tmp_path / "home", scope=scope, secrets={"KEY": SECRET, "OTHER": OTHER})


def test_outputs_say_what_the_command_did_and_where(context: StepContext) -> None:
    outputs = call(context, "shell", command=["sh", "-c", "echo out; echo err >&2"])
    assert outputs.pop("sandbox").startswith("bubblewrap ")
    assert outputs == {"exitCode": 0, "stdout": "out\n", "stderr": "err\n"}


def test_without_a_sandbox_the_outputs_say_so(tmp_path: Path) -> None:
    outputs = call(step_context(tmp_path / "home", sandbox="off"), "shell", command=["echo", "a"])
    assert outputs == {"exitCode": 0, "stdout": "a\n", "stderr": "", "sandbox": "off"}


def test_the_same_command_puts_out_the_same_wherever_it_runs(tmp_path: Path) -> None:
    script = "pwd; env | sort; id; uname -n; ls -la --time-style=+ ."
    first, second = (
        call(step_context(tmp_path / name), "shell", command=["sh", "-c", script]) for name in ("home", "other/home")
    )
    assert first == second


@pytest.mark.parametrize(("allowed", "code"), [([0, 3], 3), ([3], 3), ([0, 255], 0)])
def test_exit_codes_may_be_allowed(context: StepContext, allowed: list[int], code: int) -> None:
    assert call(context, "shell", command=["sh", "-c", f"exit {code}"], allowedExitCodes=allowed)["exitCode"] == code


def test_another_exit_code_fails_with_the_end_of_what_it_said(context: StepContext) -> None:
    script = "head -c 5000 /dev/zero | tr '\\0' '\\n' >&2; echo 'no such table; password=hunter2hunter2' >&2; exit 3"
    with pytest.raises(StepError) as caught:
        call(context, "shell", command=["sh", "-c", script])
    assert str(caught.value) == "the command 'sh' ended with exit code 3, not 0:\nno such table; password=***"
    with pytest.raises(StepError, match=r"exit code 137 \(SIGKILL\), not 0 or 2; it wrote nothing"):
        call(context, "shell", command=["sh", "-c", "kill -9 $$"], allowedExitCodes=[0, 2])


# --- arguments ---


def test_arguments_are_filled_in_and_never_joined(context: StepContext) -> None:
    args = ["printf", "[%s]", "{{inputs.port}}", "-p{{inputs.port}}", "{{inputs.flag}}", "$(id); rm -rf ~"]
    assert call(context, "shell", command=args)["stdout"] == "[8080][-p8080][--x=1][$(id); rm -rf ~]"
    outputs = call(context, "shell", command=["printenv", "PORT"], env={"PORT": "{{inputs.port}}"})
    assert outputs["stdout"] == "8080\n"


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ({}, "all: 'command' is a required property"),
        ({"command": "rm -rf /"}, "command: 'rm -rf /' is not of type 'array'"),
        ({"command": []}, "command: [] should be non-empty"),
        ({"command": ["echo", ["a"]]}, "command.1: ['a'] is not of type"),
        ({"command": ["echo", None]}, "command.1: None is not of type"),
        ({"command": ["echo", "{{inputs.list}}"]}, "command.1: ['a', 'b'] is not of type"),
        ({"command": ["true"], "cwd": 1}, "cwd: 1 is not of type 'string'"),
        ({"command": ["true"], "env": ["A=1"]}, "env: ['A=1'] is not of type 'object'"),
        ({"command": ["true"], "env": {"A": None}}, "env.A: None is not of type"),
        ({"command": ["true"], "network": "yes"}, "network: 'yes' is not of type 'boolean'"),
        ({"command": ["true"], "timeoutMs": 0}, "timeoutMs: 0 is less than the minimum"),
        ({"command": ["true"], "maxOutputBytes": 100_000_001}, "maxOutputBytes: 100000001 is greater than the maximum"),
        ({"command": ["true"], "memoryMb": 1}, "memoryMb: 1 is less than the minimum"),
        ({"command": ["true"], "allowedExitCodes": []}, "allowedExitCodes: [] should be non-empty"),
        ({"command": ["true"], "shell": True}, "all: Additional properties are not allowed ('shell' was unexpected)"),
    ],
)
def test_wrong_arguments_are_named(context: StepContext, args: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as caught:
        call(context, "shell", **args)
    assert f"the arguments of the tool 'shell' do not fit: {told}" in str(caught.value)


def test_a_secret_of_the_wrong_type_is_not_told(context: StepContext) -> None:
    with pytest.raises(InputError) as caught:
        call(context, "shell", command=["true"], timeoutMs="{{secrets.KEY}}")
    assert "timeoutMs" in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("cwd", ["..", "/", "/etc", "a/../..", "~", "$(pwd)"])
def test_it_starts_nowhere_else(context: StepContext, cwd: str) -> None:
    with pytest.raises(InputError):
        call(context, "shell", command=["true"], cwd=cwd)


# --- long outputs ---


def test_a_long_output_goes_to_a_file(context: StepContext) -> None:
    script = "head -c 64001 /dev/zero | tr '\\0' a; head -c 64000 /dev/zero >&2"
    outputs = call(context, "shell", command=["sh", "-c", script])
    data = b"a" * 64_001
    digest = hashlib.sha256(data).hexdigest()
    assert outputs["stdout"] == {"file": f"stdout-{digest[:16]}", "digest": f"sha256:{digest}", "bytes": 64_001}
    assert (context.output / outputs["stdout"]["file"]).read_bytes() == data
    assert outputs["stderr"] == "\N{REPLACEMENT CHARACTER}" * 64_000


def test_an_output_of_100_mb_is_kept_and_one_byte_more_is_not(context: StepContext) -> None:
    def wanted(count: int) -> dict[str, Any]:
        return {"command": ["head", "-c", count, "/dev/zero"], "maxOutputBytes": 100_000_000}

    kept = call(context, "shell", **wanted(100_000_000))["stdout"]
    path = context.output / kept["file"]
    assert path.stat().st_size == kept["bytes"] == 100_000_000
    with path.open("rb") as stream:
        assert kept["digest"] == f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"
    with pytest.raises(StepError, match="more than 100,000,000 bytes to stdout"):
        call(context, "shell", **wanted(100_000_001))
    with pytest.raises(StepError, match="more than 1,048,576 bytes to stdout"):
        call(context, "shell", command=["head", "-c", 1_048_577, "/dev/zero"])


def test_a_command_cannot_redirect_what_is_kept_of_it(context: StepContext, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched", encoding="utf-8")
    name = f"stdout-{hashlib.sha256(b'a' * 70_000).hexdigest()[:16]}"
    script = 'ln -s "$1" "$2"; head -c 70000 /dev/zero | tr "\\0" a'
    kept = call(context, "shell", command=["sh", "-c", script, "sh", str(victim), name])["stdout"]
    assert kept["file"] == name
    assert victim.read_text(encoding="utf-8") == "untouched"
    assert not (context.output / name).is_symlink()

    (context.output / name).unlink()
    with pytest.raises(StepError, match="could not be written to the step's folder"):
        call(context, "shell", command=["sh", "-c", 'mkdir -p "$1/x"; ' + script.partition("; ")[2], "sh", name])


def test_outputs_can_be_stored(context: StepContext) -> None:
    stdout = call(context, "shell", command=["printf", r"a\0\377\355\240\200b"])["stdout"]
    assert stdout.encode().decode() == stdout
    assert "\0" not in stdout
    assert (stdout[0], stdout[-1]) == ("a", "b")


# --- secrets ---


def test_a_secret_reaches_the_command_and_never_comes_out(context: StepContext) -> None:
    script = """
        test "$1" = "$KEY" && test "$(cat)" = "$KEY" && echo same
        printf '%s\\n' "$KEY" "{{secrets.OTHER}}" >&2
        printf '%s' "$KEY" | base64; printf 'x%s' "$KEY" | base64; cat /proc/self/environ
    """
    outputs = call(
        context, "shell", command=["sh", "-c", script, "sh", "{{secrets.KEY}}"],
        env={"KEY": "{{secrets.KEY}}"}, input="{{secrets.KEY}}",
    )  # fmt: skip
    assert outputs["stdout"].startswith("same\n***")
    assert outputs["stderr"] == "***\n***\n"
    assert_told_nowhere(outputs)


def test_a_secret_is_not_in_files_that_are_kept(context: StepContext) -> None:
    script = 'for i in $(seq 9000); do printf "%s %s\\n" "$KEY" "$OTHER"; done'
    env = {"KEY": "{{secrets.KEY}}", "OTHER": "{{secrets.OTHER}}"}
    kept = call(context, "shell", command=["sh", "-c", script], env=env)["stdout"]
    text = (context.output / kept["file"]).read_text(encoding="utf-8")
    assert text == "*** ***\n" * 9000
    assert kept["digest"] == f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@pytest.mark.parametrize(
    "command",
    [
        ["sh", "-c", "echo $KEY >&2; exit 1"],
        ["sh", "-c", 'printf "%s" "$KEY" >&2; head -c 1995 /dev/zero | tr "\\0" x >&2; exit 1'],
        ["{{secrets.KEY}}"],
        ["cat", "{{secrets.KEY}}"],
    ],
)
def test_a_secret_is_not_in_errors(context: StepContext, command: list[str]) -> None:
    with pytest.raises(OpsroomError) as caught:
        call(context, "shell", command=command, env={"KEY": "{{secrets.KEY}}"})
    assert_told_nowhere(str(caught.value))
    assert '/l=e "ü"' not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def assert_told_nowhere(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    for secret in (SECRET, OTHER):
        assert secret not in text
        assert json.dumps(secret, ensure_ascii=False)[1:-1] not in text


# --- narrowed tools ---


def test_git_status_is_fixed_to_its_command(context: StepContext) -> None:
    subprocess.run(["git", "init", "-q", "-b", "main", str(context.output / "tree")], check=True)
    (context.output / "tree" / "new.txt").touch()
    outputs = call(context, "git-status", cwd="tree")
    assert outputs["stdout"].splitlines()[1:] == ["# branch.head main", "? new.txt"]
    for wrong in ({"command": ["git", "push"]}, {"env": {}}, {"network": True}):
        with pytest.raises(InputError, match="the arguments of the tool 'git-status' do not fit"):
            call(context, "git-status", **wrong)
