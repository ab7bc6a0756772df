"""What a piece of text states of a field's type: ``VARCHAR(50) NOT NULL``, ``enum: a | b``, ``UUID → inv.site.id``."""

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, get_args

import yaml

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.requirements.model import Evidence, Field, FieldType
from opsroom_dagster.requirements.names import entity_name, guess_type, label_of, snake_case, words_of

_ARROW = re.compile(
    r"(?:→|->|=>|\bFK\b(?:\s+to)?|\breferences\b|\bforeign key(?:\s+to)?\b|\blink to\b)\s*[:(]?\s*"
    r"`?\"?([A-Za-z_][\w. ]*)",
    re.I,
)
_REQUIRED = re.compile(
    r"\b(?:not[ -]null|required|mandatory|primary key|pk|must be (?:set|present)|non[ -]null)\b|必填|必須|obligatorio",
    re.I,
)
_OPTIONAL = re.compile(
    r"\b(?:not required|optional|nullable|null(?:able)? allowed|may be null)\b|(?<!not )\bnull\b|可选|任意", re.I
)
_UNIQUE = re.compile(r"\b(?:unique|primary key|pk)\b|唯一", re.I)
_DEFAULT = re.compile(r"\bdefaults?(?:\s+(?:to|is|value))?\s*[:=]?\s*[`'\"(]?([\w.\-]+)", re.I)
_CALL = re.compile(
    r"^(many2one|one2many|many2many|ref|reference|relation|fk|foreignkey|v\.id|id)\s*(?:[(<\[]|,|→|->|"
    r"\bto\b(?: (?:an?|the|many|one))?)\s*[`'\"]?([\w.]+)",
    re.I,
)
_ENUM_WORD = re.compile(
    r"^(?:enum(?:eration)?|selection|select|choices?|drop-?down|picklist|one of|option set|status|radio)\b\s*"
    r"(?:of\b|field\b)?\s*[:：=]?\s*",
    re.I,
)
_YES_NO = re.compile(r"\by(?:es)?\s*/\s*no?\b", re.I)
_QUOTED = re.compile(r"[`'\"“‘]([^`'\"”’,|]+)[`'\"”’]")
_COLLECTION = re.compile(
    r"^(?:(?:list|array|set|collection|ienumerable|icollection)\s*(?:<|of\s+|\()\s*([A-Za-z_]\w*)|([A-Za-z_]\w*)\[\])",
    re.I,
)


@dataclass(frozen=True)
class Stated:
    """A type as stated; ``certain`` False: the word leaves the type open and the name decided."""

    type: FieldType
    certain: bool = True
    values: tuple[str, ...] = ()
    target: str | None = None
    many: bool = False


@lru_cache(maxsize=1)
def _words() -> tuple[dict[str, FieldType], dict[str, FieldType], frozenset[str]]:
    data: dict[str, Any] = yaml.safe_load(
        files("opsroom_dagster.requirements").joinpath("types.yaml").read_text(encoding="utf-8")
    )
    known = {str(word): kind for kind in get_args(FieldType) for word in data.get(kind, ())}
    return known, data["guess"], frozenset(data["many"])


def stated_type(text: str, name: str = "") -> Stated | None:
    """The type that ``text`` states for the field ``name`` (snake_case); None when it states none."""
    text = plain(text).strip(" .;,")
    call = _CALL.match(text)
    if call:
        return Stated("reference", target=target_name(call.group(2)), many=call.group(1).lower() in _words()[2])
    values = enum_values(text)
    if values:
        return Stated("selection", values=values)
    if _YES_NO.search(text):
        return Stated("boolean")
    arrow = _ARROW.search(text)
    if arrow and (name.endswith("_id") or "." in arrow.group(1) or arrow.group(1)[0].isupper()):
        return Stated("reference", target=target_name(arrow.group(1).split("(")[0]))
    collection = _COLLECTION.match(text)
    if collection:
        inner = collection.group(1) or collection.group(2)
        if inner.lower() in _words()[0] or not inner[0].isupper():
            return Stated("json")
        return Stated("reference", target=target_name(inner), many=True)
    return _by_word(text, name)


@lru_cache(maxsize=1)
def _vague() -> tuple[frozenset[str], frozenset[str]]:
    data: dict[str, Any] = yaml.safe_load(
        files("opsroom_dagster.requirements").joinpath("types.yaml").read_text(encoding="utf-8")
    )
    return frozenset(data["vague"]), frozenset(data["modifiers"])


def _by_word(text: str, name: str) -> Stated | None:
    known, guesses, many = _words()
    vague, modifiers = _vague()
    lowered = re.sub(r"[?!]+$", "", text.lower())
    head = re.match(r"[a-z][\w/.+-]*(?: [a-z][\w/-]*){0,4}", lowered)
    if not head:
        return None
    words = head.group().split()
    for count in range(min(len(words), 4), 0, -1):
        phrase = " ".join(words[:count])
        if count < len(words) and phrase in vague and words[count] not in modifiers:
            continue
        if phrase in guesses:
            guess = guess_type(name)
            return Stated(
                guess if guess not in ("string", "selection", "reference") else guesses[phrase], certain=False
            )
        if phrase in known:
            return _refined(known[phrase], name, phrase in many)
    return None


