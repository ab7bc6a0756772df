"""Stage ``document``: source files → ``documents.json`` and copies of the originals under ``sources/``."""

from collections import Counter
from pathlib import Path
from typing import Any, get_args

from opsroom_dagster.digests import canonical_json, digest_bytes
from opsroom_dagster.documents.loss import losses
from opsroom_dagster.documents.model import BlockKind, Document, DocumentSet
from opsroom_dagster.documents.read import read_documents
from opsroom_dagster.documents.readers import reader_id, readers
from opsroom_dagster.documents.shown import cell
from opsroom_dagster.documents.sources import list_sources, read_sources
from opsroom_dagster.documents.text import decode
from opsroom_dagster.files import inside, write_atomic
from opsroom_dagster.runtime.context import StageContext
from opsroom_dagster.runtime.model import Verdict
from opsroom_dagster.specs.writing.lines import page, section, table

PACKAGES = ("documents",)


def fingerprint(context: StageContext) -> dict[str, Any]:
    """Digests of the source files and the versions of the readers."""
    files = read_sources(_sources(context), context.settings.max_document_bytes)
    return {
        "files": {file.name: digest_bytes(file.data) for file in files},
        "readers": sorted({reader_id(reader) for reader in readers().values()}),
    }


def run(context: StageContext) -> None:
    """Read every source file."""
    files = read_sources(_sources(context), context.settings.max_document_bytes)
    documents = read_documents(files)
    for file in files:
        write_atomic(inside(context.output / "sources", file.name), file.data)
    write_atomic(context.output / "documents.json", canonical_json(documents.model_dump(mode="json", by_alias=True)))
    context.log(f"read {len(files)} documents, {sum(len(d.blocks) for d in documents.documents)} blocks")


def load(folder: Path) -> DocumentSet:
    """The documents that the stage wrote."""
    return DocumentSet.model_validate_json((folder / "documents.json").read_bytes())


def describe(context: StageContext) -> str:
    """A table of what each document holds, and what was left out."""
    kinds: tuple[BlockKind, ...] = get_args(BlockKind)
    header = ["document", "title", *(kind.replace("_", " ") for kind in kinds)]
    documents = load(context.output).documents
    blocks = sum(len(document.blocks) for document in documents)
    skipped = list_sources(_sources(context)).skipped
    return page(
        [f"**{len(documents)}** documents, **{blocks}** blocks"],
        section("## Documents", table(header, (_row(document, kinds) for document in documents))),
        section("## Left out", [f"- {cell(name)}: {reason}" for name, reason in skipped]),
    )


def _row(document: Document, kinds: tuple[BlockKind, ...]) -> list[str]:
    counts = Counter(block.kind for block in document.blocks)
    return [cell(document.file), cell(document.title or ""), *(str(counts[kind] or "") for kind in kinds)]


def read_without_loss(context: StageContext) -> Verdict:
    """Every line of every document is in a block, and each block's words stand where its location says."""
    found: list[str] = []
    documents = load(context.output).documents
    for document in documents:
        data = inside(context.output / "sources", document.file).read_bytes()
        if digest_bytes(data) != document.digest:
            found.append(f"{document.file}: the copy of the source differs from what was read")
        else:
            found += losses(document, decode(data, document.file))
    if found:
        return Verdict.failed(f"{len(found)} places were lost: {found[0]}", losses=found[:20])
    blocks = sum(len(document.blocks) for document in documents)
    return Verdict.passed(
        f"{len(documents)} documents, {blocks} blocks, no line lost",
        documents={document.file: document.digest for document in documents},
    )


def _sources(context: StageContext) -> list[Path]:
    return [Path(source) for source in context.project.sources]
