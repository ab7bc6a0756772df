"""Atomic writes: a reader sees the old bytes or the new ones, never a mixture."""

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from opsroom_dagster.errors import InputError


def write_atomic(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write ``data`` to ``path`` through a synced temporary file in the same folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def replaced_tree(target: Path) -> Generator[Path]:
    """Yield an empty folder that takes ``target``'s place when the block ends without an error.

    Only one process at a time may replace a target: what a killed one left behind is removed first.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for leftover in (*target.parent.glob(f".tmp-{target.name}-*"), *target.parent.glob(f".old-{target.name}-*")):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".tmp-{target.name}-"))
    fresh.chmod(0o755)
    try:
        yield fresh
        if target.exists():
            old = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".old-{target.name}-"))
            target.rename(old / target.name)
            fresh.rename(target)
            shutil.rmtree(old, ignore_errors=True)
        else:
            fresh.rename(target)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def inside(root: Path, relative: str) -> Path:
    """``root / relative``, refused when it would leave ``root``.

    Raises:
        InputError: the path is absolute, climbs out with ``..``, or passes a symbolic link out of ``root``.
    """
    path = (root / relative).resolve()
    if not path.is_relative_to(root.resolve()):
        raise InputError(
            f"the path {relative!r} leaves its folder {root.name!r}.", remedy="Use a path inside the folder."
        )
    return path
