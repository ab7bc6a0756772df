"""Secrets: named in plans as ``{{secrets.NAME}}``, read from ``OPSROOM_SECRET_<NAME>`` when a tool is called."""

import os
from collections.abc import Callable, Iterator, Mapping

from opsroom_dagster.errors import InputError

PREFIX = "OPSROOM_SECRET_"


def secret(name: str) -> str:
    """The secret of that name.

    Raises:
        InputError: there is none.
    """
    value = os.environ.get(f"{PREFIX}{name}")
    if value is None:
        raise InputError(f"there is no secret {name!r}.", remedy=f"Set the environment variable {PREFIX}{name}.")
    return value


class SecretScope(Mapping[str, str]):
    """Secrets by name, for interpolation: each is read when it is asked for, and none is listed.

    Attributes:
        values_read: of all that were asked for.
    """

    def __init__(self, read: Callable[[str], str] | None) -> None:
        self._read = read or secret
        self.values_read: set[str] = set()

    def __getitem__(self, name: str) -> str:
        value = self._read(name)
        self.values_read.add(value)
        return value

    def get(self, key: str, default: object = None) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The secret itself: one that is missing is an error, never a default."""
        del default
        return self[key]

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0
