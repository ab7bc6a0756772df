"""Sentences with SHALL, MUST or "should", and EARS statements, wherever no other notation has read them.

EARS: "Easy Approach to Requirements Syntax" (Mavin and others, 2009): WHEN, IF, WHILE and WHERE clauses before SHALL.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.coverage import evidence_of
from opsroom_dagster.requirements.model import Fact, Requirement
from opsroom_dagster.requirements.names import words_of
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules import (
    open_questions,
    requirement_ids,
    requirement_sections,
    roles,
    user_stories,
)
from opsroom_dagster.requirements.rules._statements import LONGEST, criterion, headings_text, joined, kind_of, led_by_id
from opsroom_dagster.requirements.rules._telling import below_stories, demanded

RULE = "shall_and_ears"
_STRONG = re.compile(r"\b(?:SHALL|MUST)\b|必须|必須|しなければならない")
_SHALL = re.compile(r"\bshall\b", re.IGNORECASE)
_MUST = re.compile(r"\bmust\b", re.IGNORECASE)
_SHOULD = re.compile(
    r"\b(?:system|app|application|users?|admins?|platform|software|page|form|list|report|it|they)\s+should\b",
    re.IGNORECASE,
)
_EARS = re.compile(r"^\W*(?:when|if|while|where|whenever|当|如果)\b", re.IGNORECASE)
_NO_DEMAND = re.compile(
    r"\b(?:risks?|mitigation|assumptions?|non[- ]goals?|out[- ]of[- ]scope|glossary|background|history|revision|why|"
    r"independent test|alternatives|research|references?|problem|vision|thesis)\b",
    re.IGNORECASE,
)
_RULES = re.compile(r"constitution|principle|guardrail|constraint|governance|boundar", re.IGNORECASE)
_ASIDE = re.compile(r"^\W*(?:Q\s*[:：]|GATE\b|Fill\b|Treat this\b|Note\b|Example\b)")
_PLANS = ("plan", "tasks", "research", "quickstart", "readme", "checklist")
_SENTENCE = re.compile(r"(?<=[.!?。])\s+(?=[A-Z\"“`*_\u3040-\u9fff])|(?<=。)")


def find(reading: Reading) -> Iterator[Fact]:
    """Requirements, surer the stronger their word is."""
    read = _read_elsewhere(reading)
    points: dict[str, list[Block]] = {}
    for item_id, leading in demanded(reading).items():
        points.setdefault(leading.id, []).append(reading.block(item_id))
    for block in reading.blocks:
        if block.kind not in ("paragraph", "list_item") or block.id in read or block.checked is not None:
            continue
        headings = headings_text(reading, block)
        if any(_NO_DEMAND.search(heading) for heading in headings[-2:]):
            continue
        yield from _from_block(reading, block, headings, points.get(block.id, []))


def _read_elsewhere(reading: Reading) -> frozenset[str]:
    """Blocks of statements that other rules have read, and everything below stories and headings with ids."""
    used: set[str] = set(below_stories(reading))
    for rule in (requirement_ids, requirement_sections, user_stories, roles, open_questions):
        used |= {evidence.block for fact in rule.find(reading) for evidence in evidence_of(fact)}
    led = {block.id for block in reading.blocks if block.kind == "heading" and led_by_id(block.text)}
    return frozenset(used | {block.id for block in reading.blocks if block.heading in led or block.parent in used})


def _from_block(
    reading: Reading, block: Block, headings: tuple[str, ...], points: list[Block]
) -> Iterator[Requirement]:
    stem = PurePosixPath(block.location.file).stem.lower()
    for sentence in _SENTENCE.split(block.text[:LONGEST]):
        text = plain(sentence)
        confidence = _strength(sentence)
        own = criterion(text, reading.evidence(block, RULE, confidence)) if _EARS.match(text) and confidence else None
        if confidence == 0 or text.endswith("?") or not (4 <= len(words_of(text)) <= 90 or not text.isascii()):
            continue
        # How a team plans to build is no demand, unless a plan words it as one.
        if (stem in _PLANS and confidence < 0.7) or _ASIDE.match(text):
            continue
        listed = points if text.endswith((":", "：")) else []
        if text.endswith((":", "：")) and not listed and not reading.children(block):
            continue
        nested = [child for child in reading.children(block) if child.kind == "list_item"] if text.endswith(":") else []
        rules = _RULES.search(f"{stem} {' '.join(headings[-2:])}") is not None
        yield Requirement(
            kind="constraint" if rules else kind_of("", headings),
            text=joined(text, [*listed, *nested][:60]),
            criteria=(own,) if own else (),
            evidence=tuple(reading.evidence(b, RULE, round(confidence, 2)) for b in (block, *listed, *nested)),
        )


def _strength(sentence: str) -> float:
    if _STRONG.search(sentence):
        return 0.8
    if _SHALL.search(sentence):
        return 0.75
    if _MUST.search(sentence):
        return 0.6
    return 0.5 if _SHOULD.search(sentence) else 0
