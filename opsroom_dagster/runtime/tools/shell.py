"""Run a command: an argument vector, in the sandbox, see ``runtime.commands``."""

from typing import Annotated

from pydantic import Field

from opsroom_dagster.errors import StepError
from opsroom_dagster.plans.model import Json
from opsroom_dagster.proofs.masking import mask
from opsroom_dagster.runtime.commands import Command, Finished, Limits, run_command, signal_name
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.hiding import hide_bytes
from opsroom_dagster.runtime.tools._arguments import Arguments, Bytes, Milliseconds, Text, parsed
from opsroom_dagster.runtime.tools._kept import kept_text

_SHOWN = 2_000
_BEFORE = 1_000


class ShellArguments(Arguments):
    """What the tools of kind ``shell`` take."""

    command: Annotated[list[Text], Field(min_length=1)]
    cwd: str = "."
    """Relative to the step's folder."""
    env: dict[str, Text] = {}
    input: str = ""
    network: bool = False
    timeout_ms: Milliseconds = 600_000
    max_output_bytes: Bytes = 1 << 20
    """Of standard output, and of standard error."""
    memory_mb: Annotated[int, Field(ge=16, le=1 << 20)] = 4096
    """For each process."""
    allowed_exit_codes: Annotated[list[int], Field(min_length=1)] = [0]


def call(args: Json, context: StepContext) -> Json:
    """Outputs: ``exitCode``, ``stdout`` and ``stderr`` (texts, or files when they are long), ``sandbox``.

    Raises:
        StepError: the exit code is not among those that are allowed; and see ``run_command``.
    """
    wanted = parsed(ShellArguments, args)
    command = Command(
        arguments=tuple(map(str, wanted.command)),
        cwd=wanted.cwd,
        env={name: str(value) for name, value in wanted.env.items()},
        input=wanted.input,
        network=wanted.network,
        limits=Limits(seconds=wanted.timeout_ms / 1000, memory=wanted.memory_mb << 20, output=wanted.max_output_bytes),
    )
    finished = run_command(command, context)
    if finished.exit_code not in wanted.allowed_exit_codes:
        raise StepError(_refused(command, finished, wanted.allowed_exit_codes, context))
    return {
        "exitCode": finished.exit_code,
        "stdout": kept_text(finished.stdout, "stdout", context),
        "stderr": kept_text(finished.stderr, "stderr", context),
        "sandbox": finished.sandbox,
    }


def _refused(command: Command, finished: Finished, allowed: list[int], context: StepContext) -> str:
    by = signal_name(finished.exit_code)
    code = f"{finished.exit_code} ({by})" if by else str(finished.exit_code)
    end = _end(hide_bytes(finished.stderr, context.hidden))
    said = f":\n{end}" if end else "; it wrote nothing to standard error."
    return f"the command {command.name!r} ended with exit code {code}, not {' or '.join(map(str, allowed))}{said}"


def _end(stderr: bytes) -> str:
    """The last of it, without what looks like a credential: masked before it is cut, as half of one looks like none."""
    return mask(stderr[-_SHOWN - _BEFORE :].decode("utf-8", "replace")).strip()[-_SHOWN:]
