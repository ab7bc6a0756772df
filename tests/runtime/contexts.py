"""Contexts of steps for tests of what steps do, and what must be there for them."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from opsroom_dagster.errors import InputError, MissingToolError
from opsroom_dagster.plans.model import Json, Step
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.sandbox import find_sandbox
from opsroom_dagster.settings import Settings


def _why_no_sandbox() -> str:
    try:
        find_sandbox(Settings(sandbox="bubblewrap"))
    except MissingToolError as error:
        return str(error)
    return ""


_WHY = _why_no_sandbox()
needs_bubblewrap = pytest.mark.skipif(bool(_WHY), reason=_WHY)


def step_context(
    home: Path,
    *,
    sandbox: str = "bubblewrap",
    scope: Json | None = None,
    secrets: dict[str, str] | None = None,
    deadline: float | None = None,
    cancelled: threading.Event | None = None,
    **settings: Any,
) -> StepContext:
    """The context of the step ``s`` of the run ``r``; its folder is there and empty."""
    made = Settings(OPSROOM_HOME=home, sandbox=sandbox, **settings)
    output = made.home.root / "runs" / "r" / "s"
    output.mkdir(parents=True, exist_ok=True)
    return StepContext(
        step=Step(id="s", idx=0, title="", kind="tool", tool="t", action="call"),
        settings=made,
        home=made.home,
        output=output,
        run_id="r",
        log=lambda _line: None,
        scope=scope or {},
        secrets=_reader(secrets or {}),
        deadline=deadline,
        cancelled=cancelled or threading.Event(),
    )


def processes(part: str) -> list[int]:
    """The numbers of this machine's processes that have ``part`` among their arguments."""
    found = list[int]()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if part.encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:  # it has ended meanwhile
            continue
    return found


def _reader(secrets: dict[str, str]) -> Callable[[str], str]:
    def read(name: str) -> str:
        if name not in secrets:
            raise InputError(f"there is no secret {name!r}.")
        return secrets[name]

    return read
