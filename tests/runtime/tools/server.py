"""A web service on loopback that misbehaves on request."""

import gzip
import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Server:
    """``asked``: method, path, headers in lower case and body of each request."""

    url: str = ""
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    redirect: str = ""
    stop: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serving(tls: Any = None) -> Generator[Server]:
    """A server that runs inside the block; ``tls``: the context to encrypt with."""
    server = Server()

    class Handler(_Handler):
        state = server

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        listening.daemon_threads = True
        if tls:
            listening.socket = tls.wrap_socket(listening.socket, server_side=True, do_handshake_on_connect=False)
        port = listening.server_address[1]
        server.url = f"https://localhost:{port}" if tls else f"http://127.0.0.1:{port}"
        thread = threading.Thread(target=listening.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.stop.set()
            listening.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    state: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        length = int(self.headers.get("content-length", 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(length)
        self.state.asked.append((self.command, self.path, headers, body))
        path, _, query = self.path.partition("?")
        answer = getattr(self, f"_{path.strip('/').partition('/')[0]}", None)
        answer(query) if answer else self._send(200, f"{self.command} {path}".encode())

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _echo(self, _query: str) -> None:
        _, path, headers, body = self.state.asked[-1]
        told = json.dumps({"path": path, "headers": headers, "body": body.decode()}, ensure_ascii=False)
        self._send(200, told.encode(), content_type="application/json; charset=utf-8", etag='"1"', date="today")

    def _refuse(self, _query: str) -> None:
        self._send(503, f"no: {self.state.asked[-1][2]}; password=hunter2hunter2".encode(), content_type="text/plain")

    def _size(self, query: str) -> None:
        self._send(200, b"a" * int(query), content_type="text/plain")

    def _json(self, query: str) -> None:
        from urllib.parse import unquote

        self._send(200, unquote(query).encode("utf-8", "surrogateescape"), content_type="application/problem+json")

    def _bytes(self, _query: str) -> None:
        self._send(200, b"\x89PNG\r\n\x00\xff", content_type="image/png")

    def _latin(self, _query: str) -> None:
        self._send(200, "ä\0".encode("latin-1"), content_type="text/plain; charset=latin-1")

    def _bomb(self, _query: str) -> None:
        self._send(200, gzip.compress(bytes(30_000_000)), content_encoding="gzip")

    def _status(self, query: str) -> None:
        self._send(int(query), b"")

    def _redirect(self, query: str) -> None:
        status, _, left = query.partition("&")
        self._send(int(status), b"moved", location=self.state.redirect or f"/redirect?{status}&{int(left) - 1}"
                   if self.state.redirect or left not in ("", "0") else "/echo")  # fmt: skip

    def _hang(self, _query: str) -> None:
        self.state.stop.wait(30)
        self.close_connection = True

    def _drip(self, _query: str) -> None:
        self._slowly(b"HTTP/1.1 200 OK\r\n" + b"x-a: " + b"a" * 2_000)

    def _drip_body(self, _query: str) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        self._slowly(b"a" * 999)

    def _slowly(self, data: bytes) -> None:
        self.close_connection = True
        for byte in data:
            if self.state.stop.wait(0.02):
                return
            try:
                self.wfile.write(bytes([byte]))
            except OSError:
                return
        time.sleep(0)

    def _garbage(self, _query: str) -> None:
        self.wfile.write(b"\0\1\2 not http\r\n\r\n")
        self.close_connection = True

    def _short(self, _query: str) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nabc")
        self.close_connection = True

    def log_message(self, *_args: Any) -> None:
        """Nothing."""
