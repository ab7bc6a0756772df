"""The local forge: an ordinary bare repository with pull-request records beside it.

``main`` belongs to people. ``opsroom/generated`` belongs to the machine: one commit for each distinct change set, on
one root with ``main``. A pull request's branch is the three-way merge of ``main`` (or of the branch as people have
changed it since) with the generated branch, so hand-made changes survive regeneration and a conflict changes nothing.

Every step leaves a state that the next call understands: objects first, then all refs in one transaction, then the
record. A record that is behind its branch is brought up to date when it is read.
"""

import fcntl
import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from opsroom_dagster.digests import canonical_json
from opsroom_dagster.errors import ConflictError, InputError
from opsroom_dagster.files import write_atomic
from opsroom_dagster.forge.git import Git, machine_identity, person_identity
from opsroom_dagster.forge.model import Proposal, PullRequest
from opsroom_dagster.forge.trees import merge_trees, write_tree

BASE = "main"
GENERATED = "refs/heads/opsroom/generated"
NOTHING = "0" * 40


@dataclass(frozen=True)
class LocalForge:
    """Pull requests of one project; ``root`` is ``Home.forge(project)``."""

    root: Path
    person: tuple[str, str] = ("Ops Control Room user", "user@localhost")
    """Name and mail of who merges."""

    @cached_property
    def git(self) -> Git:
        """The bare repository, made on first use."""
        repository = Git(self.root / "repository.git")
        if repository.head(f"refs/heads/{BASE}") is None:
            self.root.mkdir(parents=True, exist_ok=True)
            repository.run("init", "--bare", "--quiet", "--initial-branch", BASE, str(repository.path))
            root = repository.text(
                "commit-tree", repository.text("mktree", data=b""), "-m", "Begin", env=machine_identity(0)
            )
            repository.run("update-ref", f"refs/heads/{BASE}", root, NOTHING)
        return repository

    def base(self) -> str | None:
        """The head of ``main``; None when there is no repository yet."""
        return Git(self.root / "repository.git").head(f"refs/heads/{BASE}") if self.root.exists() else None

    def propose(self, tree: Path, *, title: str, body: str) -> Proposal:
        """See ``Forge.propose``. What people changed by hand on ``main`` or on the branch is kept."""
        with self._lock():
            before = self.git.head(GENERATED)
            generated = self._generated(write_tree(self.git, tree), before)
            pulls = self.pull_requests()
            current = next((pull for pull in pulls if pull.state == "open"), None)
            if current is None and (closed := self._closed_with(pulls, generated)):
                return Proposal(outcome="rejected", pull_request=closed)
            return self._merge_into_branch(current, generated, before, len(pulls) + 1, title, body)

    def pull_requests(self) -> list[PullRequest]:
        """All of them, oldest first. A merge by plain git is noticed here."""
        return [self._refreshed(path) for path in sorted((self.root / "pulls").glob("[0-9]*.json"))]

    def pull_request(self, number: int) -> PullRequest:
        """One of them.

        Raises:
            InputError: there is none with that number.
        """
        path = self._record(number)
        if not path.exists():
            known = ", ".join(str(pull.number) for pull in self.pull_requests()) or "none"
            raise InputError(f"there is no pull request #{number}.", remedy=f"Known numbers: {known}.")
        return self._refreshed(path)

    def diff(self, number: int) -> str:
        """From the base it was made on to its branch."""
        pull = self.pull_request(number)
        base = self._before_merge(pull) if pull.merge_commit else f"refs/heads/{BASE}"
        return self.git.run("diff", "--no-color", f"{base}...{pull.commit}").decode(errors="replace")

    def files(self, number: int) -> list[tuple[str, str]]:
        """(status letter, path) of each file that it changes."""
        pull = self.pull_request(number)
        base = self._before_merge(pull) if pull.merge_commit else f"refs/heads/{BASE}"
        lines = self.git.text("diff", "--no-color", "--name-status", "--no-renames", f"{base}...{pull.commit}")
        return [(line[0], line[1:].strip()) for line in lines.splitlines()]

    def merge(self, number: int) -> PullRequest:
        """Merge an open pull request into ``main``.

        Raises:
            ConflictError: ``main`` has changed the same lines; its files are named, nothing is changed.
            InputError: it is not open.
        """
        with self._lock():
            pull = self._open(number)
            base = self.git.text("rev-parse", f"refs/heads/{BASE}")
            tree, conflicts = merge_trees(self.git, base, pull.commit)
            if tree is None:
                raise ConflictError(
                    f"pull request #{number} conflicts with {BASE} in {', '.join(conflicts)}.",
                    remedy=f"Merge {BASE} into {pull.branch} by hand and push it to {self.git.path}.",
                )
            merged = self.git.text(
                "commit-tree", tree, "-p", base, "-p", pull.commit,
                "-m", f"Merge pull request #{number}: {pull.title}", env=person_identity(*self.person),
            )  # fmt: skip
            self.git.run("update-ref", f"refs/heads/{BASE}", merged, base)
            return self._save(pull.model_copy(update={"state": "merged", "merge_commit": merged}))

    def close(self, number: int) -> PullRequest:
        """Close an open pull request; its branch stays."""
        with self._lock():
            return self._save(self._open(number).model_copy(update={"state": "closed"}))

    def _open(self, number: int) -> PullRequest:
        pull = self.pull_request(number)
        if pull.state != "open":
            raise InputError(f"pull request #{number} is {pull.state}.", remedy="Build again to open a new one.")
        return pull

    def _generated(self, tree: str, before: str | None) -> str:
        """The generated commit with this tree: the head if it has it, else a child of the head (not yet a ref)."""
        parent = before or self.git.text("rev-list", "--max-parents=0", f"refs/heads/{BASE}").splitlines()[-1]
        if before is not None and self.git.tree_of(before) == tree:
            return before
        index = int(self.git.text("rev-list", "--count", parent))
        return self.git.text(
            "commit-tree", tree, "-p", parent, "-m", "Generate from the documents", env=machine_identity(index)
        )

    def _merge_into_branch(
        self, current: PullRequest | None, generated: str, before: str | None, number: int, title: str, body: str
    ) -> Proposal:
        branch = current.branch if current else f"opsroom/change-{number}"
        base = current.commit if current else self.git.text("rev-parse", f"refs/heads/{BASE}")
        tree, conflicts = merge_trees(self.git, base, generated)
        if tree is None:
            return Proposal(outcome="conflict", pull_request=current, conflicts=conflicts)
        if tree == self.git.tree_of(base):
            self._update_refs([(GENERATED, generated, before)])
            return Proposal(outcome="unchanged", pull_request=current)
        head = generated if self.git.is_ancestor(base, generated) else self._merge_commit(tree, base, generated)
        refs = [(GENERATED, generated, before), (f"refs/heads/{branch}", head, current.commit if current else None)]
        self._update_refs(refs)
        pull = PullRequest(
            number=current.number if current else number,
            title=title, body=body, branch=branch, base=BASE, state="open", commit=head, generated=generated,
        )  # fmt: skip
        return Proposal(outcome="updated" if current else "opened", pull_request=self._save(pull))

    def _merge_commit(self, tree: str, base: str, generated: str) -> str:
        seconds = int(self.git.text("rev-list", "--count", base, generated))
        return self.git.text(
            "commit-tree", tree, "-p", base, "-p", generated,
            "-m", "Merge what was generated with what people changed", env=machine_identity(seconds),
        )  # fmt: skip

    def _update_refs(self, refs: list[tuple[str, str, str | None]]) -> None:
        """All or none, and only where nobody else has moved one meanwhile."""
        lines = [f"update {ref} {new} {old or NOTHING}" for ref, new, old in refs if new != old]
        self.git.run("update-ref", "--stdin", data="".join(f"{line}\n" for line in lines).encode())

    def _closed_with(self, pulls: list[PullRequest], generated: str) -> PullRequest | None:
        """The closed pull request that proposed just this, unless something was merged since."""
        last = pulls[-1] if pulls else None
        return last if last and last.state == "closed" and self._same_tree(last.generated, generated) else None

    def _same_tree(self, one: str, other: str) -> bool:
        return self.git.tree_of(one) == self.git.tree_of(other)

    def _refreshed(self, path: Path) -> PullRequest:
        """The record, with what plain git has done to its branch or to ``main`` since it was written."""
        pull = PullRequest.model_validate_json(path.read_bytes())
        if pull.state != "open":
            return pull
        pull = pull.model_copy(update={"commit": self.git.head(f"refs/heads/{pull.branch}") or pull.commit})
        merge_commit = self._merge_of(pull)
        return pull.model_copy(update={"state": "merged", "merge_commit": merge_commit}) if merge_commit else pull

    def _merge_of(self, pull: PullRequest) -> str | None:
        """The commit on ``main`` that brought the pull request in: a merge, a fast-forward, or a squash."""
        if self.git.is_ancestor(pull.commit, f"refs/heads/{BASE}"):
            path = self.git.text(
                "rev-list", "--first-parent", "--ancestry-path", f"{pull.commit}..refs/heads/{BASE}"
            ).splitlines()
            return path[-1] if path else pull.commit
        fork = self.git.text("merge-base", pull.commit, f"refs/heads/{BASE}")
        wanted = self._patch_id(fork, pull.commit)
        for commit in self.git.text(
            "rev-list", "--first-parent", "--reverse", f"{fork}..refs/heads/{BASE}"
        ).splitlines():
            if self._patch_id(f"{commit}^", commit) == wanted:
                return commit
        return None

    def _patch_id(self, before: str, after: str) -> str:
        patch = self.git.run("diff", "--no-color", before, after)
        return self.git.text("patch-id", "--stable", data=patch).partition(" ")[0]

    def _before_merge(self, pull: PullRequest) -> str:
        """What ``main`` was before the merge; for a fast-forward, where the branch began."""
        if pull.merge_commit and pull.merge_commit != pull.commit:
            return f"{pull.merge_commit}^1"
        return f"{pull.generated}^1"

    def _record(self, number: int) -> Path:
        return self.root / "pulls" / f"{number:04}.json"

    def _save(self, pull: PullRequest) -> PullRequest:
        write_atomic(self._record(pull.number), canonical_json(pull.model_dump(mode="json")))
        return pull

    @contextmanager
    def _lock(self) -> Generator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("w", encoding="utf-8") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            self._adopt_orphan()
            yield

    def _adopt_orphan(self) -> None:
        """A branch whose record was not written before a kill: what it proposes is proposed again, so it can go."""
        known = {pull.branch for pull in self.pull_requests()}
        heads = self.git.text("for-each-ref", "--format=%(refname:short)", "refs/heads/opsroom/").splitlines()
        for branch in heads:
            if re.fullmatch(r"opsroom/change-\d+", branch) and branch not in known:
                self.git.run("update-ref", "-d", f"refs/heads/{branch}")
