"""A pull request, wherever it lives."""

from typing import Literal

from opsroom_dagster.frozen import Frozen


class PullRequest(Frozen):
    """``commit`` is the head of ``branch``; ``merge_commit`` is set once it is merged."""

    number: int
    title: str
    body: str
    branch: str
    base: str
    state: Literal["open", "merged", "closed"]
    commit: str
    generated: str
    """The generated commit that it proposes."""
    start: str
    """The head of ``base`` when ``branch`` was last brought up to date with it."""
    merge_commit: str | None = None


class Proposal(Frozen):
    """What came of proposing a change set.

    ``opened``, ``updated``: ``pull_request`` holds it. ``unchanged``: the base already has it, or ``pull_request``
    already proposes it. ``rejected``: the same change was closed as ``pull_request``. ``conflict``: ``conflicts``
    names the files; nothing was changed.
    """

    outcome: Literal["opened", "updated", "unchanged", "rejected", "conflict"]
    generated: str
    """The commit on the machine's own branch with exactly the change set."""
    pull_request: PullRequest | None = None
    conflicts: tuple[str, ...] = ()
