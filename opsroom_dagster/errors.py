"""Every error that a user can meet.

OpsroomError
├── InputError          2  bad usage, a bad document, a bad plan
│   └── ConflictError   2  two things claim one name or one line
├── VerificationError   1  a required verifier or blocking check failed
├── StepError           1  the action of a step failed
│   ├── StepTimeoutError 1  it did not end in time
│   └── CancelledError  4  the user cancelled the run
├── MissingToolError    3  this machine lacks something that the command needs
└── InterruptedRunError 4  stopped on the way; the same command resumes

Each carries the exit status that the command line ends with. A message names the place, what was
expected and what to do.
"""

from pathlib import Path


class OpsroomError(Exception):
    """Base of all errors that are the user's to act on."""

    exit_code = 1


class InputError(OpsroomError):
    """The input cannot be used as it is.

    Args:
        message: what is wrong, without the place.
        file: the file (and ``line``, 1-based) to look at.
        remedy: one imperative sentence.
    """

    exit_code = 2

    def __init__(
        self, message: str, *, file: str | Path | None = None, line: int | None = None, remedy: str | None = None
    ) -> None:
        place = "" if file is None else f"{file}: " if line is None else f"{file}:{line}: "
        super().__init__(f"{place}{message}" + (f" {remedy}" if remedy else ""))
        self.file, self.line, self.remedy = file, line, remedy


class ConflictError(InputError):
    """Two projects, requirements or edits claim the same thing."""


class VerificationError(OpsroomError):
    """A required verifier said no."""

    exit_code = 1


class StepError(OpsroomError):
    """The action of a step failed; its retry policy says whether it is tried again."""


class StepTimeoutError(StepError):
    """A step, or a call that it made, did not end in time."""


class CancelledError(StepError):
    """The user cancelled the run; what had finished stays finished."""

    exit_code = 4


class MissingToolError(OpsroomError):
    """Something is not installed; ``how`` says how to get it."""

    exit_code = 3

    def __init__(self, tool: str, how: str) -> None:
        super().__init__(f"{tool} is missing on this machine. {how}")
        self.tool, self.how = tool, how


class InterruptedRunError(OpsroomError):
    """The run was stopped before its end and can be resumed by the same command."""

    exit_code = 4
