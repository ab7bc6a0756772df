"""Dialects of spec bundles: one module each, found by being a file in this folder.

A dialect has ``NAME``, ``find(folder)`` (slug → role → file, of every bundle that lies in or under the folder) and
``read(slug, files)``.
"""

import importlib
from functools import lru_cache
from pathlib import Path
from pkgutil import iter_modules
from typing import Protocol, cast

from opsroom_dagster.specs.model import SpecBundle

Files = dict[str, Path]
"""Role (``spec``, ``plan``, ``tasks``, …) → file."""


class Dialect(Protocol):
    """The face of a dialect's module."""

    NAME: str

    def find(self, folder: Path) -> dict[str, Files]:
        """The bundles of this dialect, by slug."""
        ...

    def read(self, slug: str, files: Files) -> SpecBundle:
        """The bundle.

        Raises:
            InputError: a file is no text that can be read.
        """
        ...


@lru_cache(maxsize=1)
def dialects() -> dict[str, Dialect]:
    """Name → dialect, sorted by name."""
    modules = (cast(Dialect, importlib.import_module(f"{__name__}.{m.name}")) for m in iter_modules(__path__))
    return {dialect.NAME: dialect for dialect in sorted(modules, key=lambda dialect: dialect.NAME)}


def present(folder: Path, names: dict[str, str]) -> Files:
    """Role → file, of the names that exist in a folder."""
    return {role: folder / name for role, name in names.items() if (folder / name).is_file()}
