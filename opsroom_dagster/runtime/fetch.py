"""One HTTP request, as steps may make it: to public addresses, limited in time and size, each redirect looked at."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpcore
import httpx

from opsroom_dagster.errors import InputError, StepError, StepTimeoutError
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.wire import Transport

MOST_REDIRECTS = 5
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNSAFE = re.compile(r"[^\t\x20-\x7e\x80-\xff]")
_HOST = re.compile(rb"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+(%25[A-Za-z0-9._-]+)?")
_QUOTED = re.compile(r"'.*'", re.DOTALL)
_OURS = {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "te", "upgrade"}
"""Headers that follow from the request, and that would make two readers disagree about it."""
_DEFAULTS = {b"user-agent": b"opsroom", b"accept": b"*/*", b"accept-encoding": b"identity"}
"""Not compressed: what is limited is what was sent."""
_FOR_EVERYONE = {"accept", "accept-language", "accept-encoding", "connection", "host", "user-agent"}
"""Headers that are sent on to another origin; any other may hold a credential."""


@dataclass(frozen=True)
class Request:
    """What to ask. ``redirects``: how many to follow. ``at_most``: bytes of the answer's body."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes | None = None
    seconds: float = 30
    at_most: int = 10_000_000
    redirects: int = 0
    allow_private: bool = False

    @property
    def name(self) -> str:
        """Method and URL for messages: without credentials, and without the query, which often holds some."""
        return f"{self.method} {shown(self.url)}"


@dataclass(frozen=True)
class Answer:
    """What came back. ``headers``: names in lower case. ``charset``: as the server named it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    charset: str | None


def fetch(request: Request, context: StepContext) -> Answer:
    """Ask, and follow at most ``request.redirects`` redirects.

    Raises:
        InputError: the request cannot be made, or leads to an address that is not public.
        StepError: there was no answer, one that is too large, or one redirect too many.
        StepTimeoutError, CancelledError: it was not there in time, or the run was cancelled.
    """
    asked = _prepared(request)
    until = time.monotonic() + request.seconds

    def remaining(at_most: float) -> float:
        left = until - time.monotonic()
        if left <= 0:
            raise StepTimeoutError(f"{request.name} was not answered within {request.seconds * 1000:,.0f} ms.")
        return context.remaining(min(at_most, left))

    transport = Transport(remaining, allow_private=request.allow_private)
    try:
        with httpx.Client(transport=transport, timeout=request.seconds, trust_env=False) as client:
            for _ in range(request.redirects + 1):
                answer, following = _once(client, asked, request)
                if following is None or not request.redirects:
                    return answer
                asked = _redirected(asked, following, request)
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, *_WIRE_ERRORS) as error:
        raise StepError(f"{request.name} failed: {error or type(error).__name__}.") from None
    raise StepError(f"{request.name} was redirected more than {request.redirects} times.")


def shown(url: str) -> str:
    """Scheme, host, port and path of a URL."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        return "(no URL)"
    return str(parsed.copy_with(userinfo=b"", query=None, fragment=None))


_WIRE_ERRORS = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
    httpcore.ProxyError,
)


def _prepared(request: Request) -> httpx.Request:
    for name, value in request.headers.items():
        if not _TOKEN.fullmatch(name) or name.lower() in _OURS:
            raise InputError(
                f"the header {name!r} cannot be set.", remedy="It is no header's name, or it is set for you."
            )
        if _UNSAFE.search(value):
            raise InputError(f"the value of the header {name!r} holds characters that no header can hold.")
    try:
        url = httpx.URL(request.url)
        own = {name.lower().encode(): value.encode("latin-1") for name, value in request.headers.items()}
        made = httpx.Request(request.method, url, headers={**_DEFAULTS, **own}, content=request.body)
    except (httpx.InvalidURL, UnicodeError) as error:
        # What stands in quotes is a part of the URL, perhaps of a password in it that was not percent-encoded.
        raise InputError(f"the URL cannot be used: {_QUOTED.sub('…', str(error)).rstrip('.')}.") from None
    _check(url, request)
    return made


def _check(url: httpx.URL, request: Request) -> None:
    if url.scheme not in ("http", "https") or not _HOST.fullmatch(url.raw_host):
        raise InputError(
            f"the {request.method} request cannot be made: its URL, or one that it is redirected to, is not of http or "
            "https, or its host is none."
        )
    if url.port is not None and not 1 <= url.port <= 65535:
        raise InputError(f"{request.name} cannot be made: there is no port {url.port}.")


def _once(client: httpx.Client, asked: httpx.Request, request: Request) -> tuple[Answer, httpx.Request | None]:
    response = client.send(asked, stream=True)
    try:
        body = bytearray()
        if response.next_request is None or not request.redirects:
            for piece in response.iter_bytes():
                body += piece
                if len(body) > request.at_most:
                    raise StepError(f"{request.name} was answered with more than {request.at_most:,} bytes.")
    finally:
        response.close()
    answer = Answer(response.status_code, dict(response.headers), bytes(body), response.charset_encoding)
    return answer, response.next_request


def _redirected(before: httpx.Request, after: httpx.Request, request: Request) -> httpx.Request:
    """The next request, without what is meant for the first origin alone."""
    _check(after.url, request)
    if _origin(before.url) == _origin(after.url):
        return after
    where = shown(str(after.url))
    if before.url.scheme == "https" and after.url.scheme == "http":
        raise StepError(f"{request.name} was redirected to {where}, which is not encrypted.")
    if after.method not in ("GET", "HEAD"):
        raise StepError(f"{request.name} was redirected to {where}, another origin, which is not sent what was for it.")
    for name in set(after.headers) - _FOR_EVERYONE:
        del after.headers[name]
    return after


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
