"""A service on this machine with a control: the version can be asked and told, and a bad version is not healthy."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Service:
    """``bad``: versions that never become healthy. ``told``: every version that the control was told."""

    version: str = "1.0"
    bad: tuple[str, ...] = ()
    token: str | None = None
    told: list[str] = field(default_factory=list[str])
    url: str = ""

    @property
    def control(self) -> str:
        return f"{self.url}/control"

    @property
    def health(self) -> str:
        return f"{self.url}/health"


@contextmanager
def running(service: Service) -> Generator[Service]:
    """The service, answering on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/health":
                healthy = service.version not in service.bad
                self.answer(200 if healthy else 503, {"service": "shop", "version": service.version})
            else:
                self.answer(200 if self.allowed() else 401, {"version": service.version})

        def do_PUT(self) -> None:
            if not self.allowed():
                return self.answer(401, {})
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            service.version = body["version"]
            service.told.append(service.version)
            return self.answer(200, {"version": service.version})

        def allowed(self) -> bool:
            return service.token is None or self.headers.get("Authorization") == f"Bearer {service.token}"

        def answer(self, status: int, value: Any) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
