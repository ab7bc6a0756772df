"""File names that every clone of a repository can hold."""

import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

from opsroom_dagster.errors import InputError

GIT_FOLDERS = {".git", "git~1"}
"""Git's own folder, and the short name that it has on Windows."""


def refuse_bad_names(names: Iterable[str]) -> None:
    """Check POSIX paths relative to the root of a repository.

    Raises:
        InputError: a name climbs out, lies in git's own folder, has control characters or bytes that are no text, or
            is the same file or folder as another one where case or Unicode composition do not count.
    """
    seen: dict[str, str] = {}
    for name in names:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise _refused(name, "it leaves the repository")
        if any(unicodedata.category(character) in ("Cc", "Cs") for character in name):
            raise _refused(name, "it holds control characters or broken UTF-8")
        for folder in (path, *path.parents):
            if folder.name.rstrip(". ").casefold() in GIT_FOLDERS:
                raise _refused(name, "it lies in git's own folder")
            twin = seen.setdefault(_on_other_disks(folder), str(folder))
            if twin != str(folder):
                raise _refused(name, f"{str(folder)!r} and {twin!r} are one file on many disks")


def _on_other_disks(path: PurePosixPath) -> str:
    """What macOS and Windows compare: no case, one Unicode form."""
    return unicodedata.normalize("NFC", str(path)).casefold()


def _refused(name: str, reason: str) -> InputError:
    return InputError(f"the change set cannot hold {name!r}: {reason}.", remedy="Rename it.")
