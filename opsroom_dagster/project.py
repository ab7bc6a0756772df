"""A project: what one folder of documents becomes."""

import re
import unicodedata
from pathlib import Path
from typing import Annotated, Literal

from pydantic import StringConstraints

from opsroom_dagster.errors import InputError
from opsroom_dagster.frozen import Frozen

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$")]
Target = Literal["odoo"]

GENERIC_NAMES = {
    "prd",
    "spec",
    "srs",
    "readme",
    "requirements",
    "design",
    "document",
    "index",
    "notes",
    "docs",
    "specs",
}


class Project(Frozen):
    """The partition of every asset. ``sources`` are absolute paths of files or folders."""

    slug: Slug
    sources: tuple[str, ...]
    targets: tuple[Target, ...] = ("odoo",)
    odoo_series: Literal["18.0", "19.0"] = "18.0"
    origin: Literal["cli", "inbox"] = "cli"


def slugify(text: str) -> str:
    """Lower-case ASCII words joined by hyphens, at most 63 characters; empty when nothing remains."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-")[:63].strip("-")


def slug_of(source: Path) -> str:
    """The slug that a source suggests: its name, or its folder's when the name says nothing (``prd.md``).

    Raises:
        InputError: no usable name (for example one in CJK characters only); ``--project`` gives one.
    """
    named = source if source.is_dir() or slugify(source.stem) not in GENERIC_NAMES else source.parent
    slug = slugify(named.name if named.is_dir() else named.stem)
    if not slug:
        raise InputError("no project name can be made from this name.", file=source, remedy="Give one with --project.")
    return slug
