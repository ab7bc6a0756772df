"""Stage ``requirements``: documents → ``requirements.json``."""

from collections.abc import Iterator
from pathlib import Path

from opsroom_dagster.digests import canonical_json
from opsroom_dagster.documents.model import DocumentSet
from opsroom_dagster.files import write_atomic
from opsroom_dagster.requirements.coverage import about_data, evidence_of
from opsroom_dagster.requirements.extract import extract
from opsroom_dagster.requirements.merge import NOTHING_TO_KEEP
from opsroom_dagster.requirements.model import Fact, Requirements
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.show import requirements_page
from opsroom_dagster.runtime.context import StageContext
from opsroom_dagster.runtime.model import Verdict

PACKAGES = ("documents", "requirements")
SHOWN = 20
"""Findings that a verdict names."""


def run(context: StageContext) -> None:
    """Extract what the documents demand."""
    found = extract(_documents(context))
    write_atomic(context.output / "requirements.json", canonical_json(found.model_dump(mode="json", by_alias=True)))
    context.log(
        f"found {len(found.entities)} entities, {len(found.requirements)} requirements, "
        f"{len(found.user_stories)} stories, {len(found.clarifications)} open questions"
    )


def load(folder: Path) -> Requirements:
    """The requirements that the stage wrote."""
    return Requirements.model_validate_json((folder / "requirements.json").read_bytes())


def describe(context: StageContext) -> str:
    """Entities with their fields and places, states, roles, statements, questions, and what was not read."""
    return requirements_page(load(context.output))


def ledger_complete(context: StageContext) -> Verdict:
    """Every block is used by a rule or listed as unread, never both."""
    coverage = load(context.output).coverage
    blocks = [block.id for document in _documents(context).documents for block in document.blocks]
    unread = {entry.block for entry in coverage.unread}
    unknown = sorted(unread - set(blocks))
    if unknown or len(unread) != len(coverage.unread) or coverage.blocks != len(blocks):
        return Verdict.failed("the ledger does not match the documents", unknown=unknown[:SHOWN], blocks=len(blocks))
    if coverage.used + len(unread) != len(blocks):
        return Verdict.failed(f"{coverage.used} used and {len(unread)} unread are not {len(blocks)} blocks")
    cited = {e.block for fact in _facts(load(context.output)) for e in evidence_of(fact)}
    both = sorted(cited & unread)
    if both:
        return Verdict.failed(f"{len(both)} blocks are evidence and listed as unread", blocks=both[:SHOWN])
    return Verdict.passed(f"{coverage.used} blocks used, {len(unread)} unread, {len(blocks)} in all")


def evidence_holds(context: StageContext) -> Verdict:
    """Every fact names a rule, a confidence and a block that exists, at lines inside that block."""
    reading = Reading(_documents(context))
    wrong: list[str] = []
    total = 0
    for fact in _facts(load(context.output)):
        name = str(getattr(fact, "name", None) or getattr(fact, "id", None) or getattr(fact, "entity", None) or "")
        evidence = list(evidence_of(fact))
        total += len(evidence)
        if not fact.evidence:
            wrong.append(f"{type(fact).__name__} {name} has no evidence")
        for entry in evidence:
            if not reading.has(entry.block):
                wrong.append(f"{type(fact).__name__} {name}: no block {entry.block}")
                continue
            place = reading.block(entry.block).location
            inside = place.line_start <= entry.location.line_start <= entry.location.line_end <= place.line_end
            if not entry.rule or entry.location.file != place.file or not inside:
                wrong.append(f"{type(fact).__name__} {name}: evidence outside block {entry.block}")
    if wrong:
        return Verdict.failed(f"{len(wrong)} facts are unfounded: {wrong[0]}", wrong=wrong[:SHOWN])
    return Verdict.passed(f"{total} pieces of evidence hold")


def data_model_read(context: StageContext) -> Verdict:
    """A section that announces a data model yields at least one entity or a question."""
    reading = Reading(_documents(context))
    found = load(context.output)
    announced = [block for block in reading.blocks if block.kind == "heading" and about_data(block.text)]
    with_content = [block for block in announced if any(b.kind != "heading" for b in reading.section(block))]
    asked = [q for q in found.clarifications if any(e.rule != NOTHING_TO_KEEP for e in q.evidence)]
    if found.entities or asked or not with_content:
        return Verdict.passed(
            f"{len(with_content)} sections about data, {len(found.entities)} entities, {len(asked)} questions"
        )
    places = [f"{block.location.file}:{block.location.line_start} {block.text}" for block in with_content]
    return Verdict.failed(f"nothing was read from sections about data: {places[0]}", sections=places[:SHOWN])


def coverage(context: StageContext) -> Verdict:
    """Share of blocks that a rule used; unread blocks about data are named."""
    ledger = load(context.output).coverage
    share = f"{ledger.used} of {ledger.blocks} blocks used ({100 * ledger.used // max(ledger.blocks, 1)} %)"
    about = [entry for entry in ledger.unread if entry.data_model]
    if about:
        places = [f"{u.location.file}:{u.location.line_start} {u.text}" for u in about]
        return Verdict.failed(f"{share}; {len(about)} unread blocks are about data", unread=places[:SHOWN])
    return Verdict.passed(share)


def _documents(context: StageContext) -> DocumentSet:
    return DocumentSet.model_validate_json((context.inputs["document"] / "documents.json").read_bytes())


def _facts(found: Requirements) -> Iterator[Fact]:
    groups: tuple[tuple[Fact, ...], ...] = (
        found.entities, found.relationships, found.roles, found.user_stories, found.requirements, found.workflows,
        found.screens, found.integrations, found.constraints, found.clarifications,
    )  # fmt: skip
    for group in groups:
        yield from group
