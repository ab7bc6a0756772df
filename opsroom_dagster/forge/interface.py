"""What a forge can do; the local one and GitHub's both implement this."""

from pathlib import Path
from typing import Protocol

from opsroom_dagster.forge.model import Proposal, PullRequest


class Forge(Protocol):
    """Pull requests of one project."""

    def propose(self, tree: Path, *, title: str, body: str) -> Proposal:
        """Open a pull request that turns the repository's generated files into ``tree``, or update the open one."""
        ...

    def pull_requests(self) -> list[PullRequest]:
        """All of them, oldest first, with their current state."""
        ...

    def pull_request(self, number: int) -> PullRequest:
        """One of them. Raises InputError when there is none."""
        ...

    def diff(self, number: int) -> str:
        """What it would change, as a unified diff."""
        ...

    def merge(self, number: int) -> PullRequest:
        """Merge it into its base. Raises ConflictError when people changed the same lines."""
        ...

    def close(self, number: int) -> PullRequest:
        """Close it without merging."""
        ...
