"""Ask a verifier without ever waiting for it longer than it may take."""

import contextvars
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeVar

from opsroom_dagster.errors import CancelledError

Found = TypeVar("Found")
GRACE = 0.5
"""Seconds: what keeps its own deadline ends just after it, and says more than that it did not end."""
_POLL = 0.1


class UnfinishedError(Exception):
    """The function has not ended; its thread was left behind."""


def in_time(function: Callable[[], Found], seconds: float, cancelled: threading.Event) -> Found:
    """What the function returns or raises.

    It runs in a thread of its own. Python cannot stop a thread: one that does not end in time is left behind until the
    process ends, which it does not delay.

    Raises:
        UnfinishedError: it has not ended within ``seconds``, and a moment more.
        CancelledError: the event was set meanwhile.
    """
    results: SimpleQueue[tuple[Found, None] | tuple[None, BaseException]] = SimpleQueue()

    def run() -> None:
        try:
            results.put((function(), None))
        except BaseException as error:
            results.put((None, error))

    threading.Thread(target=contextvars.copy_context().run, args=(run,), name="verifier", daemon=True).start()
    end = time.monotonic() + seconds + GRACE
    while True:
        try:
            found, error = results.get(timeout=max(0.0, min(_POLL, end - time.monotonic())))
        except Empty:
            if cancelled.is_set():
                raise CancelledError("the run was cancelled while a verifier was asked.") from None
            if time.monotonic() >= end:
                raise UnfinishedError from None
            continue
        if error is None:
            return found  # pyright: ignore[reportReturnType] - a result whenever there is no error
        if isinstance(error, Exception):
            raise error
        raise RuntimeError(f"{type(error).__name__}: {error}") from error
