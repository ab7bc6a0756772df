"""Canonical JSON (RFC 8785) and SHA-256 digests of values, files and trees."""

import hashlib
from pathlib import Path
from typing import Any

import rfc8785


def canonical_json(value: Any) -> bytes:
    """The one byte representation of a JSON value (RFC 8785)."""
    return rfc8785.dumps(value)


def digest_bytes(data: bytes) -> str:
    """``sha256:<hex>`` of bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def digest_value(value: Any) -> str:
    """``sha256:<hex>`` of a JSON value's canonical form."""
    return digest_bytes(canonical_json(value))


def digest_file(path: Path) -> str:
    """``sha256:<hex>`` of a file, read in pieces."""
    with path.open("rb") as stream:
        return "sha256:" + hashlib.file_digest(stream, "sha256").hexdigest()


def tree_files(root: Path) -> dict[str, str]:
    """POSIX path relative to ``root`` → digest, of every regular file below it, sorted by path."""
    files = (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return dict(sorted((path.relative_to(root).as_posix(), digest_file(path)) for path in files))


def digest_tree(root: Path) -> str:
    """Digest of a folder: of the canonical JSON of its ``tree_files``."""
    return digest_value(tree_files(root))
