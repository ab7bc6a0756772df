"""Read the step's folder, whose content is as hostile as whoever wrote it: nothing is followed out of it.

Paths are opened part by part, relative to the folder that is already open: there is no moment at which a part could be
exchanged for a symbolic link between a check and its use.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from opsroom_dagster.digests import digest_value
from opsroom_dagster.errors import InputError, StepError

_PIECE = 1 << 20


def parts(relative: str) -> tuple[str, ...]:
    """The parts of a path inside a folder; none: the folder itself.

    Raises:
        InputError: the path leaves the folder.
    """
    path = PurePosixPath(relative)
    if path.is_absolute() or ".." in path.parts or "\0" in relative:
        raise InputError(f"the path {relative!r} leaves the step's folder.", remedy="Use a path inside the folder.")
    return path.parts


def read_bytes(root: Path, relative: str, at_most: int) -> bytes:
    """A file's content.

    Raises:
        InputError: the path leaves the folder.
        StepError: there is no regular file, or it is larger than ``at_most`` bytes.
    """
    with _opened(root, relative) as stream:
        data = stream.read(at_most + 1)
    if len(data) > at_most:
        raise StepError(f"{relative!r} is larger than {at_most:,} bytes.")
    return data


def digest_file(root: Path, relative: str, go_on: Callable[[], object]) -> str:
    """``sha256:<hex>`` of a file; ``go_on`` is called after each piece. For the errors see ``read_bytes``."""
    with _opened(root, relative) as stream:
        return _digest(stream, go_on)


def digest_tree(root: Path, relative: str, go_on: Callable[[], object]) -> str:
    """The digest of a folder, as ``opsroom_dagster.digests`` defines it.

    Raises:
        InputError: the path leaves the folder.
        StepError: there is no folder, or something that is neither a file nor a folder is in it: a symbolic link is
            not part of that digest, and what it points to could be anything.
    """
    found: dict[str, str] = {}
    with _open_folder(root, relative) as top:
        for folder, folders, files, handle in os.fwalk(".", dir_fd=top, onerror=_raise, follow_symlinks=False):
            for name in (*folders, *files):
                path = PurePosixPath(folder, name).as_posix()
                mode = os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode
                if stat.S_ISREG(mode):
                    with _regular(os.open(name, _FILE, dir_fd=handle), path) as stream:
                        found[_printable(path)] = _digest(stream, go_on)
                elif not stat.S_ISDIR(mode):
                    raise StepError(f"{path!r} is {_name_of(mode)}.")
    return digest_value(found)


_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC


@contextmanager
def _opened(root: Path, relative: str) -> Generator[BinaryIO]:
    names = parts(relative)
    if not names:
        raise InputError("the path names no file.", remedy="Name a file inside the step's folder.")
    with _open_folder(root, "/".join(names[:-1])) as folder, _explained(relative):
        handle = os.open(names[-1], _FILE, dir_fd=folder)
    with _regular(handle, relative) as stream:
        yield stream


@contextmanager
def _open_folder(root: Path, relative: str) -> Generator[int]:
    with _explained(relative):
        handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in parts(relative):
            with _explained(relative):
                inner = os.open(name, _FOLDER, dir_fd=handle)
            os.close(handle)
            handle = inner
        yield handle
    finally:
        os.close(handle)


@contextmanager
def _explained(relative: str) -> Generator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOENT:
            raise StepError(f"there is no {relative!r} in the step's folder.") from error
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise StepError(f"{relative!r} passes a symbolic link, or a file that should be a folder.") from error
        raise StepError(f"{relative!r} cannot be read: {error.strerror}.") from error


def _regular(handle: int, relative: str) -> BinaryIO:
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        raise StepError(f"{relative!r} is {_name_of(mode)}, not a file.")
    return os.fdopen(handle, "rb")


def _digest(stream: BinaryIO, go_on: Callable[[], object]) -> str:
    sha256 = hashlib.sha256()
    while piece := stream.read(_PIECE):
        sha256.update(piece)
        go_on()
    return f"sha256:{sha256.hexdigest()}"


def _printable(path: str) -> str:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError as error:
        raise StepError(f"the name {path!r} is not UTF-8.") from error
    return path


def _raise(error: OSError) -> None:
    raise StepError(f"{error.filename!r} cannot be read: {error.strerror}.") from error


def _name_of(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "a symbolic link"
    return "a folder" if stat.S_ISDIR(mode) else "a device, a socket or a pipe"
