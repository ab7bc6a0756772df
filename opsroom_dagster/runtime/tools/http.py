"""Make an HTTP request, see ``runtime.fetch``."""

import json
from typing import Annotated, Any, Literal

from pydantic import Field

from opsroom_dagster.errors import InputError, StepError
from opsroom_dagster.plans.model import Json
from opsroom_dagster.proofs.masking import mask
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.fetch import MOST_REDIRECTS, Answer, Request, fetch, shown
from opsroom_dagster.runtime.hiding import hide_bytes
from opsroom_dagster.runtime.tools._arguments import Arguments, Bytes, Milliseconds, Text, parsed
from opsroom_dagster.runtime.tools._kept import MAX_TEXT, kept_file, kept_text, plain

MAX_JSON = 1 << 20
"""Bytes of a body that is also read as JSON."""
_HEADERS = ("content-type", "location", "etag")
"""Those that do not change from one answer to the next."""
_SHOWN = 500


class HttpArguments(Arguments):
    """What the tools of kind ``http`` take."""

    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    url: str
    headers: dict[str, Text] = {}
    body: str | None = None
    json_value: Any = Field(default=None, alias="json")
    timeout_ms: Milliseconds = 30_000
    max_bytes: Bytes = 10_000_000
    follow_redirects: bool = False
    allow_private: bool = False
    expect_status: Annotated[list[int], Field(min_length=1)] | None = None
    """Any from 200 to 299 when nothing is said."""


def call(args: Json, context: StepContext) -> Json:
    """Outputs: ``status``, ``headers``, ``body`` (a text) or ``bodyFile``, and ``json`` when it is JSON.

    Raises:
        StepError: the answer has another status than expected; and see ``fetch``.
    """
    wanted = parsed(HttpArguments, args)
    request = request_of(wanted)
    answer = fetch(request, context)
    if not _expected(answer.status, wanted.expect_status):
        raise StepError(_refused(request, answer, wanted, context))
    return {
        "status": answer.status,
        "headers": {name: plain(answer.headers[name]) for name in _HEADERS if name in answer.headers},
        **_body(answer, context),
        **_json(answer),
    }


def request_of(wanted: HttpArguments) -> Request:
    """The request that the arguments describe.

    Raises:
        InputError: they state two bodies, or one that is no text.
    """
    headers = {name: str(value) for name, value in wanted.headers.items()}
    body = wanted.body
    if "json_value" in wanted.model_fields_set:
        if body is not None:
            raise InputError("there are two bodies.", remedy="State body or json, not both.")
        body = json.dumps(wanted.json_value, ensure_ascii=False, allow_nan=False)
        if not any(name.lower() == "content-type" for name in headers):
            headers["content-type"] = "application/json"
    try:
        content = None if body is None else body.encode()
    except UnicodeEncodeError:
        raise InputError("the body holds half of a surrogate pair, which is no text.") from None
    return Request(
        method=wanted.method,
        url=wanted.url,
        headers=headers,
        body=content,
        seconds=wanted.timeout_ms / 1000,
        at_most=wanted.max_bytes,
        redirects=MOST_REDIRECTS if wanted.follow_redirects else 0,
        allow_private=wanted.allow_private,
    )


def _expected(status: int, allowed: list[int] | None) -> bool:
    return 200 <= status <= 299 if allowed is None else status in allowed


def _refused(request: Request, answer: Answer, wanted: HttpArguments, context: StepContext) -> str:
    allowed = wanted.expect_status
    expected = "200 to 299" if allowed is None else " or ".join(map(str, allowed))
    told = f"{request.name} was answered {answer.status}, not {expected}"
    if 300 <= answer.status <= 399 and (location := answer.headers.get("location")):
        return f"{told}: it leads to {shown(location)}, and redirects are followed only with followRedirects."
    # Hidden and masked before it is cut: half a credential looks like none.
    body = hide_bytes(answer.body, context.hidden)
    text = mask(body[: _SHOWN * 8].decode("utf-8", "replace")).strip()[:_SHOWN]
    return f"{told}:\n{text}" if text else f"{told}."


def _body(answer: Answer, context: StepContext) -> Json:
    text = _text(answer)
    if text is None or len(answer.body) > MAX_TEXT:
        return {"bodyFile": kept_file(answer.body, "body", context)}
    return {"body": kept_text(text.encode("utf-8", "replace"), "body", context)}


def _text(answer: Answer) -> str | None:
    """The body, if it is a text."""
    try:
        return answer.body.decode(answer.charset or "utf-8")
    except (UnicodeDecodeError, LookupError):
        return None


def _json(answer: Answer) -> Json:
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not (kind == "application/json" or kind.endswith("+json")) or len(answer.body) > MAX_JSON:
        return {}
    try:
        return {"json": plain(json.loads(answer.body, parse_constant=_refuse_constant))}
    except (ValueError, RecursionError, StepError):  # it is only called so
        return {}


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON.")
