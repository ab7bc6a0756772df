"""Documents → requirements: all rules, then the merge. Needs neither Dagster nor a database."""

import re
from pathlib import PurePosixPath

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.documents.model import Document, DocumentSet
from opsroom_dagster.requirements.merge import merge
from opsroom_dagster.requirements.model import Requirements
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules import find_facts

# Whose title names the project best.
TITLE_ORDER = ("prd", "spec", "srs", "requirements", "readme", "design")
_KIND_WORDS = (
    r"(?:(?:product|software|system|business|functional|feature)\s+)*"
    r"(?:requirements?(?:\s+(?:document|specification))?|specification|prd|srs|spec|design\s+document)(?:\s*\((?:prd|srs)\))?"
)
_KIND = re.compile(
    rf"^(?:{_KIND_WORDS}|feature)\s*(?:[:：–—-]|for\b)\s*|\s*(?:[:：–—-]\s*|\s){_KIND_WORDS}$|\s*\((?:prd|srs)\)$",
    re.IGNORECASE,
)
_ONLY_KIND = re.compile(
    rf"^(?:{_KIND_WORDS}|(?:产品|软件|系统)?(?:需求|设计|技术)(?:规格)?(?:文档|说明书|说明)|要件定義書?|設計書|仕様書)$",
    re.IGNORECASE,
)
_PROJECT = re.compile(
    r"^[\W_]*(?:project|product|system|application)(?: name)?[\W_]*[:：][\W_]*([^\n(（|]+)", re.IGNORECASE
)


def extract(documents: DocumentSet) -> Requirements:
    """Everything that the documents demand."""
    reading = Reading(documents)
    return merge(find_facts(reading), reading, title_of(documents))


def title_of(documents: DocumentSet) -> str:
    """The project's title: of its PRD or specification, else of the first document with one; empty: none names it."""

    def rank(document: Document) -> int:
        stem = PurePosixPath(document.file).stem.lower()
        return next((i for i, word in enumerate(TITLE_ORDER) if word in stem), len(TITLE_ORDER))

    titled = sorted((document for document in documents.documents if document.title), key=rank)
    title = plain(str(titled[0].title)) if titled else ""
    if _ONLY_KIND.match(title):
        named = (_PROJECT.search(block.text) for document in titled for block in document.blocks[:20])
        return next((plain(match.group(1)) for match in named if match), "")
    return _KIND.sub("", title).strip() or title
