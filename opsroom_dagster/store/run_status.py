"""The states of a run, and how it goes from one to another."""

from collections.abc import Mapping
from typing import Literal, get_args

RunStatus = Literal[
    "queued", "running", "waiting", "succeeded", "failed", "cancelled", "rolled_back", "rollback_failed"
]

STATUSES: tuple[RunStatus, ...] = get_args(RunStatus)

NEXT: Mapping[RunStatus, frozenset[RunStatus]] = {
    # A run can end before it begins: it could not be started, or nobody wants it any more.
    "queued": frozenset({"running", "failed", "cancelled"}),
    # Back in the queue: its worker died, and another one is to go on with it.
    "running": frozenset({"queued", "waiting", "succeeded", "failed", "cancelled", "rolled_back", "rollback_failed"}),
    # For a person's answer; no process is held meanwhile. The answer puts it back, or ends it.
    "waiting": frozenset({"queued", "running", "failed", "cancelled"}),
    "succeeded": frozenset(),
    # Steps are rolled back after the end of the run that failed.
    "failed": frozenset({"rolled_back", "rollback_failed"}),
    "cancelled": frozenset({"rolled_back", "rollback_failed"}),
    "rolled_back": frozenset(),
    # The rest was undone in a second try.
    "rollback_failed": frozenset({"rolled_back"}),
}
"""What ``set_status`` may do. Only ``retry_run`` brings a finished run back."""

FINISHED: frozenset[RunStatus] = frozenset(STATUSES) - {"queued", "running", "waiting"}

RETRIABLE: frozenset[RunStatus] = frozenset({"failed", "cancelled", "rolled_back"})
"""Not after a failed rollback: nobody knows what a step would find."""


def sources(status: RunStatus) -> list[RunStatus]:
    """The states that a run can enter ``status`` from, in the order of ``STATUSES``."""
    return [source for source in STATUSES if status in NEXT[source]]
