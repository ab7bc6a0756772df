"""Names as the generated software needs them, and what a field's name says of its type.

Field names are ``snake_case``, entity names ``PascalCase`` singular. Latin text only: a name in another script becomes
an empty string, and the rule must find a Latin name beside it.
"""

import re
import unicodedata
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from opsroom_dagster.requirements.model import FieldType

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    return yaml.safe_load(files("opsroom_dagster.requirements").joinpath("names.yaml").read_text(encoding="utf-8"))


def words_of(text: str) -> list[str]:
    """Lower-case ASCII words: ``WorkOrder``, ``work_order`` and ``Work Orders`` give ``work``, ``order(s)``.

    Digits stay with the letters before them (``line2``, ``address1``); accents are dropped.
    """
    latin = unicodedata.normalize("NFKD", text.replace("'", "").replace("’", "")).encode("ascii", "ignore").decode()
    # Plurals of acronyms (IDs, URLs) are one word.
    latin = re.sub(r"\b([A-Z]{2,})s\b", lambda match: match.group(1).lower() + "s", latin)
    words: list[str] = []
    for chunk in re.split(r"[^A-Za-z0-9]+", latin):
        for index, word in enumerate(_WORD.findall(chunk)):
            if index and words and (word.isdigit() or words[-1].isdigit()):
                words[-1] += word.lower()
            else:
                words.append(word.lower())
    return words


def snake_case(text: str) -> str:
    """``Serial Number``, ``serialNumber`` and ``serial-number`` → ``serial_number``."""
    return "_".join(words_of(text))


def singular(word: str) -> str:
    """The singular of one lower-case English word; a word that is no plural stays as it is."""
    irregular: dict[str, str] = _data()["irregular"]
    if word in irregular:
        return irregular[word]
    if len(word) < 4 or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") else word


def plural(word: str) -> str:
    """The plural of one lower-case English word."""
    irregular = {one: many for many, one in sorted(_data()["irregular"].items(), reverse=True) if one != many}
    if word in irregular:
        return irregular[word]
    if _data()["irregular"].get(word) == word:
        return word
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s")


def entity_name(text: str) -> str:
    """``work orders``, ``WORK_ORDER`` and ``Work Order`` → ``WorkOrder``; empty when nothing Latin remains."""
    words = words_of(text)
    if not words:
        return ""
    words[-1] = singular(words[-1])
    name = "".join(word.capitalize() for word in words)
    return name if name[0].isalpha() else ""


def entity_key(text: str) -> str:
    """What two spellings of one entity share: lower-case words without separators, the last one singular."""
    return entity_name(text).lower()


def label_of(text: str) -> str:
    """A label for people: ``work_order`` and ``WorkOrder`` → ``Work Order``; text with spaces stays as written."""
    text = text.strip()
    if " " in text or not text.isascii():
        return text
    return " ".join(word if word.isupper() else word.capitalize() for word in words_of(text)) or text


def kebab_case(text: str) -> str:
    """``WorkOrder`` → ``work-order``."""
    return "-".join(words_of(text))


def guess_type(name: str) -> FieldType:
    """The type that a snake_case field name suggests; ``string`` when it says nothing.

    ``<x>_id`` is a reference, ``id`` itself a ``uuid``-like key and therefore ``string``.
    """
    if name.endswith(("_ids", "ed_by", "assigned_to")) or (
        name.endswith("_id") and not name.endswith(("tax_id", "external_id"))
    ):
        return "reference"
    words = name.split("_")
    for group in _data()["types"]:
        if (
            name in group.get("exact", ())
            or words[-1] in group.get("last", ())
            or (
                len(words) > 1 and (words[0] in group.get("first", ()) or "_".join(words[:2]) in group.get("first", ()))
            )
            or name.endswith(tuple(group.get("suffix", ())) or "\x00")
        ):
            return group["type"]
    return "string"
