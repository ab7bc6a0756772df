"""Keep the secrets that a step was given out of what it puts out, in whatever usual form a program writes them."""

import base64
import json
import math
from collections.abc import Collection, Iterable, Iterator
from typing import Any, cast
from urllib.parse import quote, quote_plus

from opsroom_dagster.proofs.masking import MASK

SHORTEST = 4
"""Characters: what is shorter is in everything and is not looked for."""


def hide(value: Any, secrets: Collection[str]) -> Any:
    """A JSON value in whose texts and keys each of the secrets is ``***``."""
    forms = longest_first(secrets)
    return _hidden(value, forms) if forms else value


def hide_bytes(data: bytes, secrets: Collection[str]) -> bytes:
    """The same for the bytes of a text."""
    for form in longest_first(secrets):
        data = data.replace(form.encode("utf-8", "surrogateescape"), MASK.encode())
    return data


def forms(secret: str) -> Iterator[str]:
    """The ways in which a secret is usually written: inside a URL, in JSON, line by line, in base64 at any offset."""
    yield secret
    secret = secret.encode("utf-8", "replace").decode()  # the others are of a text
    yield from (quote(secret, safe=""), quote(secret), quote_plus(secret))
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    yield from (line for line in secret.splitlines() if len(line) >= 8)
    raw = secret.encode()
    for offset in range(3):
        # The characters at either end also depend on what stands beside the secret.
        start, stop = math.ceil(offset * 8 / 6), (offset + len(raw)) * 8 // 6
        coded = base64.b64encode(bytes(offset) + raw).decode()[start:stop]
        if len(coded) >= 8:
            yield from (coded, coded.replace("+", "-").replace("/", "_"))


def longest_first(secrets: Iterable[str]) -> list[str]:
    """All forms of the secrets that are looked for; one inside of another comes after it."""
    found = {form for secret in secrets if len(secret) >= SHORTEST for form in forms(secret)}
    return sorted(found, key=lambda form: (-len(form), form))


def _hidden(value: Any, forms: list[str]) -> Any:
    if isinstance(value, str):
        for form in forms:
            value = value.replace(form, MASK)
        return value
    if isinstance(value, list):
        return [_hidden(item, forms) for item in cast(list[Any], value)]
    if isinstance(value, dict):
        return {_hidden(key, forms): _hidden(item, forms) for key, item in cast(dict[str, Any], value).items()}
    return value
