"""Parameters that name a secret: ``format: secret-name`` in their JSON Schema.

Their values are names, which plans may show; where a step asks for such a parameter it gets ``{{secrets.<NAME>}}``.
"""

import re
from collections.abc import Sequence
from typing import Any, cast

from opsroom_dagster.errors import InputError
from opsroom_dagster.plans.model import Json

FORMAT = "secret-name"
_NAME = re.compile(r"[A-Z][A-Z0-9_]*")


def names_secret(schema: Json, path: Sequence[str]) -> bool:
    """Does the value at ``path`` (property names and indices) name a secret?"""
    node: Json = schema
    for part in path:
        inner: Any = node.get("items") if part.isdecimal() and "items" in node else node.get("properties", {}).get(part)
        if not isinstance(inner, dict):
            return False
        node = cast(Json, inner)
    return node.get("format") == FORMAT


def secret_reference(place: str, value: Any) -> str:
    """``{{secrets.NAME}}``.

    Raises:
        InputError: the value at ``place`` is no name of a secret.
    """
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise InputError(
            f"{place}: {value!r} is no name of a secret.",
            remedy="Give a name in capitals, as of an environment variable, never the secret itself.",
        )
    return f"{{{{secrets.{value}}}}}"
