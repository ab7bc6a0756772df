"""Readers: one module a format, found by being a file in this folder.

A reader has ``SUFFIXES`` (lower case, with the dot), ``FORMAT``, ``VERSION`` and
``read(data: bytes, file: str, index: int) -> Contents``.
"""

import importlib
from functools import lru_cache
from pkgutil import iter_modules
from typing import Protocol, cast

from opsroom_dagster.documents.model import Block
from opsroom_dagster.frozen import Frozen


class Contents(Frozen):
    """What a reader finds in one file."""

    blocks: tuple[Block, ...]
    title: str | None = None
    front_matter: dict[str, str] = {}


class Reader(Protocol):
    """The face of a reader module."""

    SUFFIXES: tuple[str, ...]
    FORMAT: str
    VERSION: str

    def read(self, data: bytes, file: str, index: int) -> Contents:
        """The file's contents; ``index`` is the document's place in the project, the first part of block ids.

        Raises:
            InputError: the bytes are not of this format.
        """
        ...


@lru_cache(maxsize=1)
def readers() -> dict[str, Reader]:
    """Suffix → reader, sorted by suffix."""
    found: dict[str, Reader] = {}
    for name in sorted(module.name for module in iter_modules(__path__)):
        reader = cast(Reader, importlib.import_module(f"{__name__}.{name}"))
        found.update(dict.fromkeys(reader.SUFFIXES, reader))
    return dict(sorted(found.items()))


def reader_id(reader: Reader) -> str:
    """Name and version, for example ``markdown/1``."""
    return f"{reader.FORMAT}/{reader.VERSION}"
