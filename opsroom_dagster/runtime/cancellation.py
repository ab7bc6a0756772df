"""Which runs of this process were cancelled: set where the signal arrives, seen by every step of the run."""

import threading

_events: dict[str, threading.Event] = {}
_lock = threading.Lock()


def cancellation(run_id: str) -> threading.Event:
    """The event of a run; set: its steps must end."""
    with _lock:
        return _events.setdefault(run_id, threading.Event())


def cancel(run_id: str) -> None:
    """Cancel the steps of a run that are running in this process."""
    cancellation(run_id).set()


def forget(run_id: str) -> None:
    """The run has ended in this process."""
    with _lock:
        _events.pop(run_id, None)
