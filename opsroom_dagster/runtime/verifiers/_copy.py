"""Let a verifier work on a copy of the step's folder: what it writes there is nobody's output."""

import shutil
import stat
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from opsroom_dagster.errors import StepError
from opsroom_dagster.runtime.context import StepContext

_FOREVER = 1e9


@contextmanager
def on_a_copy(context: StepContext) -> Generator[StepContext]:
    """The context with a copy of its folder, beside it so that a sandbox shows both alike; it is removed at the end.

    Symbolic links stay links; what is neither file nor folder is left out.

    Raises:
        StepError: something cannot be read.
        StepTimeoutError, CancelledError: there was no time for it.
    """
    context.output.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{context.output.name}-verifier-"
    with tempfile.TemporaryDirectory(prefix=prefix, dir=context.output.parent, ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / context.output.name
        if context.output.is_dir():
            _copy(context, copy)
        copy.mkdir(exist_ok=True)
        yield replace(context, output=copy)


def _copy(context: StepContext, to: Path) -> None:
    def copied(source: str, target: str) -> None:
        context.remaining(_FOREVER)
        shutil.copy2(source, target, follow_symlinks=False)

    try:
        shutil.copytree(context.output, to, symlinks=True, ignore=_special, copy_function=copied)
    except shutil.Error as error:
        source, _, reason = error.args[0][0]
        raise StepError(f"{Path(source).name!r} of the step's folder cannot be read: {reason}.") from error


def _special(folder: str, names: list[str]) -> list[str]:
    modes = {name: (Path(folder) / name).lstat().st_mode for name in names}
    return [
        name for name, mode in modes.items() if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode))
    ]
