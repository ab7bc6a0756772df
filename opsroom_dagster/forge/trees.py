"""Folders as git trees, and trees merged three-way, without a work tree."""

import tempfile
from pathlib import Path

from opsroom_dagster.errors import InputError
from opsroom_dagster.forge.git import Git, GitError
from opsroom_dagster.forge.names import refuse_bad_names


def write_tree(git: Git, folder: Path) -> str:
    """The id of a git tree with the files below ``folder``, all of mode 100644.

    Raises:
        InputError: a name that a repository must not hold, or something that is no ordinary file.
    """
    files = sorted(path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
    names = [path.relative_to(folder).as_posix() for path in files]
    refuse_bad_names(names)
    for path, name in zip(files, names, strict=True):
        if path.is_symlink() or not path.is_file():
            raise InputError(f"the change set holds {name!r}, which is no ordinary file.", remedy="Remove it.")
    blobs = git.text(
        "hash-object", "-w", "--no-filters", "--stdin-paths", data="".join(f"{path}\n" for path in files).encode()
    ).splitlines()
    entries = "".join(f"100644 {blob}\t{name}\0" for blob, name in zip(blobs, names, strict=True))
    with tempfile.TemporaryDirectory() as scratch:
        index = {"GIT_INDEX_FILE": str(Path(scratch, "index"))}
        added = git.attempt("update-index", "-z", "--index-info", data=entries.encode(), env=index)
        if added.returncode or added.stderr:  # git ignores names that it does not like and reports success
            raise InputError(f"git refuses a file of the change set: {added.stderr.decode(errors='replace').strip()}.")
        return git.text("write-tree", env=index)


def merge_trees(git: Git, ours: str, theirs: str) -> tuple[str | None, tuple[str, ...]]:
    """Tree of the three-way merge of two commits, and the files in conflict (then the tree is None)."""
    done = git.attempt("merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", ours, theirs)
    if done.returncode not in (0, 1):
        raise GitError(f"git merge-tree failed in {git.path}: {done.stderr.decode(errors='replace').strip()}")
    tree, *conflicts = [part for part in done.stdout.decode(errors="replace").split("\0") if part]
    return (None, tuple(sorted(set(conflicts)))) if done.returncode else (tree.strip(), ())
