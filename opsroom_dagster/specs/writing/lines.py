"""How Markdown is put together here: sections of lines, blank lines between, one newline at the end."""

from collections.abc import Iterable, Sequence

from opsroom_dagster.requirements.model import Fact, Requirements
from opsroom_dagster.specs.text import tidy


def page(*sections: Iterable[str]) -> str:
    """The sections that have lines, parted by blank lines."""
    return "\n\n".join("\n".join(lines) for section in sections if (lines := list(section))) + "\n"


def section(heading: str, items: Sequence[str], *, empty: str = "") -> list[str]:
    """A heading and its items; without items ``empty``, and without that nothing."""
    body = list(items) or ([empty] if empty else [])
    return [heading, "", *body] if body else []


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of cells that are escaped already."""
    lines = ["| " + " | ".join(header) + " |", "| " + " | ".join("---" for _ in header) + " |"]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def title_of(requirements: Requirements, slug: str) -> str:
    """The project's title; its slug when the documents have none."""
    return tidy(requirements.title) or slug


def sources_of(requirements: Requirements) -> list[str]:
    """Names of the documents that any fact was read from, sorted."""
    groups: tuple[tuple[Fact, ...], ...] = (
        requirements.entities, requirements.roles, requirements.user_stories, requirements.requirements,
        requirements.workflows, requirements.screens, requirements.integrations, requirements.constraints,
    )  # fmt: skip
    return sorted({e.location.file for group in groups for fact in group for e in fact.evidence})
