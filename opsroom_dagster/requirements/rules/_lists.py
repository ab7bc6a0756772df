"""Fields written in one run of text: ``name, phone (required), status (a/b/c)``."""

import re
from collections.abc import Iterator

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.requirements.model import Evidence, Field
from opsroom_dagster.requirements.names import snake_case, words_of
from opsroom_dagster.requirements.types import make_field, stated_type

_STOP = re.compile(
    r"^(?:etc\.?|and so on|more|others?|optional(?:ly)?|e\.g\.?.*|i\.e\.?.*|such as.*|including.*|\.\.\.|…|"
    r"timestamps?|audit fields?)$",
    re.I,
)
_LEAD = re.compile(
    r"^(?:and|or|the|a|an|its|their|optional|optionally|one|with|plus|also|each|unique|required|e\.g\.,?|"
    r"multiple|list of|associated|original|assigned|same)\s+",
    re.I,
)
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|has|have|can|may|must|shall|should|will|belongs?|contains?|represents?|stores?|tracks?|links?|"
    r"used|using|when|if|that|which|who|where|by the|for the|from the|to the|of a|of the|per|via|into|through|"
    r"not|only)\b",
    re.I,
)


def split_list(text: str) -> list[str]:
    """Parts between commas, semicolons or a last "and", parentheses kept whole."""
    parts, depth, current = list[str](), 0, ""
    for character in text:
        depth += (character in "([{（") - (character in ")]}）")
        if depth <= 0 and character in ",;、，；":
            parts.append(current)
            current = ""
        else:
            current += character
    parts.append(current)
    parts = [
        piece
        for part in parts
        for piece in re.split(r"(?<!\bdate)(?<!\bterms)\s+(?:and|&)\s+(?![^()（）]*[)）])", part)
    ]
    return [part.strip(" \n\t.") for part in parts if part.strip(" \n\t.")]


def fields_in(text: str, evidence: Evidence) -> Iterator[Field]:
    """Fields that a comma list names; parts that are sentences are left out."""
    if re.match(r"\W*(?:list|array|collection) of\b", text, re.I):
        return
    for part in split_list(text):
        field = field_of(part, evidence)
        if field is not None:
            yield field


def field_of(part: str, evidence: Evidence) -> Field | None:
    """``due date (required)``, ```status` (open/closed)``, ``price: decimal`` or ``serial_id nullable`` as a field."""
    part = part.strip().strip(".")
    marked = re.match(r"`([^`]+)`\s*(.*)$", part, re.DOTALL)
    if marked and re.fullmatch(r"[A-Za-z_]\w*\??", marked.group(1).strip()):
        rest = marked.group(2).strip()
        inner = re.match(r"[(（](.*?)[)）](.*)$", rest, re.DOTALL)
        kind, notes = (inner.group(1), inner.group(2)) if inner else (rest.lstrip(":：–—- "), "")
        return make_field(marked.group(1), evidence, _slashes(kind), notes or kind)
    text = plain(part)
    inner = re.match(r"([^(（:：]+?)\s*[(（](.*)[)）]?\s*$", text, re.DOTALL)
    name, notes = (inner.group(1), inner.group(2).rstrip(")） ")) if inner else (text, "")
    typed = re.match(r"([\w ./-]+?)\s*[:：]\s*(.+)$", name)
    if typed and not inner:
        name, notes = typed.group(1), typed.group(2)
    previous = None
    while previous != name:
        previous, name = name, _LEAD.sub("", name.strip())
    if _STOP.match(name) or _VERB.search(name) or not 1 <= len(words_of(name)) <= 4 or len(name) > 40:
        return None
    if not re.match(r"[A-Za-z_]", name) or not snake_case(name):
        return None
    return make_field(name, evidence, _slashes(notes), notes)


def _slashes(notes: str) -> str:
    """``draft/sent/paid`` and ``Active, Inactive`` in parentheses are the values of an enumeration."""
    text = plain(notes).strip()
    if stated_type(text) is not None:
        return notes
    parts = [part.strip() for part in re.split(r"[/|]", text)]
    if (
        len(parts) > 1
        and all(re.fullmatch(r"[A-Za-z][\w -]{0,24}", part) for part in parts)
        and max(len(p.split()) for p in parts) <= 3
    ):
        return "enum: " + " | ".join(parts)
    return notes


