"""Long-running programs that are restarted when they die."""

import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from opsroom_dagster.errors import OpsroomError
from opsroom_dagster.instance import leash

MAX_DEATHS = 5
FORGET_SECONDS = 600
GRACE_SECONDS = leash.GRACE_SECONDS + 5


@dataclass
class Child:
    """A program on a leash; its output goes to ``log``."""

    name: str
    command: list[str]
    env: dict[str, str]
    log: Path
    process: "subprocess.Popen[bytes] | None" = None
    deaths: list[float] = field(default_factory=list[float])
    start_at: float = 0.0

    def start(self) -> None:
        """Start the program; its log begins anew with the first start and goes on with later ones."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab" if self.deaths else "wb") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(Path(leash.__file__)), *self.command],
                stdin=subprocess.PIPE, stdout=stream, stderr=stream, env=self.env, start_new_session=True,
            )  # fmt: skip

    def tend(self) -> str | None:
        """Start the program again if it died, later each time. Returns what happened, for people.

        Raises:
            OpsroomError: it died too often.
        """
        now = time.monotonic()
        if self.process is None:
            if now >= self.start_at:
                self.start()
            return None
        if self.process.poll() is None:
            return None
        self.let_go()
        self.deaths = [*(death for death in self.deaths if now - death < FORGET_SECONDS), now]
        if len(self.deaths) >= MAX_DEATHS:
            raise OpsroomError(
                f"The {self.name} ended {len(self.deaths)} times. The end of its log {self.log}:\n{self.last_lines()}"
            )
        delay = 2 ** (len(self.deaths) - 1)
        self.start_at = now + delay
        return f"The {self.name} ended; it is started again in {delay} s (log: {self.log})."

    def let_go(self) -> None:
        """Ask the program to end; ``wait`` sees that it did."""
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
            if self.process.poll() is not None:
                self.process = None

    def wait(self) -> None:
        """Wait for the end after ``let_go``."""
        if self.process is not None:
            self.process.wait(GRACE_SECONDS)
            self.process = None

    def last_lines(self, count: int = 15) -> str:
        """The end of the log."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(text.strip().splitlines()[-count:])
