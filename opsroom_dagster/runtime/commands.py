"""Run a command of a plan: in the sandbox, within its limits, and gone when it is over."""

import os
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from opsroom_dagster.errors import InputError, MissingToolError, StepError, StepTimeoutError
from opsroom_dagster.files import inside
from opsroom_dagster.proofs.masking import mask
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.sandbox import OFF, find_sandbox
from opsroom_dagster.runtime.started import FAILED_TO_START, Started, start_boxed, start_unboxed

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_POLL = 0.05
_PIECE = 1 << 16
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Limits:
    """What a command may use. ``memory`` holds for each of its processes, ``output`` for each of its two streams.

    Attributes:
        memory, output, file: bytes; ``file``: the largest file that it may write.
        processes: threads are counted, too.
    """

    seconds: float = 600
    memory: int = 4 << 30
    output: int = 1 << 20
    file: int = 2 << 30
    processes: int = 512


@dataclass(frozen=True)
class Command:
    """An argument vector and what it is given.

    Attributes:
        cwd: relative to the step's folder.
        env: names to values, added to PATH, HOME (the step's folder) and LANG.
    """

    arguments: tuple[str, ...]
    cwd: str = "."
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    input: str = ""
    network: bool = False
    limits: Limits = Limits()

    @property
    def name(self) -> str:
        """The program, for messages: arguments may hold what is nobody's business."""
        return self.arguments[0]


@dataclass(frozen=True)
class Finished:
    """How a command ended. ``exit_code``: 128 + n when signal n ended it. ``sandbox``: name and version, or ``off``."""

    exit_code: int
    stdout: bytes
    stderr: bytes
    sandbox: str


def run_command(command: Command, context: StepContext) -> Finished:
    """Run a command to its end; whatever it ends by, nothing that it started is left running.

    Raises:
        InputError: a part of the command cannot be passed on, or ``cwd`` is no folder inside the step's.
        MissingToolError: there is no sandbox, or no such program in it.
        StepError: it used more than its limits allow.
        StepTimeoutError, CancelledError: it was killed at its deadline or the step's, or because the run was cancelled.
    """
    _check(command)
    folder = _working_folder(context.output, command.cwd)
    sandbox = find_sandbox(context.settings)
    context.remaining(command.limits.seconds)
    environment = {"PATH": PATH, "LANG": "C.UTF-8", **command.env}
    if sandbox is None:
        started = start_unboxed(command, environment, folder, context)
    else:
        cwd = folder.relative_to(context.output.resolve()).as_posix()
        started = start_boxed(sandbox, command, environment, cwd, context)
    try:
        written = _follow(started, command, context)
    finally:
        started.end()
    stdout, stderr = map(bytes, written)
    finished = Finished(started.exit_code, stdout, stderr, OFF if sandbox is None else sandbox.name)
    _check_started(command, finished)
    return finished


def signal_name(exit_code: int) -> str:
    """The name of the signal that an exit code stands for; empty: none."""
    try:
        return signal.Signals(exit_code - 128).name if exit_code > 128 else ""
    except ValueError:
        return ""


def _check(command: Command) -> None:
    if not command.arguments or not command.arguments[0]:
        raise InputError("the command is empty.", remedy="Name a program and its arguments, each as one text.")
    for what, text in (
        *((f"argument {place} of the command", text) for place, text in enumerate(command.arguments)),
        *((f"value of the variable {name!r}", text) for name, text in command.env.items()),
        *((f"name of the variable {name!r}", name) for name in command.env),
        ("cwd", command.cwd),
    ):
        if "\0" in text:
            raise InputError(f"the {what} holds a NUL character, which no command can be given.")
    for text in (*command.arguments, *command.env, *command.env.values(), command.cwd, command.input):
        if _SURROGATE.search(text):
            raise InputError("the command holds half of a surrogate pair, which is no text.")
    if wrong := [name for name in command.env if not name or "=" in name]:
        raise InputError(f"{wrong[0]!r} is no name for a variable.", remedy="Use letters, digits and underscores.")


def _working_folder(output: Path, cwd: str) -> Path:
    folder = inside(output, cwd)
    if not folder.is_dir():
        raise InputError(f"there is no folder {cwd!r} in the step's folder.", remedy="Let the step before it make one.")
    return folder


def _follow(started: Started, command: Command, context: StepContext) -> tuple[bytearray, bytearray]:
    """What the command writes to its two streams until it ends."""
    written = {"stdout": bytearray(), "stderr": bytearray()}
    until = time.monotonic() + command.limits.seconds
    checked = 0.0
    with selectors.DefaultSelector() as selector:
        for name, stream in (("stdout", started.process.stdout), ("stderr", started.process.stderr)):
            assert stream is not None
            os.set_blocking(stream.fileno(), False)
            selector.register(stream, selectors.EVENT_READ, name)
        while True:
            # Looked at before reading: what it wrote until its end is read below.
            ended = started.process.poll() is not None
            progress = False
            for key, _ in selector.select(0 if ended else _POLL) if selector.get_map() else ():
                progress = True
                if piece := os.read(key.fd, _PIECE):
                    _add(written[key.data], piece, key.data, command)
                else:
                    selector.unregister(key.fileobj)
            if ended and not progress:
                return written["stdout"], written["stderr"]
            if not selector.get_map() and not ended:
                _wait(started.process)
            if time.monotonic() - checked > _POLL:
                _check_limits(started, command, context, until)
                checked = time.monotonic()


def _add(written: bytearray, piece: bytes, stream: str, command: Command) -> None:
    written += piece
    if len(written) > command.limits.output:
        raise StepError(
            f"the command {command.name!r} was killed: it wrote more than {command.limits.output:,} bytes to {stream}."
        )


def _wait(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(_POLL)
    except subprocess.TimeoutExpired:
        return


def _check_limits(started: Started, command: Command, context: StepContext, until: float) -> None:
    context.remaining(1)
    limits = command.limits
    if time.monotonic() > until:
        raise StepTimeoutError(
            f"the command {command.name!r} was killed: it did not end within {limits.seconds * 1000:,.0f} ms."
        )
    if started.count(limits.processes + 1) > limits.processes:
        raise StepError(f"the command {command.name!r} was killed: it started more than {limits.processes} processes.")


def _check_started(command: Command, finished: Finished) -> None:
    if finished.exit_code != 1 or (found := FAILED_TO_START.fullmatch(finished.stderr)) is None:
        return
    reason = found["reason"].decode("utf-8", "replace")
    if found["program"] is None:
        raise StepError(f"the sandbox for the command {command.name!r} could not be made: {mask(reason)}.")
    if reason == os.strerror(2):
        raise MissingToolError(
            f"The program {command.name!r}", f"Install it where commands see it ({PATH}; people's homes are hidden)."
        )
    raise StepError(f"the command {command.name!r} could not be started: {reason}.")
