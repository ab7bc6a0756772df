"""What a judge found."""

from typing import NamedTuple


class Finding(NamedTuple):
    """Something wrong: ``file`` relative to the addon, ``line`` from 1 (0: the whole file), and what."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"
