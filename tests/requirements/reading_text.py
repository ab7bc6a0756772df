"""Documents given as text in a test."""

from pathlib import Path

from opsroom_dagster.documents.model import DocumentSet
from opsroom_dagster.documents.read import read_documents
from opsroom_dagster.documents.sources import SourceFile
from opsroom_dagster.requirements.extract import extract
from opsroom_dagster.requirements.merge import NOTHING_TO_KEEP
from opsroom_dagster.requirements.model import Entity, Requirements


def documents(text: str, name: str = "prd.md", **others: str) -> DocumentSet:
    """``text`` as the document ``name``; ``others`` are further documents by stem."""
    texts = {name: text, **{f"{stem}.md": other for stem, other in others.items()}}
    return read_documents([SourceFile(file, Path(file), content.encode()) for file, content in texts.items()])


def read(text: str, **others: str) -> Requirements:
    """What the product extracts from the text."""
    return extract(documents(text, **others))


def entity(found: Requirements, name: str) -> Entity:
    """The entity of that name; the assertion lists those that there are."""
    names = [entity.name for entity in found.entities]
    assert name in names, names
    return next(entity for entity in found.entities if entity.name == name)


def asked(found: Requirements) -> list[str]:
    """The questions, without the one that every document without records gets."""
    return [q.question for q in found.clarifications if all(e.rule != NOTHING_TO_KEEP for e in q.evidence)]


def types(found: Requirements, name: str) -> dict[str, str]:
    """Field name → type of an entity, in order."""
    return {field.name: field.type for field in entity(found, name).fields}
