"""Folders as git trees, and trees merged three-way, without a work tree."""

import os
import tempfile
from pathlib import Path, PurePosixPath

from opsroom_dagster.errors import InputError
from opsroom_dagster.forge.git import Git, GitError


def write_tree(git: Git, folder: Path) -> str:
    """The id of a git tree with the files below ``folder``.

    Raises:
        InputError: a name that a repository must not hold.
    """
    files = sorted(path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
    names = [path.relative_to(folder).as_posix() for path in files]
    _refuse_bad_names(folder, names)
    blobs = git.text(
        "hash-object", "-w", "--no-filters", "--stdin-paths", data="".join(f"{path}\n" for path in files).encode()
    ).splitlines()
    entries = "".join(f"100644 {blob}\t{name}\0" for blob, name in zip(blobs, names, strict=True))
    with tempfile.TemporaryDirectory() as scratch:
        index = {"GIT_INDEX_FILE": os.path.join(scratch, "index")}  # noqa: PTH118 - an environment value
        git.run("update-index", "-z", "--index-info", data=entries.encode(), env=index)
        return git.text("write-tree", env=index)


def merge_trees(git: Git, ours: str, theirs: str) -> tuple[str | None, tuple[str, ...]]:
    """Tree of the three-way merge of two commits, and the files in conflict (then the tree is None)."""
    done = git.attempt("merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", ours, theirs)
    if done.returncode not in (0, 1):
        raise GitError(f"git merge-tree failed in {git.path}: {done.stderr.decode(errors='replace').strip()}")
    tree, *conflicts = [part for part in done.stdout.decode(errors="replace").split("\0") if part]
    return (None, tuple(sorted(set(conflicts)))) if done.returncode else (tree.strip(), ())


def _refuse_bad_names(folder: Path, names: list[str]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        if (folder / name).is_symlink() or "\n" in name:
            raise InputError(f"the change set holds {name!r}, which is no ordinary file.", remedy="Remove it.")
        if any(part.lower() == ".git" for part in PurePosixPath(name).parts):
            raise InputError(f"the change set holds {name!r}, inside git's own folder.", remedy="Rename it.")
        twin = seen.setdefault(name.casefold(), name)
        if twin != name:
            raise InputError(
                f"the change set holds {twin!r} and {name!r}, one file on many disks.", remedy="Rename one."
            )
