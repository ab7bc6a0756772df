"""What lies in the inbox right now: file names and stamps, no contents."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from opsroom_dagster.digests import digest_file
from opsroom_dagster.documents.readers import readers
from opsroom_dagster.documents.sources import HIDDEN_SPECS, IGNORED_FOLDERS
from opsroom_dagster.project import slugify

UNFINISHED = (".part", ".crdownload", ".tmp", ".partial", ".download", "~")


class InboxFile(NamedTuple):
    """A document. ``path`` is relative to the inbox, POSIX; ``changed_ns`` when its content or name last changed."""

    path: str
    stamp: str
    size: int
    changed_ns: int
    digest: str = ""


class Candidate(NamedTuple):
    """A project: the name of its folder or file at the top of the inbox, and its documents sorted by path.

    ``files`` is None when the folder cannot be read.
    """

    slug: str
    source: str
    files: list[InboxFile] | None


class InboxListing(NamedTuple):
    """Projects sorted by source, and what could not become one."""

    candidates: list[Candidate]
    problems: list[str]


def list_inbox(inbox: Path) -> InboxListing | None:
    """Look at the inbox, None when it is not there; links are not followed, hidden, unfinished and foreign files
    are left out."""
    if not inbox.is_dir():
        return None
    candidates: dict[str, Candidate] = {}
    problems: list[str] = []
    for entry in _entries(str(inbox)):
        if entry.is_symlink():
            problems.append(f"{entry.name!r} is a link, and links in the inbox are not followed: put the files there.")
            continue
        is_folder = entry.is_dir(follow_symlinks=False)
        try:
            files = list(_documents(entry, entry.name, top=True))
        except OSError as error:
            problems.append(f"{entry.name!r} cannot be read: {error.strerror}.")
            files = None
        if files == []:
            if is_folder and not entry.name.startswith("."):
                problems.append(f"The folder {entry.name!r} holds no document. Accepted: {', '.join(readers())}.")
            continue
        slug = slugify(entry.name if is_folder else PurePosixPath(entry.name).stem)
        if not slug:
            problems.append(f"No project name can be made from {entry.name!r}: rename it with Latin letters or digits.")
        elif slug in candidates:
            first = candidates[slug].source
            problems.append(f"{entry.name!r} and {first!r} both give the project {slug!r}: rename one of them.")
        elif not all(_is_unicode(file.path) for file in files or ()):
            problems.append(f"{entry.name!r} holds a file whose name is not UTF-8: rename it.")
        else:
            candidates[slug] = Candidate(slug, entry.name, files)
    return InboxListing(list(candidates.values()), problems)


def read_digest(inbox: Path, file: InboxFile) -> str | None:
    """The digest of a file's content, None when it is no longer what the listing saw.

    Raises:
        OSError: the file is there and cannot be read.
    """
    path = inbox / file.path
    try:
        digest = digest_file(path)
        after = _stamp(path.stat(follow_symlinks=False))
    except FileNotFoundError:
        return None
    return digest if after == file.stamp else None


def _entries(folder: str) -> list["os.DirEntry[str]"]:
    """The folder's visible entries by name; none when the folder is not there (any more)."""
    try:
        with os.scandir(folder) as found:
            entries = [entry for entry in found if not entry.name.endswith(UNFINISHED)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(entries, key=lambda entry: entry.name)


def _documents(entry: "os.DirEntry[str]", path: str, *, top: bool = False) -> Iterator[InboxFile]:
    if entry.name.startswith("."):
        return
    if entry.is_dir(follow_symlinks=False):
        for inner in _entries(entry.path):
            if top and inner.name in HIDDEN_SPECS and inner.is_dir(follow_symlinks=False):
                folder = HIDDEN_SPECS[inner.name]
                for spec in _entries(f"{inner.path}/{folder}"):
                    yield from _documents(spec, f"{path}/{inner.name}/{folder}/{spec.name}")
            elif inner.name not in IGNORED_FOLDERS:
                yield from _documents(inner, f"{path}/{inner.name}")
    elif entry.is_file(follow_symlinks=False) and os.path.splitext(entry.name)[1].lower() in readers():  # noqa: PTH122
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return
        yield InboxFile(path, _stamp(status), status.st_size, status.st_ctime_ns)


def _stamp(status: os.stat_result) -> str:
    """Changes with every change of the content, also one that keeps the size and sets the modification time back."""
    return f"{status.st_mtime_ns}.{status.st_ctime_ns}"


def _is_unicode(name: str) -> bool:
    """False for the bytes that Python shows as lone surrogates, which no database keeps."""
    return not any("\ud800" <= character <= "\udfff" for character in name)
