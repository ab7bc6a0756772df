"""``constitution.md``: the project's own principles, or ours where its documents state none."""

from dataclasses import dataclass

from opsroom_dagster.project import Project
from opsroom_dagster.requirements.model import Requirements
from opsroom_dagster.specs.text import inline, tidy
from opsroom_dagster.specs.writing.lines import page, section, title_of

TITLE_WORDS = 10


@dataclass(frozen=True)
class Principle:
    """``check``: what watches over it."""

    title: str
    text: str
    check: str


DEFAULTS = (
    Principle("Traceable", "Every generated part names the requirements that it serves.", "check `traceable`"),
    Principle("Honest", "What the documents leave open is asked, never invented.", "the open questions in spec.md"),
    Principle("Reproducible", "The same documents give the same bytes.", "digests in the proof bundle"),
    Principle("Verified before it is merged", "Nothing is proposed that has not passed its checks.", "blocking checks"),
    Principle("People have the last word", "What people edit by hand is never overwritten.", "check `merges_cleanly`"),
)
REVIEWED = "review of the pull request"


def principles_of(requirements: Requirements) -> list[Principle]:
    """What the documents state in a constitution; ours when they have none."""
    stated = [
        Principle(_title(item.title or item.text), f"{item.text} ({item.id})", REVIEWED)
        for item in requirements.requirements
        if any(
            "constitution" in e.location.file.lower() or "principle" in e.location.file.lower() for e in item.evidence
        )
    ]
    return stated or list(DEFAULTS)


def constitution_md(project: Project, requirements: Requirements) -> str:
    """The filled constitution."""
    principles = principles_of(requirements)
    limits = [f"- {inline(i.text)} ({inline(i.id)})" for i in requirements.requirements if i.kind == "constraint"]
    limits += [f"- {inline(rule.text)} ({inline(rule.id)})" for rule in requirements.constraints]
    return page(
        [f"# {inline(title_of(requirements, project.slug))} Constitution"],
        ["## Core Principles"],
        *(
            section(f"### {_roman(n)}. {inline(p.title)}", [f"Principle: {inline(p.text)}"])
            for n, p in enumerate(principles, 1)
        ),
        section("## Constraints", limits),
        section(
            "## Governance",
            [
                "The documents of the project are the source of this constitution: change them to change it. "
                "It is ratified by the merge of the pull request that brings it, and amended the same way."
            ],
        ),
        ["**Version**: 1.0.0 | **Ratified**: by merge | **Last Amended**: by merge"],
    )


def _title(text: str) -> str:
    words = tidy(text).split()
    return " ".join(words[:TITLE_WORDS]) + ("…" if len(words) > TITLE_WORDS else "")


def _roman(number: int) -> str:
    numeral = ""
    for value, letters in (
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ):
        numeral += letters * (number // value)
        number %= value
    return numeral
