"""Rules over data: unique fields, bounds of numbers, orders of dates, and the sentences under "Business Rules".

Fields are named as the sentence names them; the merge finds the fields of the entity that are meant.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.model import Constraint, Fact
from opsroom_dagster.requirements.names import snake_case, words_of
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules._statements import LONGEST, headings_text, led_by_id

RULE = "business_rules"
_MUST = r"(?:must|shall|should|has to|have to|needs to|need to|is required to|will)"
_SUBJECT = re.compile(
    r"^(?:.*?(?:\b(?:that|ensure|ensures|enforce|enforces|validate|validates|check|checks)\b|[,;:])\s+)?"
    r"(?:(?:the|an?|each|every|all|any|its|their)\s+)?(?P<field>[\w' -]{2,60}?)"
    r"(?:\s+(?:of|on|for|in)\s+(?:(?:the|an?|each|every|all|any|one)\s+)?(?P<entity>[\w' -]{2,50}?))?\s*$",
    re.IGNORECASE,
)
_UNIQUE = re.compile(
    rf"\b(?:{_MUST}\s+(?:always\s+)?be|is|are)\s+(?:globally\s+)?unique\b(?:\s+(?:per|within|for)\s+"
    r"(?:(?:the|an?|each|every)\s+)?(?P<per>[\w -]{2,30}?)(?=[.,;]|$))?",
    re.IGNORECASE,
)
_HAS_UNIQUE = re.compile(
    r"\b(?:each|every|all|an?)\s+(?P<entity>[\w -]{2,40}?)\s+(?:must have|shall have|has|have|gets?|needs?)?\s*"
    r"\ban?\s+unique\s+(?P<field>[\w -]{2,40}?)(?=[.,;:(]|\s+(?:and|that|which|when|per|for|in|so)\b|$)",
    re.IGNORECASE,
)
_NO_TWO = re.compile(
    r"\bno two\s+(?P<entity>[\w -]{2,40}?)\s+(?:can|may|must|shall|should)?\s*(?:ever\s+)?(?:have|share)\s+"
    r"(?:the\s+)?(?:same\s+)?(?P<field>[\w -]{2,60}?)(?=[.,;(]|$)",
    re.IGNORECASE,
)
_UNIQUENESS = re.compile(
    r"^(?:the\s+)?(?P<field>[\w -]{2,30}?)\s+uniqueness\b|\buniqueness of (?:the\s+)?"
    r"(?P<of>[\w -]{2,30}?)(?=[.,;]|\s+(?:is|must|shall|across)\b|$)",
    re.IGNORECASE,
)
_COMBINED = re.compile(
    r"\bcombination of\s+(?P<fields>[\w ,-]{3,80}?)\s+(?:must|shall|should|is|are|has to)\b", re.IGNORECASE
)

_NOT = r"(?:(?:must|shall|should|may|can)(?:\s+not|not)|can't|cannot|must never|may never)"
_NUMBER = r"(?P<number>[$€£₱¥]?\s?-?\d[\d,]*(?:\.\d+)?|zero|one)(?P<unit>\s?%|\s+[A-Za-z]+)?"
_MORE, _LESS = r"(?:strictly\s+)?(?:greater|more|higher|larger)", r"(?:strictly\s+)?(?:less|lower|fewer|smaller)"
_LEAST = rf"(?:{_MORE}\s+than\s+or\s+equal\s+to|at\s+least|(?:no|not)\s+less\s+than|a\s+minimum\s+of|≥|>=)"
_MOST = rf"(?:{_LESS}\s+than\s+or\s+equal\s+to|at\s+most|(?:no|not)\s+more\s+than|up\s+to|a\s+maximum\s+of|≤|<=)"
_BOUNDS: tuple[tuple[str, str], ...] = (
    (rf"{_NOT}\s+(?:exceed|be\s+(?:greater|more|higher|larger|above|over)(?:\s+than)?)\s+{_NUMBER}", "<="),
    (rf"{_NOT}\s+(?:be\s+{_LESS}\s+than|(?:be|fall|go|drop)\s+below)\s+{_NUMBER}", ">="),
    (rf"{_MUST}\s+be\s+{_LEAST}\s*{_NUMBER}", ">="),
    (rf"{_MUST}\s+be\s+{_MOST}\s*{_NUMBER}", "<="),
    (rf"(?:{_MUST}\s+be\s+(?:{_MORE}\s+than|above|over|>)|{_MUST}\s+exceed)\s*{_NUMBER}", ">"),
    (rf"{_MUST}\s+be\s+(?:{_LESS}\s+than|below|under|<)\s*{_NUMBER}", "<"),
)
BOUNDS = tuple((re.compile(pattern, re.IGNORECASE), operator) for pattern, operator in _BOUNDS)
SIGNS = tuple(
    (re.compile(pattern, re.IGNORECASE), expression)
    for pattern, expression in (
        (rf"{_NOT}\s+(?:be|become|go|turn)\s+negative", ">= 0"),
        (rf"{_MUST}\s+be\s+(?:non-?negative|zero or (?:more|greater)|positive or zero)", ">= 0"),
        (rf"{_MUST}\s+be\s+(?:a\s+)?positive(?!\s+or)|{_MUST}\s+be\s+(?:a\s+)?positive\s+number", "> 0"),
        (rf"{_NOT}\s+be\s+zero", "!= 0"),
    )
)
_BETWEEN = re.compile(
    rf"{_MUST}\s+be\s+between\s+(?P<low>-?\d[\d,]*(?:\.\d+)?)\s*%?\s*(?:and|to|–|-)\s*"
    r"(?P<high>\d[\d,]*(?:\.\d+)?)",
    re.IGNORECASE,
)
_OTHER = r"\s+(?:(?:its|the|their)\s+)?(?P<other>[\w' -]{2,40}?)(?=[.,;(]|\s+(?:of|when|if|and|or|unless)\b|$)"
ORDERS = tuple(
    (re.compile(pattern + _OTHER, re.IGNORECASE), operator)
    for pattern, operator in (
        (rf"{_NOT}\s+(?:be|lie|come|fall)\s+(?:before|earlier than|prior to)", ">="),
        (rf"{_NOT}\s+(?:be|lie|come|fall)\s+(?:after|later than)", "<="),
        (
            rf"{_MUST}\s+(?:be|come|fall)\s+(?:on or after|(?:the same as|equal to) or (?:after|later than))",
            ">=",
        ),
        (rf"{_MUST}\s+(?:be|come|fall)\s+(?:on or before|equal to or (?:before|earlier than))", "<="),
        (rf"{_MUST}\s+(?:be|come|fall)\s+(?:after|later than)", ">"),
        (rf"{_MUST}\s+(?:be|come|fall)\s+(?:before|earlier than|prior to)", "<"),
    )
)
_NO_FIELD = re.compile(
    r"^(?:today|now|the current|current|tomorrow|yesterday|\d)|\bago$|^it$|^this$|^that$", re.IGNORECASE
)
_TEXT_UNIT = re.compile(
    r"^(?:char(?:acter)?s?|letters?|digits?|words?|lines?|items?|entries|records?|seconds?|ms|milliseconds?|minutes?|mb|"
    r"kb|gb|users?|times?|retries|attempts?|of)$",
    re.IGNORECASE,
)
_SECTION = re.compile(r"business (?:rules|logic)|业务规则|業務ルール|reglas de negocio|validation rules", re.IGNORECASE)
_THRESHOLD = re.compile(
    r"\b(?:within|over|after|at least|at most|more than|less than|up to|exceed\w*|minimum|maximum)\s+(?:an?\s+|of\s+)?"
    r"[$€£₱]?\d|[≥≤]\s*\d|\d+[- ](?:day|hour|minute|month|year)s?\b|\d\s?%",
    re.IGNORECASE,
)
_PLANS = ("plan", "tasks", "research", "quickstart", "checklist")


def find(reading: Reading) -> Iterator[Fact]:
    """Constraints; sentences of a section of business rules that say nothing of this kind are rules in words."""
    for block in reading.blocks:
        if block.checked is not None or PurePosixPath(block.location.file).stem.lower() in _PLANS:
            continue
        if block.kind in ("paragraph", "list_item"):
            yield from _from_text(reading, block, block.text, None)
        elif block.kind == "table":
            for index, row in enumerate(block.rows):
                line = min(block.location.line_start + 2 + index, block.location.line_end)
                for cell in row:
                    yield from _from_text(reading, block, cell, line)


def _from_text(reading: Reading, block: Block, source: str, line: int | None) -> Iterator[Constraint]:
    led = led_by_id(source[:LONGEST])
    source = led.text if led else source[:LONGEST]
    headings = headings_text(reading, block)
    ruled = any(map(_SECTION.search, headings)) and block.kind == "list_item" and block.level == 0
    told = False
    for sentence in re.split(r"(?<=[.;!?])\s+|\n", source):
        text = plain(sentence)
        if not 3 <= len(words_of(text)) <= 60 or text.endswith("?"):
            continue
        for entity, fields, kind, expression in _read(text, headings[-1] if headings else ""):
            told = True
            yield Constraint(
                text=text, entity=entity, fields=fields, kind="check" if kind == "check" else "unique",
                expression=expression, evidence=(reading.evidence(block, RULE, 0.85 if ruled else 0.75, line),),
            )  # fmt: skip
    whole = plain(source)
    if ruled and not told and (len(words_of(whole)) > 3 or not whole.isascii()):
        confidence = 0.75 if _THRESHOLD.search(whole) else 0.7
        yield Constraint(text=whole, entity=whole, evidence=(reading.evidence(block, RULE, confidence, line),))


Found = tuple[str | None, tuple[str, ...], str, str | None]


def _read(text: str, heading: str) -> Iterator[Found]:
    """(entity phrase, fields, kind, expression) of what a sentence states."""
    if re.search(r"unique", text, re.IGNORECASE) or _NO_TWO.search(text):
        yield from _unique(text, heading)
        return
    for pattern, operator in BOUNDS:
        if (match := pattern.search(text)) is not None:
            unit = (match.group("unit") or "").strip()
            subject = _subject(text[: match.start()], heading)
            if subject and not _TEXT_UNIT.match(unit):
                number = {"zero": "0", "one": "1"}.get(match.group("number").lower(), match.group("number"))
                number = re.sub(r"[^\d.-]", "", number).rstrip(".")
                yield subject[0], (subject[1],), "check", f"{subject[1]} {operator} {number}"
            return
    for pattern, sign in SIGNS:
        if (match := pattern.search(text)) is not None:
            subject = _subject(text[: match.start()], heading)
            if subject:
                yield subject[0], (subject[1],), "check", f"{subject[1]} {sign}"
            return
    between = _BETWEEN.search(text)
    subject = _subject(text[: between.start()], heading) if between else None
    if between and subject:
        for operator, number in ((">=", between.group("low")), ("<=", between.group("high"))):
            yield subject[0], (subject[1],), "check", f"{subject[1]} {operator} {number.replace(',', '')}"
        return
    yield from _order(text, heading)


def _order(text: str, heading: str) -> Iterator[Found]:
    for pattern, operator in ORDERS:
        if (match := pattern.search(text)) is not None:
            subject = _subject(text[: match.start()], heading)
            other = match.group("other").strip()
            if subject and not _NO_FIELD.search(other) and 1 <= len(words_of(other)) <= 4:
                right = snake_case(other)
                yield subject[0], (subject[1], right), "check", f"{subject[1]} {operator} {right}"
            return


def _unique(text: str, heading: str) -> Iterator[Found]:
    if (match := _COMBINED.search(text)) is not None:
        parts: list[str] = re.split(r"\s*,\s*|\s+and\s+", match.group("fields"))
        fields = tuple(name for name in map(snake_case, parts) if name)
        if len(fields) > 1:
            yield heading or None, fields, "unique", None
        return
    if (match := _NO_TWO.search(text) or _HAS_UNIQUE.search(text)) is not None:
        words: list[str] = re.split(r"\s+and\s+", match.group("field"))
        fields = tuple(map(snake_case, words))
        entity = match.group("entity")
        if all(fields) and len(fields) <= 3 and not re.search(r"\b(?:is|are|with|must)\b", entity):
            yield entity, fields, "unique", None
        return
    if (match := _UNIQUE.search(text)) is not None:
        subject = _subject(text[: match.start()], heading)
        if subject:
            per = (snake_case(match.group("per")),) if match.group("per") else ()
            yield subject[0], (subject[1], *per), "unique", None
        return
    if (match := _UNIQUENESS.search(text)) is not None:
        yield heading or None, (snake_case(match.group("field") or match.group("of")),), "unique", None


def _subject(before: str, heading: str) -> tuple[str | None, str] | None:
    """(entity phrase, field) of what stands before the verb: ``the price of a part``, ``Part price``."""
    match = _SUBJECT.match(before[-160:].strip())
    if match is None or not 1 <= len(words_of(match.group("field"))) <= 5:
        return None
    field = snake_case(match.group("field"))
    if _NO_FIELD.search(match.group("field")) or not field or re.match(r"(?:system|user|app)$", field):
        return None
    # "Part price": whether the first words name an entity is the merge's to see.
    return match.group("entity") or f"{match.group('field')} {heading}".strip(), field