def _refined(kind: FieldType, name: str, many: bool) -> Stated:
    guess = guess_type(name)
    if kind == "string" and guess in ("email", "phone", "url"):
        return Stated(guess)
    if kind in ("uuid", "integer") and guess == "reference":
        return Stated("reference")
    return Stated(kind, many=many)


def enum_values(text: str) -> tuple[str, ...]:
    """The alternatives that a type text lists: ``enum: a | b``, ``'a' | 'b'``, ``enum(a, b)``, ``Selection [a/b]``."""
    text = plain(text).strip()
    word = _ENUM_WORD.match(text)
    rest = text[word.end() :] if word else text
    rest = re.sub(r"^[(\[{<]\s*|\s*[)\]}>]\s*$", "", rest.strip()) if word else rest
    if word:
        closing = re.search(r"[)\]}]", rest)
        rest = rest[: closing.start()] if closing and not re.search(r"[(\[{]", rest[: closing.start()]) else rest
        rest = re.split(r"\s+[(—–]|;|\.\s|\bdefault\b|\bnot null\b", rest, flags=re.I)[0]
        parts = re.split(r"\s*(?:\||,|/|、|\bor\b|→)\s*", rest)
    elif "|" in rest:
        rest = re.split(r"\s+[(—–]|;|//", rest)[0]
        parts = re.split(r"\s*\|\s*", rest)
        if not all(_QUOTED.fullmatch(part.strip()) or re.fullmatch(r"[a-z][\w-]*", part.strip()) for part in parts):
            return ()
        parts = [part for part in parts if part.strip() not in ("null", "undefined", "none")]
        if all(part.strip() in _words()[0] for part in parts):
            return ()
    else:
        return ()
    values = tuple(dict.fromkeys(part.strip(" `'\"“”‘’.") for part in parts))
    values = tuple(value for value in values if value and len(value) <= 40 and len(value.split()) <= 4)
    return values if len(values) > 1 else ()


def target_name(text: str) -> str:
    """``inv.site.id`` → ``Site``, ``users(id)`` → ``User``; Odoo models (``res.partner``) stay as they are."""
    text = text.strip(" .`'\"")
    parts = text.split(".")
    if len(parts) > 1 and parts[-1].lower() in ("id", "code", "uuid"):
        return entity_name(parts[-2])
    if len(parts) > 1 and all(part.islower() for part in parts) and parts[0] in ODOO_NAMESPACES:
        return text
    return entity_name(parts[-1])


ODOO_NAMESPACES = frozenset(
    [
        "res",
        "hr",
        "account",
        "sale",
        "purchase",
        "stock",
        "product",
        "project",
        "crm",
        "mail",
        "ir",
        "uom",
        "calendar",
        "maintenance",
        "fleet",
        "event",
        "survey",
        "website",
        "mrp",
        "quality",
        "helpdesk",
        "analytic",
        "utm",
        "payment",
        "pos",
        "point",
        "resource",
        "documents",
    ]
)


def make_field(name: str, evidence: Evidence, type_text: str = "", notes: str = "") -> Field | None:
    """A field from its written name, the text that states its type, and notes; None when it has no Latin name."""
    label = plain(name).strip(" :：*?")
    optional_mark = plain(name).rstrip().endswith("?")
    snake = snake_case(re.sub(r"\s*[(（\[].*$", "", label) or label)
    if not snake or len(snake) > 60:
        return None
    both = f"{type_text}; {notes}"
    stated = stated_type(type_text, snake) if type_text else None
    arrow = (
        stated_type(notes, snake)
        if notes and (stated is None or stated.type in ("uuid", "reference", "integer", "string"))
        else None
    )
    if arrow is not None and (arrow.type == "reference" and arrow.target) and (stated is None or stated.target is None):
        stated = arrow
    elif stated is None or (stated.type in ("string", "selection") and not stated.values):
        values = enum_values(notes)
        stated = Stated("selection", values=values) if values else stated
    text = plain(both)
    default = _DEFAULT.search(text)
    return Field(
        name=snake,
        label=label_of(label),
        type=stated.type if stated else guess_type(snake),
        type_stated=stated.certain if stated else False,
        values=stated.values if stated else (),
        target=stated.target if stated else None,
        many=stated.many if stated else guess_type(snake) == "reference" and snake.endswith("_ids"),
        required=bool(_REQUIRED.search(text)) and not _OPTIONAL.search(text) and not optional_mark,
        unique=bool(_UNIQUE.search(text)) and not re.search(r"\bunique (?:per|within|together|in)\b", text, re.I),
        default=default.group(1) if default and default.group(1).lower() not in ("null", "none", "value") else None,
        help=None,
        evidence=(evidence,),
    )


def looks_like_name(text: str) -> bool:
    """Whether a cell can be a field's name: an identifier, or one to four words without a sentence."""
    name = plain(text).strip(" :：*?")
    return bool(re.fullmatch(r"[A-Za-z_][\w .\-/()（）#&']{0,48}", name)) and 1 <= len(words_of(name)) <= 6
