"""Commands in the sandbox: what they see, what they may do, and that nothing of them is left."""

import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from opsroom_dagster.errors import CancelledError, InputError, MissingToolError, StepError, StepTimeoutError
from opsroom_dagster.runtime.commands import PATH, Command, Finished, Limits, run_command, signal_name
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.sandbox import ROOTS_ACCOUNT
from tests.runtime.contexts import needs_bubblewrap, processes, step_context

_numbers = itertools.count(os.getpid() * 1000)
BOTH = pytest.mark.parametrize("mode", [pytest.param("bubblewrap", marks=needs_bubblewrap), "off"])
SECONDS = 30
"""More than anything here takes on a busy machine, and less than what hangs."""


@pytest.fixture
def context(tmp_path: Path) -> StepContext:
    return step_context(tmp_path / "home")


@pytest.fixture
def nap() -> Generator[str]:
    """A number of seconds to sleep that nothing else sleeps, so that who is left sleeping is found."""
    number = f"9{next(_numbers)}"
    yield number
    for left in processes(number):
        os.kill(left, signal.SIGKILL)


def run(context: StepContext, *arguments: str, **rest: Any) -> Finished:
    return run_command(Command(arguments, **rest), context)


def sh(context: StepContext, script: str, *arguments: str, **rest: Any) -> str:
    finished = run(context, "sh", "-c", script, "sh", *arguments, **rest)
    assert finished.exit_code == 0, finished
    return finished.stdout.decode()


def gone(nap: str) -> bool:
    until = time.monotonic() + 5
    while processes(nap) and time.monotonic() < until:
        time.sleep(0.02)
    return not processes(nap)


# --- what it sees ---


@needs_bubblewrap
def test_only_its_folder_and_a_tmp_of_its_own_can_be_written(context: StepContext) -> None:
    places = ["/", "/etc", "/usr", "/var", "/home", "/root", "/run", "/dev", "/proc", "/sys"]
    places += [str(context.output), str(context.output.parent), "/tmp", "/dev/shm", "."]
    name = f"opsroom-{next(_numbers)}"
    script = 'for d in "$@"; do touch "$d/$NAME" 2>/dev/null && echo "$d"; done; true'
    assert sh(context, script, *places, env={"NAME": name}).split() == ["/tmp", "/dev/shm", "."]
    assert [path.name for path in context.output.iterdir()] == [name]
    assert not any(Path(place, name).exists() for place in ("/tmp", "/dev/shm"))