_TYPED_MARK = re.compile(r"^\W*`([A-Za-z_]\w*)`(?:\*\*)?\s*[:：(（\[–—-]*\s*(.+)$", re.DOTALL)
_TYPED_PLAIN = re.compile(
    r"^(?:\*\*|__)?([A-Za-z_][\w ]{0,40}?)(?:\*\*|__)?\s*(?:[:：]|\s[–—-]\s|[(（\[])(?:\*\*|__)?\s*(.+)$", re.DOTALL
)


def is_typed(text: str) -> bool:
    """Whether a bullet is a field with its type: ```name` (type)``, ``name: type``, ```x` UUID → `a.b.id` ``."""
    match = _TYPED_MARK.match(text) or _TYPED_PLAIN.match(text)
    if match is None or not snake_case(match.group(1)):
        return False
    stated = stated_type(match.group(2).lstrip("`("), snake_case(match.group(1)))
    if stated is None:
        return False
    # "Link: open the file" is prose: an unmarked name needs a text that is little more than its type.
    rest = plain(match.group(2)).split("(")[0].split(" - ")[0].split(" — ")[0].split(",")[0]
    return text.lstrip(" *").startswith("`") or len(rest.split()) <= 4 or bool(stated.values)


def bullet_fields(text: str, evidence: Evidence, *, loose: bool) -> Iterator[Field]:
    """The fields of one bullet, several when it lists several: ```id` UUID, `tenant_id`, `code` ``.

    ``loose``: the list is announced as fields, so that a bare name counts.
    """
    first = text.split("\n")[0] if not loose else text.replace("\n", " ")
    composite = re.match(r"^\W*(?:PK\s*)?`?\(([a-z_][\w, ]*)\)`?", first)
    if composite:
        for name in composite.group(1).split(","):
            field = make_field(name, evidence)
            if field is not None:
                yield field
        return
    lead = re.match(r"^(?:\w+\s*)?[:：]\s*(?=`)", first)
    first = first[lead.end() :] if lead else first
    marked = re.match(r"^[\s*_]*`[A-Za-z_]\w*\??`", first)
    if marked:
        for part in _marked_parts(first):
            field = _marked_field(part, evidence)
            if field is not None:
                yield field
        return
    plainly = _TYPED_PLAIN.match(first)
    if plainly and (loose or is_typed(first)):
        name = plainly.group(1)
        kind = plainly.group(2).rstrip(") ）")
        if len(words_of(name)) <= 5:
            kind, _, notes = kind.partition(" - ") if " - " in kind else kind.partition(" — ")
            field = make_field(name, evidence, _slashes(kind), notes or kind)
            if field is not None:
                yield field
        return
    if loose:
        if "," in first and len(split_list(first)) > 2:
            yield from fields_in(first, evidence)
        elif (field := field_of(first, evidence)) is not None:
            yield field


def _marked_parts(text: str) -> list[str]:
    """Parts that begin with a marked name, split outside parentheses only."""
    parts, depth, start = list[str](), 0, 0
    for found in re.finditer(r"[(（\[]|[)）\]]|(?:,|;|\band\b)\s*(?=`[A-Za-z_]\w*`)", text):
        if found.group() in "([（":
            depth += 1
        elif found.group() in ")]）":
            depth -= 1
        elif depth <= 0:
            parts.append(text[start : found.start()])
            start = found.end()
    return [*parts, text[start:]]


def _marked_field(part: str, evidence: Evidence) -> Field | None:
    match = re.match(r"^[\s*_]*`([A-Za-z_]\w*\??)`[*_]*\s*(.*)$", part, re.DOTALL)
    if match is None:
        return None
    rest = match.group(2).strip().rstrip(".")
    inner = re.match(r"^[(（]([^)）]*)[)）]\s*(.*)$", rest, re.DOTALL)
    kind, notes = (inner.group(1), inner.group(2)) if inner else (re.sub(r"^[:：–—-]+\s*", "", rest), "")
    about = re.search(r"(?:\s[–—-]\s|[(（])([^()（）]{8,}?)[)）]?\s*$", rest)
    listed = inner is not None or rest.startswith((":", "："))
    field = make_field(
        match.group(1), evidence, _slashes(kind) if listed else kind, f"{notes}; {kind}" if notes else kind
    )
    if field is None or about is None or field.help:
        return field
    return field.model_copy(update={"help": plain(about.group(1))})
