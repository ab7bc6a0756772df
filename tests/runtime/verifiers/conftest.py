"""A step that has just run, and a way to ask one verifier about it."""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from opsroom_dagster.home import Home
from opsroom_dagster.plans.model import Step, Verifier
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.model import Verdict
from opsroom_dagster.runtime.verifiers import judge
from opsroom_dagster.settings import Settings


class Asked:
    """A step in a folder of its own, and verifiers to ask about it."""

    def __init__(self, root: Path) -> None:
        self.output = root / "runs" / "run" / "step"
        self.output.mkdir(parents=True)
        self.cancelled = threading.Event()
        self.deadline: float | None = None
        self.outputs: dict[str, Any] = {}
        self.inputs: dict[str, Any] = {}
        self.args: dict[str, Any] = {}
        self.steps: dict[str, dict[str, Any]] = {}
        self.secrets: dict[str, str] = {}
        self.seconds = 0.0
        self.root = root

    def context(self, **settings: Any) -> StepContext:
        """The context of the step."""
        return StepContext(
            step=Step(id="step", idx=0, title="A step", kind="system", action="approve", args=self.args),
            settings=Settings(OPSROOM_HOME=self.root / "home", **settings),
            home=Home(self.root / "home"),
            output=self.output,
            run_id="run",
            log=lambda _: None,
            scope={"inputs": self.inputs, "steps": {**self.steps, "step": {"outputs": self.outputs}}},
            secrets=self.secrets.__getitem__,
            deadline=self.deadline,
            cancelled=self.cancelled,
        )

    def verdict(self, kind: Any, /, **config: Any) -> Verdict:
        """What a verifier of the kind says."""
        started = time.monotonic()
        found = judge(Verifier(id="v", kind=kind, config=config), self.context())
        self.seconds = time.monotonic() - started
        return found

    def write(self, name: str, content: str | bytes) -> Path:
        """A file of the step's folder."""
        path = self.output / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    """A step that has run."""
    return Asked(tmp_path)


Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture
def serve() -> Generator[Callable[..., str]]:
    """Start web services on loopback; each is given a function from the path to (status, headers, body)."""
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Callable[[str, Any], Answer], port: int = 0) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, headers, body = answer(self.path, self.headers)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(BrokenPipeError, ConnectionResetError):  # who asked has heard enough
                    self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        server.daemon_threads = True
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
