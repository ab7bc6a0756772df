"""Names from documents as Odoo identifiers: whatever a document writes, only ``[a-z0-9_]`` comes out."""

import hashlib
import keyword
import math
import re
import unicodedata
from collections.abc import Container, Iterable
from functools import cache
from pathlib import Path

BOOKKEEPING = {
    "id", "created_at", "updated_at", "create_date", "write_date", "created_by", "updated_by", "create_uid",
    "write_uid", "created_on", "updated_on", "modified_at", "modified_on", "modified_by", "tenant_id",
    "last_modified", "uuid",
}  # fmt: skip
"""What Odoo keeps of every record itself, or does through companies."""

CREDENTIALS = {
    "password", "password_hash", "password_digest", "password_salt", "hashed_password", "encrypted_password", "passwd",
    "pwd", "salt",
}  # fmt: skip
"""Odoo keeps these of its users itself; no field of an addon may."""

UNCOUNTABLE = ("equipment", "information", "data", "inventory", "staff", "feedback", "software", "hardware", "stock",
               "personnel", "series", "news", "history")  # fmt: skip

LONGEST_ACRONYM = 5

MAX_LENGTH = 50
"""Far below PostgreSQL's 63 with room for prefixes and suffixes."""


def words(text: str) -> list[str]:
    """Lower-case ASCII words of any text, CamelCase split."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return [word for word in re.split(r"[^a-z0-9]+", _split_case(plain).lower()) if word]


def key(text: str, *, fallback: str) -> str:
    """A selection key."""
    return shortened("_".join(words(text))) or fallback


def snake(text: str, *, fallback: str) -> str:
    """A Python identifier; ``fallback`` when nothing usable remains."""
    name = key(text, fallback=fallback)
    name = f"n{name}" if name[:1].isdigit() else name
    return f"{name}_" if keyword.iskeyword(name) else name


def field_name(text: str, *, fallback: str) -> str:
    """An identifier that is no member of Odoo's models and no reserved word."""
    name = snake(text, fallback=fallback)
    return f"{name.rstrip('_')}_value" if name.rstrip("_") in _reserved() else name


def class_name(text: str, *, fallback: str) -> str:
    """PascalCase, no reserved word."""
    name = "".join(word.capitalize() for word in words(text))[:MAX_LENGTH] or fallback
    name = f"N{name}" if name[:1].isdigit() else name
    return f"{name}Record" if keyword.iskeyword(name) or name in _reserved() else name


def shortened(name: str, limit: int = MAX_LENGTH) -> str:
    """The name, its end replaced by a digest when it is longer than ``limit``; two long names stay two."""
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:6]
    return f"{name[: limit - 7].rstrip('_')}_{digest}"


def unused(name: str, taken: Container[str]) -> str:
    """The name, with a number behind it when it is taken."""
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate


def one_line(text: str, limit: int = 200) -> str:
    """Text without line breaks, control characters or Markdown marks, shortened."""
    clean = "".join(char if char.isprintable() else " " for char in text)
    clean = " ".join(re.sub(r"[`*]+", "", clean).split())
    return clean if len(clean) <= limit else f"{clean[: limit - 1].rstrip()}…"


def number(text: str) -> float | None:
    """The finite number that a text is; None: it is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def requirement_id(text: str) -> str:
    """A requirement's id as it stands in comments, tables and the trace."""
    return one_line(text, 80)


def title(text: str) -> str:
    """A label: ``warranty_until`` → ``Warranty Until``, ``WorkOrder`` → ``Work Order``; ``_id`` endings dropped."""
    line = one_line(text, 80)
    if line.isupper() and len(line) > LONGEST_ACRONYM:  # a heading in capitals
        line = line.title()
    parts = (_split_case(line) if line.isidentifier() else line).replace("_", " ").split()
    if len(parts) > 1 and parts[-1].lower() in ("id", "ids"):
        parts = parts[:-1]
    return " ".join(part if part.isupper() else part[:1].upper() + part[1:] for part in parts)


def default_label(name: str) -> str:
    """The label that Odoo gives a field without one; OCA wants it not to be repeated."""
    return name.removesuffix("_ids").removesuffix("_id").replace("_", " ").title()


def plural(label: str) -> str:
    """The label of many: ``Part Usage`` → ``Part Usages``."""
    if label.lower().endswith((*UNCOUNTABLE, "ies")):
        return label
    if label.endswith("y") and label[-2:-1].lower() not in "aeiou":
        return f"{label[:-1]}ies"
    return f"{label}es" if label.endswith(("s", "x", "ch", "sh")) else f"{label}s"


def unique_labels(labels: Iterable[tuple[str, str]], owner: str, taken: Iterable[str]) -> list[str]:
    """Labels of fields, no two the same, because Odoo warns of that.

    Args:
        labels: (field name, label) of each field.
        owner: label of the model; it tells a field's label from one of ``taken``.
        taken: labels, lower case, of the fields that the model inherits.
    """
    seen = set(taken)
    result: list[str] = []
    for name, label in labels:
        choices = (label, title(name), f"{owner} {label}")
        chosen = next((choice for choice in choices if choice.lower() not in seen), None)
        number = 2
        while chosen is None or chosen.lower() in seen:
            chosen, number = f"{label} {number}", number + 1
        seen.add(chosen.lower())
        result.append(chosen)
    return result


def _split_case(text: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", text)


@cache
def _reserved() -> frozenset[str]:
    import yaml

    text = (Path(__file__).parent / "reserved_names.yaml").read_text(encoding="utf-8")
    # PyYAML reads on, true, null and their like as values; they are meant as words here.
    lists: dict[str, list[str]] = yaml.load(text, Loader=yaml.BaseLoader)
    return frozenset(name for names in lists.values() for name in names)
