"""The local forge: an ordinary bare repository with pull-request records beside it.

``main`` belongs to people. ``opsroom/generated`` belongs to the machine: one commit for each distinct change set, on
one root with ``main``. A pull request's branch is the three-way merge of what people have (``main``, or the open
branch with what they pushed to it) with the generated branch, so hand-made changes survive regeneration, and a
conflict leaves ``main`` and the branch as they are.

Safe to interrupt: objects first, then all refs in one transaction that names their old values, then the record. A
record that is behind its branch is brought up to date when it is next read; a branch without a record is taken over.
"""

import fcntl
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from opsroom_dagster.errors import ConflictError, InputError
from opsroom_dagster.forge.git import MACHINE, Git, machine_identity, person_identity
from opsroom_dagster.forge.merged import merging_commit
from opsroom_dagster.forge.model import Proposal, PullRequest
from opsroom_dagster.forge.records import read_pulls, write_pull
from opsroom_dagster.forge.trees import merge_trees, write_tree

BASE = "main"
MAIN = f"refs/heads/{BASE}"
GENERATED = "refs/heads/opsroom/generated"
NOTHING = "0" * 40
"""In a ref transaction: the ref must not exist."""


@dataclass(frozen=True)
class LocalForge:
    """Pull requests of one project; ``root`` is ``Home.forge(project)``."""

    root: Path
    person: tuple[str, str] = ("Ops Control Room user", "user@localhost")
    """Name and mail of who merges."""

    @property
    def git(self) -> Git:
        """The bare repository; the first proposal makes it."""
        return Git(self.root / "repository.git")

    def base(self) -> str | None:
        """The head of ``main``; None when there is no repository yet."""
        return self.git.head(MAIN) if self.git.path.exists() else None

    def base_with_content(self) -> str | None:
        """The head of ``main``; None while it is as it began, so that making the repository changes nothing."""
        found = self.git.attempt("rev-list", "--max-count=1", "--parents", MAIN).stdout.decode().split()
        return found[0] if len(found) > 1 else None

    def propose(self, tree: Path, *, title: str, body: str) -> Proposal:
        """See ``Forge.propose``. What people changed by hand on ``main`` or on the branch is kept."""
        with self._lock():
            main = self._begin()
            before = self.git.head(GENERATED)
            generated = self._generated(write_tree(self.git, tree), before, main)
            publish = (GENERATED, generated, before)
            pulls = self._refreshed()
            current = next((pull for pull in pulls if pull.state == "open"), None)
            ours, conflicts = self._people(current, main, pulls)
            merged, conflicts = merge_trees(self.git, ours, generated) if ours else (None, conflicts)
            if ours is None or merged is None:
                # The machine's own branch moves even so: people can merge it by hand and settle the conflict.
                self._update_refs(publish)
                return Proposal(outcome="conflict", generated=generated, pull_request=current, conflicts=conflicts)
            if merged == self.git.tree_of(main):
                self._update_refs(publish)
                if current is not None:
                    write_pull(self.root, current.model_copy(update={"state": "closed", "generated": generated}))
                return Proposal(outcome="unchanged", generated=generated)
            if current is None and (closed := self._rejected(pulls, generated)):
                self._update_refs(publish)
                return Proposal(outcome="rejected", generated=generated, pull_request=closed)
            head = self._head(ours, generated, merged)
            number, branch_before = self._place(current, pulls)
            pull = PullRequest(
                number=number, title=title, body=body, branch=_branch(number), base=BASE, state="open",
                commit=head, generated=generated, start=main,
            )  # fmt: skip
            self._update_refs(publish, (f"refs/heads/{pull.branch}", head, branch_before))
            write_pull(self.root, pull)
            outcome = "opened" if current is None else "unchanged" if head == current.commit else "updated"
            return Proposal(outcome=outcome, generated=generated, pull_request=pull)

    def pull_requests(self) -> list[PullRequest]:
        """All of them, oldest first. What plain git did to their branches and to ``main`` is noticed here."""
        if not self.git.path.exists():
            return []
        with self._lock():
            return self._refreshed()

    def pull_request(self, number: int) -> PullRequest:
        """One of them.

        Raises:
            InputError: there is none with that number.
        """
        return _numbered(self.pull_requests(), number)

    def diff(self, number: int) -> str:
        """What it changes, or changed when it was merged."""
        return self.git.run("diff", "--no-color", "--no-ext-diff", self._range(number)).decode(errors="replace")

    def files(self, number: int) -> list[tuple[str, str]]:
        """(status letter, path) of each file that it changes."""
        parts = self.git.fields("diff", "--name-status", "--no-renames", "-z", self._range(number))
        return list(zip(parts[::2], parts[1::2], strict=True))

    def stat(self, number: int) -> dict[str, tuple[int, int]]:
        """Path → lines added and removed, of each file that it changes; 0 and 0 for binary files."""
        parts = self.git.fields("diff", "--numstat", "--no-renames", "-z", self._range(number))
        rows = (part.split("\t", 2) for part in parts)
        return {path: (int(added.replace("-", "0")), int(removed.replace("-", "0"))) for added, removed, path in rows}

    def holds(self, head: str, generated: str) -> bool:
        """Merging ``generated`` into the commit ``head`` would change nothing: all of it is there, or was edited."""
        if self.git.is_ancestor(generated, head):
            return True
        merged, _ = merge_trees(self.git, self._tied(head, self.pull_requests()), generated)
        return merged == self.git.tree_of(head)

    def merge(self, number: int) -> PullRequest:
        """Merge an open pull request into ``main``.

        Raises:
            ConflictError: ``main`` has changed the same lines; its files are named, nothing is changed.
            InputError: there is none, or it is not open.
        """
        with self._lock():
            pull = self._open(number)
            main = self.git.text("rev-parse", MAIN)
            tree, conflicts = merge_trees(self.git, main, pull.commit)
            if tree is None:
                raise ConflictError(
                    f"pull request #{number} conflicts with {BASE} in {', '.join(conflicts)}; nothing was changed.",
                    remedy=f"Merge {BASE} into {pull.branch} by hand and push it to {self.git.path}.",
                )
            merged = self.git.text(
                "commit-tree", tree, "-p", main, "-p", pull.commit,
                "-m", f"Merge pull request #{number}: {pull.title}", env=person_identity(*self.person),
            )  # fmt: skip
            self._update_refs((MAIN, merged, main))
            return write_pull(self.root, pull.model_copy(update={"state": "merged", "merge_commit": merged}))

    def close(self, number: int) -> PullRequest:
        """Close an open pull request; its branch stays. Raises InputError when it is not open."""
        with self._lock():
            return write_pull(self.root, self._open(number).model_copy(update={"state": "closed"}))

    def _begin(self) -> str:
        """The head of ``main``, which begins as an empty commit that is the same everywhere."""
        main = self.base()
        if main is None:
            self.git.run("init", "--bare", "--quiet", "--template=", "--initial-branch", BASE, str(self.git.path))
            main = self.git.text("commit-tree", self.git.text("mktree"), "-m", "Begin", env=machine_identity(0))
            self._update_refs((MAIN, main, None))
        return main

    def _generated(self, tree: str, before: str | None, main: str) -> str:
        """The generated commit with this tree: the head if it has it, else a child of the head (not yet a ref)."""
        if before is not None and self.git.tree_of(before) == tree:
            return before
        parent = before or self.git.text("rev-list", "--max-parents=0", main).splitlines()[-1]
        return self._commit(tree, parent, message="Generate from the documents")

    def _people(
        self, current: PullRequest | None, main: str, pulls: Sequence[PullRequest]
    ) -> tuple[str | None, tuple[str, ...]]:
        """The commit with everything that people have; None and the files when branch and main conflict."""
        if current is None:
            return self._tied(main, pulls), ()
        if self.git.is_ancestor(main, current.commit):
            return current.commit, ()
        tree, conflicts = merge_trees(self.git, current.commit, main)
        if tree is None:
            return None, conflicts
        return self._commit(tree, current.commit, main, message=f"Merge {BASE}"), ()

    def _tied(self, main: str, pulls: Sequence[PullRequest]) -> str:
        """``main``, knowing what was merged last: a squash has lost that, and the same lines would conflict anew."""
        last = next((pull for pull in reversed(pulls) if pull.state == "merged"), None)
        if last is None or self.git.is_ancestor(last.generated, main):
            return main
        message = f"Note that {BASE} holds pull request #{last.number}"
        return self._commit(self.git.tree_of(main), main, last.generated, message=message)

    def _head(self, ours: str, generated: str, tree: str) -> str:
        if self.git.is_ancestor(ours, generated):
            return generated
        if self.git.is_ancestor(generated, ours):
            return ours
        return self._commit(tree, ours, generated, message="Merge what was generated with what people changed")

    def _commit(self, tree: str, *parents: str, message: str) -> str:
        """A machine-made commit, as many seconds after the epoch as it has ancestors."""
        seconds = int(self.git.text("rev-list", "--count", *parents))
        ids = [part for parent in parents for part in ("-p", parent)]
        return self.git.text("commit-tree", tree, *ids, "-m", message, env=machine_identity(seconds))

    def _place(self, current: PullRequest | None, pulls: Sequence[PullRequest]) -> tuple[int, str | None]:
        """Number of the pull request, and the head of its branch.

        A branch of ours without a record is what a kill has left: it is taken over. One with commits of people is not.
        """
        if current is not None:
            return current.number, current.commit
        number = max((pull.number for pull in pulls), default=0) + 1
        while (head := self.git.head(f"refs/heads/{_branch(number)}")) and not self._is_machine_made(head):
            number += 1
        return number, head

    def _is_machine_made(self, commit: str) -> bool:
        return self.git.text("log", "-1", "--format=%ce", commit) == MACHINE["EMAIL"]

    def _rejected(self, pulls: Sequence[PullRequest], generated: str) -> PullRequest | None:
        """The pull request that proposed just this and was closed, unless another one was merged since."""
        tree = self.git.tree_of(generated)
        for pull in reversed(pulls):
            if pull.state == "merged":
                return None
            if self.git.tree_of(pull.generated) == tree:
                return pull
        return None

    def _open(self, number: int) -> PullRequest:
        pull = _numbered(self._refreshed(), number)
        if pull.state != "open":
            raise InputError(f"pull request #{number} is {pull.state}.", remedy="Build again to open a new one.")
        return pull

    def _refreshed(self) -> list[PullRequest]:
        """The records, after the open one was brought up to date with what plain git has done."""
        return [self._refresh(pull) if pull.state == "open" else pull for pull in read_pulls(self.root)]

    def _refresh(self, pull: PullRequest) -> PullRequest:
        listed = self.git.text("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads").splitlines()
        heads = dict(line.split(" ") for line in listed)
        fresh = pull.model_copy(update={"commit": heads.get(f"refs/heads/{pull.branch}", pull.commit)})
        main = heads.get(MAIN, pull.start)
        # One call of git for each open pull request while nobody has moved main: a sensor asks all projects.
        if main != pull.start and (merge_commit := merging_commit(self.git, fresh, main)):
            fresh = fresh.model_copy(update={"state": "merged", "merge_commit": merge_commit})
        return fresh if fresh == pull else write_pull(self.root, fresh)

    def _range(self, number: int) -> str:
        pull = self.pull_request(number)
        if pull.merge_commit is None:
            return f"{MAIN}...{pull.commit}"
        if pull.merge_commit == pull.commit:
            return f"{pull.start}..{pull.commit}"
        return f"{pull.merge_commit}^1...{pull.commit}"

    def _update_refs(self, *refs: tuple[str, str, str | None]) -> None:
        """(ref, new, old) each: all or none, and only where nobody else has moved one meanwhile."""
        lines = [f"update {ref} {new} {old or NOTHING}" for ref, new, old in refs if new != old]
        if lines:
            self.git.run("update-ref", "--stdin", data="".join(f"{line}\n" for line in lines).encode())

    @contextmanager
    def _lock(self) -> Generator[None]:
        """One process or thread at a time; the kernel releases it on a kill."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("w", encoding="utf-8") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield


def _branch(number: int) -> str:
    return f"opsroom/change-{number}"


def _numbered(pulls: Sequence[PullRequest], number: int) -> PullRequest:
    found = next((pull for pull in pulls if pull.number == number), None)
    if found is None:
        known = ", ".join(str(pull.number) for pull in pulls) or "none"
        raise InputError(f"there is no pull request #{number}.", remedy=f"Known numbers: {known}.")
    return found
