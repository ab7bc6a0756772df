"""What tools put out, as it can be kept: plain JSON, texts of some length, and files for what is longer."""

import base64
import math
from collections.abc import Mapping
from typing import Any, cast

from opsroom_dagster.digests import digest_bytes
from opsroom_dagster.errors import StepError
from opsroom_dagster.files import write_atomic
from opsroom_dagster.plans.model import Json
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.hiding import hide_bytes

MAX_TEXT = 64_000
"""Bytes of a text that is kept among the outputs themselves."""
MAX_DEPTH = 100
_EXACT = 2**53 - 1
"""Integers beyond have no canonical form (RFC 8785)."""
_NOT_STORABLE = str.maketrans({"\0": "\N{REPLACEMENT CHARACTER}"} | dict.fromkeys(range(0xD800, 0xE000), "\ufffd"))
"""Neither NUL nor lone surrogates: Postgres and UTF-8 refuse them."""


def kept_text(data: bytes, name: str, context: StepContext) -> str | Json:
    """What was written, as text; when it is long, the file that it was put into: ``{file, digest, bytes}``."""
    data = hide_bytes(data, context.hidden)
    if len(data) > MAX_TEXT:
        return kept_file(data, name, context)
    return data.decode("utf-8", "replace").translate(_NOT_STORABLE)


def kept_file(data: bytes, name: str, context: StepContext) -> Json:
    """Put bytes into the step's folder under a name that tells their content, so that nothing is overwritten.

    Returns:
        ``{file, digest, bytes}``; ``file`` is relative to the step's folder.
    """
    data = hide_bytes(data, context.hidden)
    digest = digest_bytes(data)
    file = f"{name}-{digest.removeprefix('sha256:')[:16]}"
    try:
        write_atomic(context.output / file, data)
    except OSError as error:  # the disk is full, or the command has made a folder of that name
        raise StepError(f"{file!r} could not be written to the step's folder: {error.strerror}.") from error
    return {"file": file, "digest": digest, "bytes": len(data)}


def plain(value: Any, depth: int = 0) -> Any:
    """A value from outside as JSON that every part of the product can keep.

    Integers beyond 2⁵³, numbers that are not finite, decimals and whatever else JSON does not know become texts,
    bytes become base64.

    Raises:
        StepError: it is nested too deeply.
    """
    if depth > MAX_DEPTH:
        raise StepError(f"a value is nested more than {MAX_DEPTH} levels deep.")
    if isinstance(value, str):
        return value.translate(_NOT_STORABLE)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _EXACT else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Mapping):
        items = cast(Mapping[object, object], value).items()
        return {str(key).translate(_NOT_STORABLE): plain(item, depth + 1) for key, item in items}
    if isinstance(value, list | tuple):
        return [plain(item, depth + 1) for item in cast(list[object], value)]
    return str(value).translate(_NOT_STORABLE)
