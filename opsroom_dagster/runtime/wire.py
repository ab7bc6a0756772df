"""The connection under an HTTP request: to an address that was checked, and never longer than there is time.

The name is resolved where the connection is made, so that what was checked is what is connected to (DNS rebinding).
Time is asked for at each read and write, so that who takes or gives a byte at a time does not get more of it.
"""

import ssl
from collections.abc import Callable, Iterator
from typing import Any

import httpcore
import httpx

from opsroom_dagster.errors import StepError
from opsroom_dagster.runtime.addresses import addresses

Remaining = Callable[[float], float]
"""Seconds that may still be spent, at most so many; raises when there are none."""
_CONNECT_SECONDS = 10.0
_SLICE = 0.2


class Transport(httpx.BaseTransport):
    """What ``httpx.Client`` sends its requests by; proxies of the environment are not used."""

    def __init__(self, remaining: Remaining, *, allow_private: bool) -> None:
        backend = _Network(remaining, allow_private=allow_private)
        self._pool = httpcore.ConnectionPool(ssl_context=httpx.create_ssl_context(), network_backend=backend)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.SyncByteStream)
        url = request.url
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class _Network(httpcore.NetworkBackend):
    def __init__(self, remaining: Remaining, *, allow_private: bool) -> None:
        self._remaining, self._allow_private = remaining, allow_private
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        del timeout  # here and below: there is as much as remains
        refused: Exception | None = None
        for address in addresses(host, port, allow_private=self._allow_private):
            seconds = self._remaining(_CONNECT_SECONDS)
            try:
                stream = self._sockets.connect_tcp(address, port, seconds, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                refused = error
            else:
                return _Stream(stream, self._remaining)
        raise StepError(f"{host}:{port} cannot be reached: {refused}.")


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, remaining: Remaining) -> None:
        self._stream, self._remaining = stream, remaining

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del timeout
        while True:
            try:
                return self._stream.read(max_bytes, self._remaining(_SLICE))
            except httpcore.ReadTimeout:
                continue

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout
        plug = self._stream.get_extra_info("socket")
        rest = memoryview(buffer)
        while rest:
            plug.settimeout(self._remaining(_SLICE))
            try:
                rest = rest[plug.send(rest) :]
            except TimeoutError:
                continue
            except OSError as error:
                raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        del timeout
        seconds = self._remaining(_CONNECT_SECONDS)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, seconds), self._remaining)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
