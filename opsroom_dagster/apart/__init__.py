"""Match patterns and schemas of others in a process of their own, where they can be stopped.

A regular expression can take forever on a short text, and Python's holds the interpreter's lock meanwhile: no thread of
the run would go on. Schemas hold regular expressions, and their references can multiply without end.

The other modules of this folder are the programs: each has ``answer(question)``, takes JSON from standard input and
needs nothing of this package, so that it starts quickly.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from opsroom_dagster.errors import InputError, StepError, StepTimeoutError


def run_apart(program: str, question: Any, seconds: float) -> Any:
    """What a program of this folder answers.

    Args:
        question: JSON.

    Raises:
        InputError: the program says that the question is wrong.
        StepTimeoutError: it did not answer in time.
        StepError: it ended without an answer: there was not enough memory, or too deep a nesting.
    """
    command = [sys.executable, "-I", "-X", "utf8", str(Path(__file__).parent / f"{program}.py")]
    try:
        # An empty environment: nothing of this process's is the business of a pattern.
        done = subprocess.run(
            command, input=json.dumps(question).encode(), capture_output=True, check=False, timeout=seconds, env={}
        )
    except subprocess.TimeoutExpired as error:
        raise StepTimeoutError(f"the {program} was not matched within {seconds:.3g} s.") from error
    if done.returncode == 2:
        raise InputError(done.stderr.decode("utf-8", "replace").strip())
    if done.returncode != 0:
        last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise StepError(f"the {program} could not be matched, status {done.returncode}: {last}")
    return json.loads(done.stdout)
