"""Read a spec bundle in whatever dialect it is written."""

from pathlib import Path

from opsroom_dagster.errors import InputError
from opsroom_dagster.specs.dialects import Dialect, Files, dialects
from opsroom_dagster.specs.model import SpecBundle


def read_bundle(folder: Path, slug: str | None = None) -> SpecBundle:
    """The one bundle that lies in or under ``folder``, or that of the name ``slug``.

    Raises:
        InputError: there is none, there are several, or a file cannot be read.
    """
    if not folder.is_dir():
        raise InputError("there is no such folder.", file=folder, remedy="Name the folder of a spec bundle.")
    found = find_bundles(folder)
    chosen = {name: bundle for name, bundle in found.items() if slug in (None, name)}
    if not chosen:
        known = ", ".join(found) or "specs/<slug>/spec.md or spec/<slug>/prd.md"
        raise InputError(
            "there is no such spec bundle." if slug else "the folder holds no spec bundle.",
            file=folder,
            remedy=f"Expected: {known}.",
        )
    if len(chosen) > 1:
        raise InputError(
            "the folder holds several spec bundles.", file=folder, remedy=f"Name one: {', '.join(chosen)}."
        )
    (name, (dialect, files)) = next(iter(chosen.items()))
    return dialect.read(name, files)


def find_bundles(folder: Path) -> dict[str, tuple[Dialect, Files]]:
    """Slug → (dialect, files) of every bundle in or under ``folder``, sorted by slug."""
    # A relative name such as "." has no name of its own, and the slug is the folder's name.
    place = folder.resolve()
    found = {slug: (dialect, files) for dialect in dialects().values() for slug, files in dialect.find(place).items()}
    return dict(sorted(found.items()))
