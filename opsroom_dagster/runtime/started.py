"""Commands that have been started, in the sandbox or without one, and how nothing of them is left."""

import json
import os
import platform
import re
import resource
import select
import subprocess
import sys
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from opsroom_dagster.runtime import leashed
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.sandbox import FOLDER, ROOTS_ACCOUNT, STAGE, Sandbox, is_root, make_box

if TYPE_CHECKING:
    from opsroom_dagster.runtime.commands import Command, Limits

FAILED_TO_START = re.compile(rb"(?:bwrap|leashed): (?P<program>execvp .*: )?(?P<reason>[^\n]*)\n?", re.DOTALL)
"""All of standard error when a command was not started; the exit status is 1."""
_SECONDS_TO_START = 60
_SECONDS_TO_DIE = 10
_COUNTS_PROCESSES_PER_NAMESPACE = (5, 14)
"""Older kernels count all that the user runs, and would not let a busy one start anything."""


@dataclass
class Started:
    """A running command.

    Attributes:
        process: keeps the command on a leash, see ``runtime.leashed``; ends as it does.
        leash: when it is closed, all of the command is ended.
        root: the process that all of the command descends from.
    """

    process: "subprocess.Popen[bytes]"
    leash: FileIO
    root: int | None = None

    def count(self, at_most: int) -> int:
        """How many threads the command has; counting stops beyond ``at_most``."""
        todo, found = ([] if self.root is None else [self.root]), -1  # the root is not the command's
        while todo and found <= at_most:
            children, threads = _below(todo.pop())
            todo += children
            found += threads
        return max(found, 0)

    def end(self) -> None:
        """Kill what is left; returns when it is gone."""
        with suppress(BrokenPipeError):
            self.leash.write(b"!")  # closing alone is not seen while a process that was forked meanwhile holds it, too
        self.leash.close()
        try:
            self.process.wait(_SECONDS_TO_DIE)
        finally:
            self.process.kill()
            for stream in (self.process.stdout, self.process.stderr):
                if stream is not None:
                    stream.close()

    @property
    def exit_code(self) -> int:
        """128 + n for signal n, as shells have it."""
        code = self.process.returncode
        return code if code >= 0 else 128 - code


def start_boxed(sandbox: Sandbox, command: "Command", env: dict[str, str], cwd: str, context: StepContext) -> Started:
    """Start a command in the sandbox; see ``make_box``."""
    tmp = command.limits.memory
    env = {"HOME": FOLDER, **env}
    box = make_box(sandbox, context, cwd=cwd, env=env, network=command.network, tmp_bytes=tmp)
    limits = _limits(command.limits)
    with ExitStack() as ours:
        # Through a file: the arguments of programs can be seen by everyone on this machine.
        arguments = ours.enter_context(_file("\0".join([*box.options, ""])))
        told, tells = map(ours.enter_context, _pipe())
        holds, lets_go = map(ours.enter_context, _pipe())
        named = {"--args": arguments.fileno(), "--info-fd": tells.fileno(), "--block-fd": holds.fileno()}
        options = [part for option, handle in named.items() for part in (option, str(handle))]
        vector = [sandbox.program, *options, "--", *command.arguments]
        account = str(ROOTS_ACCOUNT) if is_root() else ""
        told_limits = limits if is_root() else {}
        started = _leashed(vector, command, box.staged, told_limits, account=account, given=tuple(named.values()))
        try:
            tells.close()
            _attach(started, told.fileno(), {} if is_root() else limits)
            lets_go.write(b"!")
        except BaseException:
            started.end()
            raise
    return started


def start_unboxed(command: "Command", env: dict[str, str], folder: Path, context: StepContext) -> Started:
    """Start a command in ``folder`` without a sandbox; it can do all that we can."""
    limits = _limits(command.limits)
    limits.pop(resource.RLIMIT_NPROC, None)  # it would count all that the user runs
    env = {"HOME": str(context.output.resolve()), **env}
    started = _leashed(list(command.arguments), command, [], limits, env=env, cwd=folder, keep=True)
    started.root = started.process.pid
    return started


def _leashed(
    vector: list[str],
    command: "Command",
    staged: list[str],
    limits: dict[int, int],
    *,
    account: str = "",
    env: dict[str, str] | None = None,
    given: tuple[int, ...] = (),
    cwd: Path | None = None,
    keep: bool = False,
) -> Started:
    leashed_end, leash = _pipe()
    told = ",".join(f"{what}={most}" for what, most in limits.items())
    named = "LC_CTYPE" in (env or {})
    options = [leashed_end.fileno(), int(keep), int(named), told, account, STAGE, len(staged), *staged]
    try:
        with leashed_end, _file(command.input) as stdin:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(Path(leashed.__file__)), *map(str, options), *vector],
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=env or {},
                cwd=cwd,
                pass_fds=(leashed_end.fileno(), *given),
                start_new_session=True,
            )
    except BaseException:
        leash.close()
        raise
    return Started(process, leash)


def _limits(limits: "Limits") -> dict[int, int]:
    found = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: limits.file, resource.RLIMIT_AS: limits.memory}
    if tuple(map(int, re.findall(r"\d+", platform.release())[:2])) >= _COUNTS_PROCESSES_PER_NAMESPACE:
        # More than are allowed: who has too many is ended, and does not go on without them. The account that root
        # starts commands as has one count for all of them.
        found[resource.RLIMIT_NPROC] = limits.processes * (4 if is_root() else 2)
    return found


def _attach(started: Started, told: int, limits: dict[int, int]) -> None:
    """Find the first process inside of the sandbox, which still waits, and limit what it may use."""
    text = b""
    while _is_ready(told, _SECONDS_TO_START) and (piece := os.read(told, 4096)):
        text += piece
    if not text:  # bubblewrap says why on standard error
        return
    root: int = json.loads(text)["child-pid"]
    started.root = root
    with suppress(ProcessLookupError):
        for what, most in limits.items():
            hard = resource.prlimit(root, what)[1]
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.prlimit(root, what, (most, most))


def _below(pid: int) -> tuple[list[int], int]:
    """The children of a process, and how many threads it has itself."""
    children, threads = list[int](), 0
    with suppress(OSError):  # it has ended meanwhile
        for thread in os.scandir(f"/proc/{pid}/task"):
            threads += 1
            with suppress(OSError):
                children += map(int, (Path(thread.path) / "children").read_text(encoding="ascii").split())
    return children, threads


def _is_ready(handle: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _pipe() -> tuple[FileIO, FileIO]:
    read, write = os.pipe()
    return FileIO(read, "r"), FileIO(write, "w")


def _file(text: str) -> BinaryIO:
    """A file without a name that holds the text."""
    stream = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    stream.write(text.encode())
    stream.seek(0)
    return stream