@needs_bubblewrap
def test_of_our_home_it_sees_artifacts_and_its_own_run(context: StepContext) -> None:
    root = context.home.root
    hidden = ["keys/signing.pem", "postgres/data/x", "dagster/dagster.yaml", "logs/x", "runs/other/s/x", "x"]
    for name in (*hidden, "artifacts/p/a", "forge/p/b", "runs/r/before/c"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("told", encoding="utf-8")
    assert sh(context, 'cd "$1" && find . -type f | sort && cat runs/r/before/c', str(root)).split() == [
        "./artifacts/p/a",
        "./forge/p/b",
        "./runs/r/before/c",
        "told",
    ]


@needs_bubblewrap
def test_a_home_outside_of_tmp_is_hidden_as_well(tmp_path_factory: pytest.TempPathFactory) -> None:
    context = step_context(Path(__file__).parent / f".home-{os.getpid()}")
    root = context.home.root
    try:
        (root / "keys").mkdir()
        (root / "artifacts").mkdir()
        (root / "keys" / "signing.pem").write_text("key", encoding="utf-8")
        assert sh(context, 'ls "$1"', str(root)).split() == ["artifacts", "runs"]
        assert run(context, "touch", str(root / "x"), str(root / "artifacts" / "x")).exit_code != 0
        assert not (root / "artifacts" / "x").exists()
        assert not (root / "x").exists()
    finally:
        subprocess.run(["rm", "-r", str(root)], check=True)


@needs_bubblewrap
def test_peoples_homes_and_the_sockets_of_services_are_hidden(context: StepContext) -> None:
    home = Path.home()
    assert sh(context, 'find "$@" -mindepth 1 | head', "/home", "/root", "/run") == ""
    if not home.is_relative_to("/usr"):
        assert sh(context, 'ls -A "$1" 2>/dev/null; true', str(home)) == ""


@needs_bubblewrap
def test_it_is_not_root_and_cannot_become_it(context: StepContext) -> None:
    script = "touch mine; id -u; grep -E 'Cap(Prm|Eff|Bnd)' /proc/self/status | cut -f2 | sort -u"
    assert sh(context, script).split() == ["65534", "0000000000000000"]
    if os.geteuid() == 0:
        assert {path.stat().st_uid for path in (context.output, context.output / "mine")} == {ROOTS_ACCOUNT}
    assert run(context, "unshare", "--user", "id").exit_code != 0
    assert run(context, "cat", "/etc/shadow").exit_code != 0


@needs_bubblewrap
def test_it_sees_no_other_processes_and_another_host_name(context: StepContext) -> None:
    assert len(sh(context, "ls -d /proc/[0-9]*").split()) <= 4
    assert sh(context, "uname -n") == "sandbox\n"


@needs_bubblewrap
def test_its_environment_is_what_is_named(context: StepContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPSROOM_SECRET_X", "told")
    found = sh(context, "env | grep -v ^_= | sort", env={"A": "1 $HOME `id`\n2", "LANG": "C"})
    assert found == f"2\nA=1 $HOME `id`\nHOME=/tmp/work\nLANG=C\nPATH={PATH}\nPWD=/tmp/work\n"
    assert sh(context, "cat /proc/1/environ") == ""


def test_without_a_sandbox_its_environment_is_what_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPSROOM_SECRET_X", "told")
    context = step_context(tmp_path / "home", sandbox="off")
    found = sh(context, "env | grep -v ^_= | sort", env={"LANG": "C", "A": "1"})
    assert found == f"A=1\nHOME={context.output}\nLANG=C\nPATH={PATH}\nPWD={context.output}\n"


@needs_bubblewrap
def test_the_environment_does_not_reach_bubblewrap_nor_those_who_list_processes(context: StepContext, nap: str) -> None:
    # As bubblewrap's own, LD_PRELOAD would be loaded outside of the sandbox.
    command = Command(("sleep", nap), env={"LD_PRELOAD": "/tmp/work/evil.so", "TOKEN": "hunter2!"})
    thread = threading.Thread(target=_run_until_cancelled, args=(command, context))
    thread.start()
    until = time.monotonic() + SECONDS
    while not (found := processes(nap)) and time.monotonic() < until:
        time.sleep(0.02)
    outside = [pid for pid in found if b"bwrap" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert outside
    for pid in outside:
        assert Path(f"/proc/{pid}/environ").read_bytes() == b""
        assert b"hunter2!" not in Path(f"/proc/{pid}/cmdline").read_bytes()
    context.cancelled.set()
    thread.join(SECONDS)
    assert not thread.is_alive()


def _run_until_cancelled(command: Command, context: StepContext) -> None:
    with pytest.raises(CancelledError):
        run_command(command, context)


@needs_bubblewrap
@pytest.mark.parametrize("network", [False, True])
def test_the_network_is_there_when_it_is_allowed(context: StepContext, network: bool) -> None:
    script = 'exec 3<>"/dev/tcp/127.0.0.1/$1" && echo there'
    with socket.create_server(("127.0.0.1", 0)) as server:
        finished = run(context, "bash", "-c", script, "bash", str(server.getsockname()[1]), network=network)
    assert finished.stdout == (b"there\n" if network else b"")


@needs_bubblewrap
def test_names_can_be_looked_up_where_the_network_is_allowed(context: StepContext) -> None:
    if not Path("/etc/resolv.conf").exists():
        pytest.skip("this machine has no /etc/resolv.conf")
    assert sh(context, "cat /etc/resolv.conf", network=True) == Path("/etc/resolv.conf").read_text(encoding="utf-8")


# --- what it is given ---

NASTY = [
    "; rm -rf .",
    "$(touch pwned)",
    "`touch pwned`",
    "a\nb",
    "--bind",
    "-c",
    "",
    "|| true",
    "' \"",
    "*",
    "~",
    "%s",
    "\\",
    "\N{RIGHT-TO-LEFT OVERRIDE}ä",
]


@BOTH
def test_arguments_arrive_as_they_are(tmp_path: Path, mode: str) -> None:
    context = step_context(tmp_path / "home", sandbox=mode)
    finished = run(context, "printf", "%s\\0", *NASTY)
    assert finished.stdout.decode().split("\0")[:-1] == NASTY
    assert list(context.output.iterdir()) == []


@BOTH
@pytest.mark.parametrize("program", ["--version", "--bind", "-c", "; true", "$(id)", "no such\nprogram", "../x"])
def test_a_program_is_never_an_option_nor_a_script(tmp_path: Path, mode: str, program: str) -> None:
    with pytest.raises(MissingToolError, match="Install it where commands see it"):
        run(step_context(tmp_path / "home", sandbox=mode), program)


@BOTH
def test_a_program_that_cannot_be_started_says_why(tmp_path: Path, mode: str) -> None:
    context = step_context(tmp_path / "home", sandbox=mode)
    (context.output / "tool").write_text("", encoding="utf-8")
    with pytest.raises(StepError, match="could not be started: Permission denied"):
        run(context, "./tool")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (Command(()), "the command is empty"),
        (Command(("",)), "the command is empty"),
        (Command(("a\0b",)), "argument 0 of the command holds a NUL"),
        (Command(("true", "\0")), "argument 1 of the command holds a NUL"),
        (Command(("true",), env={"A": "\0"}), "value of the variable 'A' holds a NUL"),
        (Command(("true",), env={"A=B": "c"}), "'A=B' is no name"),
        (Command(("true",), env={"": "c"}), "'' is no name"),
        (Command(("true",), env={"A\0": "c"}), "holds a NUL"),
        (Command(("true",), cwd="a\0"), "cwd holds a NUL"),
        (Command(("true", "\ud800")), "no text"),
        (Command(("true",), input="\udfff"), "no text"),
        (Command(("true",), cwd=".."), "leaves its folder"),
        (Command(("true",), cwd="/etc"), "leaves its folder"),
        (Command(("true",), cwd="a/../../x"), "leaves its folder"),
        (Command(("true",), cwd="out"), "leaves its folder"),
        (Command(("true",), cwd="missing"), "no folder 'missing'"),
        (Command(("true",), cwd="file"), "no folder 'file'"),
        (Command(("true",), cwd="--chdir"), "no folder '--chdir'"),
    ],
)
def test_what_cannot_be_passed_on_is_refused(context: StepContext, command: Command, told: str) -> None:
    (context.output / "out").symlink_to("/etc")
    (context.output / "file").touch()
    with pytest.raises(InputError, match=told):
        run_command(command, context)


@BOTH
def test_it_starts_in_a_folder_inside_its_own(tmp_path: Path, mode: str) -> None:
    context = step_context(tmp_path / "home", sandbox=mode)
    (context.output / "-a b").mkdir()
    assert sh(context, "pwd; touch here; echo $HOME", cwd="-a b").split("\n")[1:-1] == [
        "/tmp/work" if mode == "bubblewrap" else str(context.output)
    ]
    assert (context.output / "-a b" / "here").exists()


@BOTH
def test_it_reads_its_input(tmp_path: Path, mode: str) -> None:
    context = step_context(tmp_path / "home", sandbox=mode)
    text = "ä\n" * 100_000
    assert run(context, "cat", input=text).stdout.decode() == text
    assert run(context, "cat").stdout == b""


@BOTH
@pytest.mark.parametrize(("script", "code", "name"), [("exit 7", 7, ""), ("kill -9 $$", 137, "SIGKILL")])
def test_its_exit_code_is_told(tmp_path: Path, mode: str, script: str, code: int, name: str) -> None:
    finished = run(step_context(tmp_path / "home", sandbox=mode), "sh", "-c", f"echo out; echo err >&2; {script}")
    assert (finished.exit_code, finished.stdout, finished.stderr) == (code, b"out\n", b"err\n")
    assert signal_name(finished.exit_code) == name


@BOTH
def test_a_command_that_only_says_that_it_was_not_started_is_not_believed_to_have_succeeded(
    tmp_path: Path, mode: str
) -> None:
    prefix = "bwrap" if mode == "bubblewrap" else "leashed"
    with pytest.raises(StepError):
        sh(step_context(tmp_path / "home", sandbox=mode), f"echo '{prefix}: no' >&2; exit 1")


# --- its limits ---


@BOTH
def test_too_much_output_ends_it(tmp_path: Path, mode: str) -> None:
    context = step_context(tmp_path / "home", sandbox=mode)
    limits = Limits(output=1_000_000)
    assert len(run(context, "head", "-c", "1000000", "/dev/zero", limits=limits).stdout) == 1_000_000
    with pytest.raises(StepError, match="was killed: it wrote more than 1,000,000 bytes to stdout"):
        run(context, "yes", limits=limits)
    with pytest.raises(StepError, match="to stderr"):
        run(context, "sh", "-c", "yes >&2", limits=limits)


@BOTH
def test_too_much_memory_is_not_given(tmp_path: Path, mode: str) -> None:
    context = step_context(tmp_path / "home", sandbox=mode)
    script = "head -c 300M /dev/zero | tail | wc -c"
    finished = run(context, "sh", "-c", script, limits=Limits(memory=100 << 20))
    assert b"memory exhausted" in finished.stderr


@BOTH
def test_too_large_a_file_ends_it(tmp_path: Path, mode: str) -> None:
    context = step_context(tmp_path / "home", sandbox=mode)
    finished = run(context, "head", "-c", "2M", "/dev/zero", limits=Limits(file=1 << 20, output=1 << 30))
    assert finished.exit_code == 0  # a pipe is no file
    finished = run(context, "sh", "-c", "exec head -c 2M /dev/zero > big", limits=Limits(file=1 << 20))
    assert signal_name(finished.exit_code) == "SIGXFSZ" or b"File too large" in finished.stderr
    assert (context.output / "big").stat().st_size == 1 << 20


@needs_bubblewrap
def test_tmp_is_limited(context: StepContext) -> None:
    finished = run(context, "sh", "-c", "head -c 30M /dev/zero > /tmp/big", limits=Limits(memory=20 << 20))
    assert b"No space left" in finished.stderr


@BOTH
def test_too_many_processes_end_it(tmp_path: Path, mode: str, nap: str) -> None:
    context = step_context(tmp_path / "home", sandbox=mode)
    many = f"for i in $(seq 60); do sleep {nap} & done; wait"
    with pytest.raises(StepError, match="was killed: it started more than 50 processes"):
        run(context, "sh", "-c", many, limits=Limits(processes=50, seconds=SECONDS))
    assert processes(nap) == []


@needs_bubblewrap
def test_a_fork_bomb_is_ended(context: StepContext, nap: str) -> None:
    bomb = f"bomb() {{ bomb | bomb & }}; bomb; sleep {nap}"
    with pytest.raises(StepError, match="was killed: it started more than 50 processes"):
        run(context, "sh", "-c", bomb, limits=Limits(processes=50, seconds=SECONDS))
    assert processes(nap) == []


@BOTH
def test_threads_are_counted(tmp_path: Path, mode: str) -> None:
    if not Path("/usr/bin/python3").exists():
        pytest.skip("this machine has no /usr/bin/python3")
    script = "import threading, time\nfor _ in range(40): threading.Thread(target=time.sleep, args=(30,)).start()"
    with pytest.raises(StepError, match="more than 20 processes"):
        run(
            step_context(tmp_path / "home", sandbox=mode),
            *("/usr/bin/python3", "-c", script),
            limits=Limits(processes=20, seconds=SECONDS),
        )


# --- how it ends ---

HANGING = [
    "sleep {nap}",
    "sleep {nap} & sleep {nap}",
    "trap '' TERM INT HUP; sleep {nap}; sleep {nap}",
    "setsid sleep {nap} & sleep {nap}",
    "(setsid sh -c 'sleep {nap} & sleep {nap}' &) ; sleep {nap}",
    "nohup sleep {nap} >/dev/null 2>&1 & exec sleep {nap} >/dev/null 2>&1",
    "exec >/dev/null 2>&1; sleep {nap}",
]


@BOTH
@pytest.mark.parametrize("script", HANGING)
def test_at_its_deadline_all_of_it_is_killed(tmp_path: Path, mode: str, nap: str, script: str) -> None:
    context, started = step_context(tmp_path / "home", sandbox=mode), time.monotonic()
    with pytest.raises(StepTimeoutError, match="it did not end within 300 ms"):
        run(context, "sh", "-c", script.format(nap=nap), limits=Limits(seconds=0.3))
    assert processes(nap) == []
    assert time.monotonic() - started < 10


@BOTH
def test_the_steps_deadline_holds_as_well(tmp_path: Path, mode: str, nap: str) -> None:
    context = step_context(tmp_path / "home", sandbox=mode, deadline=time.monotonic() + 0.3)
    with pytest.raises(StepTimeoutError, match="the step 's' did not end in time"):
        run(context, "sleep", nap)
    assert processes(nap) == []


@BOTH
@pytest.mark.parametrize("script", ["sleep {nap}", "setsid sleep {nap} & yes >/dev/null"])
def test_cancelling_ends_it(tmp_path: Path, mode: str, nap: str, script: str) -> None:
    context = step_context(tmp_path / "home", sandbox=mode)
    threading.Timer(0.3, context.cancelled.set).start()
    started = time.monotonic()
    with pytest.raises(CancelledError):
        run(context, "sh", "-c", script.format(nap=nap))
    assert processes(nap) == []
    assert time.monotonic() - started < 10


@BOTH
def test_what_it_leaves_running_is_killed_when_it_has_ended(tmp_path: Path, mode: str, nap: str) -> None:
    context = step_context(tmp_path / "home", sandbox=mode)
    assert sh(context, f"sleep {nap} & echo done") == "done\n"
    assert gone(nap)


@needs_bubblewrap
def test_no_daemon_of_it_is_left(context: StepContext, nap: str) -> None:
    assert sh(context, f"setsid -f sleep {nap}; echo done") == "done\n"
    assert gone(nap)


RUNNER = """
import sys
from pathlib import Path
from opsroom_dagster.runtime.commands import Command, run_command
from tests.runtime.contexts import step_context
context = step_context(Path(sys.argv[1]), sandbox=sys.argv[2])
run_command(Command(("true",)), context)
print("ready", flush=True)
run_command(Command(("sh", "-c", sys.argv[3])), context)
"""


@BOTH
@pytest.mark.parametrize("delay", [0, 0.01, 0.02, 0.03, 0.05, None])
def test_it_dies_with_whoever_runs_it_at_whatever_moment(
    tmp_path: Path, mode: str, nap: str, delay: float | None
) -> None:
    vector = [sys.executable, "-c", RUNNER, str(tmp_path / "home"), mode, f"setsid sleep {nap} & sleep {nap}; true"]
    with subprocess.Popen(vector, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        until = time.monotonic() + SECONDS
        while delay is None and len(processes(f"sleep\0{nap}")) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(delay or 0)
        process.kill()
    assert gone(nap)


@BOTH
def test_no_file_stays_open(tmp_path: Path, mode: str) -> None:
    context = step_context(tmp_path / "home", sandbox=mode)
    run(context, "true")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        run(context, "true")
        with pytest.raises(MissingToolError):
            run(context, "no-such-program")
        with pytest.raises(StepTimeoutError):
            run(context, "sleep", "9", limits=Limits(seconds=0.05))
    assert len(list(Path("/proc/self/fd").iterdir())) == before


# --- which sandbox ---


def test_without_bubblewrap_nothing_runs(context: StepContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        MissingToolError, match=r"bubblewrap is missing.*apt-get install bubblewrap.*OPSROOM_SANDBOX=off"
    ):
        run(context, "touch", "ran")
    assert list(context.output.iterdir()) == []


def test_with_a_bubblewrap_that_does_not_work_nothing_runs(
    context: StepContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bwrap"
    program.write_text(
        "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2; exit 1\n", encoding="utf-8"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match=r"A bubblewrap that works.*namespaces.*OPSROOM_SANDBOX=off"):
        run(context, "touch", "ran")
    assert list(context.output.iterdir()) == []


@BOTH
def test_the_result_says_which(tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    context = step_context(tmp_path / "home", sandbox=mode)
    if mode == "off":
        monkeypatch.setenv("PATH", str(tmp_path))
    assert run(context, "true").sandbox.split(" ")[0] == mode
