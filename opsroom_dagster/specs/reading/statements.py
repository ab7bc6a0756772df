"""Requirements with ids, and open questions."""

import re

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.merging.identity import Ids
from opsroom_dagster.specs.model import SpecRequirement
from opsroom_dagster.specs.reading.page import Page
from opsroom_dagster.specs.text import tidy, unescaped

_TOPIC = r"(?:[-_][A-Z][A-Za-z]{0,11}){0,3}"
_ID = rf"[A-Z][A-Za-z]{{0,11}}{_TOPIC}-?\d[\w.-]*"
_BOLD = re.compile(rf"\*\*(?P<id>{_ID})\s*(?:\*\*\s*[:：.—–-]?|[:：]\s*\*\*)\s*(?P<text>.*)", re.DOTALL)
_BOLD_TITLE = re.compile(rf"\*\*(?P<id>{_ID})\s*[:：.—–-]\s*(?P<text>[^*]+\*\*.*)", re.DOTALL)
_BARE = re.compile(rf"(?P<id>(?:FR|NFR|REQ|BR|R|C){_TOPIC}-?\d[\w.-]*)\s*[:：—–]\s*(?P<text>.*)", re.DOTALL)
_ROW_ID = re.compile(rf"(?:FR|NFR|REQ|BR){_TOPIC}-?\d[\w.-]*")
_QUESTION = re.compile(r"(?<!\\)\[NEEDS CLARIFICATION:\s*(?P<question>(?:\\.|[^\]\\])*)\]", re.DOTALL)
_ANSWERED = re.compile(r"Q:\s*(?P<question>.+?)\s*(?:→|->)\s*A:\s*(?P<answer>.+)", re.DOTALL)
_OUTCOME = re.compile(r"SC-?\d")
_NOT_REQUIREMENTS = re.compile(r"(?:SC|T|US|CHK|UC|KE)-?\d|KE-")


def read_requirements(page: Page, *, loose: bool = False) -> tuple[SpecRequirement, ...]:
    """Each definition once, the first wins.

    Args:
        loose: also headings that start with an id, and the items of sections that are named after requirements, with
            ids made from their texts.
    """
    found: dict[str, SpecRequirement] = {}
    ids = Ids()
    for block in page.blocks:
        for identity, text in _definitions(block, loose=loose):
            if identity not in found and not _NOT_REQUIREMENTS.match(identity):
                ids.claim(identity)
                found[identity] = SpecRequirement(
                    id=identity, text=_statement(text), section=unescaped(page.heading(block))
                )
    if loose:
        stated = {item.section for item in found.values()}
        for block in page.under(r"\b(?:functional requirements?|requirements?|key features|constraints)\b"):
            section = page.heading(block)
            if block.kind == "list_item" and block.level == 0 and section not in stated and not _ids_in(page, block):
                text = _statement(block.text)
                identity = ids.derive("NFR" if "non-functional" in section.lower() else "FR", text)
                found[identity] = SpecRequirement(id=identity, text=text, section=unescaped(section), derived=True)
    return tuple(found.values())


def read_outcomes(page: Page) -> tuple[SpecRequirement, ...]:
    """Measurable outcomes (``SC-001``), each once."""
    found: dict[str, SpecRequirement] = {}
    for block in page.blocks:
        for identity, text in _definitions(block, loose=False):
            if _OUTCOME.match(identity):
                outcome = SpecRequirement(id=identity, text=_statement(text), section=unescaped(page.heading(block)))
                found.setdefault(identity, outcome)
    return tuple(found.values())


def is_outcome(identity: str) -> bool:
    """Whether an id is that of a measurable outcome."""
    return _OUTCOME.match(identity) is not None


def read_questions(*pages: Page) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """(open questions, answered questions with their answers), each once, in order."""
    texts = [text for page in pages for block in page.blocks for text in (block.text, *_cells(block)) if text]
    waiting = dict.fromkeys(_tidied(match["question"]) for text in texts for match in _QUESTION.finditer(text))
    answered = {
        (_tidied(match["question"]), _tidied(match["answer"])) for text in texts if (match := _ANSWERED.match(text))
    }
    return tuple(waiting), tuple(sorted(answered))


def _definitions(block: Block, *, loose: bool) -> list[tuple[str, str]]:
    if block.kind in ("list_item", "paragraph"):
        match = _BOLD.match(block.text) or _BOLD_TITLE.match(block.text) or (_BARE.match(block.text) if loose else None)
        return [(match["id"], match["text"])] if match else []
    if block.kind == "heading" and loose:
        match = _BARE.match(plain(block.text))
        return [(match["id"], match["text"])] if match else []
    if block.kind == "table":
        rows = ((plain(row[0]), row[1]) for row in block.rows if len(row) > 1)
        return [(first, text) for first, text in rows if _ROW_ID.fullmatch(first)]
    return []


def _ids_in(page: Page, block: Block) -> bool:
    return any(_BARE.match(plain(heading)) for heading in page.headings(block))


def _statement(text: str) -> str:
    return _tidied(_QUESTION.sub("", text))


def _tidied(text: str) -> str:
    return tidy(unescaped(text))


def _cells(block: Block) -> tuple[str, ...]:
    return tuple(cell for row in block.rows for cell in row)
