"""Names from documents as Odoo identifiers: whatever a document writes, only ``[a-z0-9_]`` comes out."""

import keyword
import re
import unicodedata

RESERVED_FIELDS = {
    "id", "display_name", "create_uid", "create_date", "write_uid", "write_date", "env", "ids", "pool", "self", "cr",
    "uid", "context", "fields", "models", "api", "create", "write", "read", "unlink", "search", "browse", "copy",
    "exists", "filtered", "mapped", "sorted", "ensure_one", "sudo", "with_context", "with_user", "with_company",
    "default_get", "name_search", "name_create", "search_count", "search_read", "load", "export_data", "get_metadata",
    "user", "group", "order", "table", "select", "check", "column", "constraint", "default", "end", "grant", "limit",
    "offset", "primary", "references", "to", "union", "unique", "using", "when", "where", "analyse", "analyze", "all",
}  # fmt: skip
"""Members of every Odoo model, and words that PostgreSQL reserves."""

BOOKKEEPING = {
    "id", "created_at", "updated_at", "create_date", "write_date", "created_by", "updated_by", "create_uid",
    "write_uid", "created_on", "updated_on", "modified_at", "modified_on", "modified_by", "tenant_id",
    "last_modified", "uuid",
}  # fmt: skip
"""What Odoo keeps of every record itself, or does through companies."""

MAX_LENGTH = 50
"""Far below PostgreSQL's 63 with room for prefixes and suffixes."""


def words(text: str) -> list[str]:
    """Lower-case ASCII words of any text, CamelCase split."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", plain)
    return [word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word]


def snake(text: str, *, fallback: str) -> str:
    """A Python identifier; ``fallback`` when nothing usable remains."""
    name = "_".join(words(text))[:MAX_LENGTH].strip("_") or fallback
    name = f"x_{name}" if name[:1].isdigit() else name
    return f"{name}_" if keyword.iskeyword(name) else name


def field_name(text: str, *, fallback: str) -> str:
    """An identifier that is no member of Odoo's models and no reserved word."""
    name = snake(text, fallback=fallback)
    return f"{name}_value" if name in RESERVED_FIELDS else name


def class_name(text: str, *, fallback: str) -> str:
    """PascalCase."""
    return "".join(word.capitalize() for word in words(text)) or fallback


def one_line(text: str, limit: int = 200) -> str:
    """Text without line breaks, control characters or Markdown marks, shortened."""
    clean = "".join(char if char.isprintable() else " " for char in text)
    clean = " ".join(re.sub(r"[`*]+", "", clean).split())
    return clean if len(clean) <= limit else f"{clean[: limit - 1].rstrip()}…"


def title(text: str) -> str:
    """A label: ``warranty_until`` → ``Warranty Until``, ``_id`` endings dropped."""
    parts = one_line(text, 80).replace("_", " ").split()
    if len(parts) > 1 and parts[-1].lower() in ("id", "ids"):
        parts = parts[:-1]
    return " ".join(part if part.isupper() else part[:1].upper() + part[1:] for part in parts)
