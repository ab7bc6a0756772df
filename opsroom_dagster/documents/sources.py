"""From what the user names (files and folders) to the source files of a project."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from opsroom_dagster.documents.readers import readers
from opsroom_dagster.errors import ConflictError, InputError

IGNORED_FOLDERS = {"node_modules", "__pycache__"}
# Hidden folders that hold specifications: Spec Kit's constitution and Kiro's bundles.
HIDDEN_SPECS = {".specify": "memory", ".kiro": "specs"}


@dataclass(frozen=True)
class SourceFile:
    """A document on disk. ``name`` is relative to the project's sources, POSIX; ``data`` its bytes."""

    name: str
    path: Path
    data: bytes


@dataclass(frozen=True)
class Listing:
    """Files to read (``name``, path) sorted by name, and those that no reader takes, each with the reason."""

    files: tuple[tuple[str, Path], ...]
    skipped: tuple[tuple[str, str], ...]


def accepted() -> str:
    """The suffixes that can be read, for messages."""
    return ", ".join(readers())


def local_paths(sources: Sequence[str]) -> list[Path]:
    """The paths that a user names on the command line.

    Raises:
        InputError: one is a URL.
    """
    for source in sources:
        if re.match(r"[a-z][a-z0-9+.-]+://", source, re.IGNORECASE):
            raise InputError("URLs cannot be read yet.", file=source, remedy="Save the page as Markdown.")
    return [Path(source).expanduser() for source in sources]


def list_sources(sources: Sequence[Path]) -> Listing:
    """Files of the sources; folders are walked, hidden and foreign files left out.

    Raises:
        InputError: a source is missing, of a format that no reader takes, or a folder without documents.
        ConflictError: two files would get the same name.
    """
    found: list[tuple[str, str, Path]] = []
    skipped: list[tuple[str, str]] = []
    for source in sources:
        if not source.exists():
            raise InputError("there is no such file or folder.", file=source, remedy="Check the path.")
        if source.is_dir():
            found += _walk(source, skipped)
        elif source.suffix.lower() in readers():
            found.append((source.absolute().parent.name, source.name, source.resolve()))
        else:
            kind = source.suffix.lower() or "without a suffix"
            raise InputError(
                f"documents of this kind ({kind}) cannot be read.", file=source, remedy=f"Accepted: {accepted()}."
            )
    return Listing(files=_named(found), skipped=tuple(sorted(skipped)))


def read_sources(sources: Sequence[Path], max_bytes: int) -> list[SourceFile]:
    """The source files with their bytes, sorted by name.

    Raises:
        InputError: as ``list_sources``; or a file is larger than ``max_bytes`` or empty.
    """
    return [SourceFile(name, path, _bytes(path, max_bytes)) for name, path in list_sources(sources).files]


def _walk(folder: Path, skipped: list[tuple[str, str]]) -> list[tuple[str, str, Path]]:
    root = folder.resolve()
    found: list[tuple[str, str, Path]] = []
    left_out: list[tuple[str, str]] = []
    for path in _files(root, root):
        name = path.relative_to(root).as_posix()
        if not path.resolve().is_relative_to(root):
            left_out.append((name, "leaves the folder"))
        elif path.suffix.lower() not in readers():
            left_out.append((name, "no reader for this format"))
        else:
            found.append((root.name, name, path))
    if not found:
        names = ", ".join(f"{name} ({reason})" for name, reason in left_out[:10])
        raise InputError(
            "the folder holds no document." + (f" Found only: {names}." if left_out else ""),
            file=folder,
            remedy=f"Put documents into it. Accepted: {accepted()}.",
        )
    skipped += left_out
    return found


def _files(folder: Path, root: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            # Links to folders are not followed: they may form a loop.
            if not path.is_dir() or not path.resolve().is_relative_to(root):
                yield path
        elif path.is_dir():
            if path.name in HIDDEN_SPECS and folder == root:
                specs = path / HIDDEN_SPECS[path.name]
                yield from _files(specs, root) if specs.is_dir() else ()
            elif not path.name.startswith(".") and path.name not in IGNORED_FOLDERS:
                yield from _files(path, root)
        elif path.is_file() and not path.name.startswith("."):
            yield path


def _named(found: list[tuple[str, str, Path]]) -> tuple[tuple[str, Path], ...]:
    """Unique names: a name that two sources share is prefixed with its folder's; the same file counts once."""
    unique = list({path.resolve(): (folder, name, path) for folder, name, path in found}.values())
    uses = Counter(name for _, name, _ in unique)
    named = [(f"{folder}/{name}" if uses[name] > 1 else name, path) for folder, name, path in unique]
    for name, count in Counter(name for name, _ in named).items():
        if count > 1:
            paths = ", ".join(str(path) for other, path in named if other == name)
            raise ConflictError(f"two sources share the name {name!r}: {paths}.", remedy="Rename one of the folders.")
    return tuple(sorted(named))


def _bytes(path: Path, max_bytes: int) -> bytes:
    size = path.stat().st_size
    if size > max_bytes:
        raise InputError(
            f"the document is too large: {size:,} bytes; at most {max_bytes:,} are read.",
            file=path,
            remedy="Split it, or raise OPSROOM_MAX_DOCUMENT_BYTES.",
        )
    if size == 0:
        raise InputError("the document is empty.", file=path, remedy="Give a document with text.")
    return path.read_bytes()
