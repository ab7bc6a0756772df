"""Notice that a pull request was merged, also by people with plain git: merge, fast-forward, rebase or squash."""

from opsroom_dagster.forge.git import Git
from opsroom_dagster.forge.model import PullRequest

ABSENT = "missing"


def merging_commit(git: Git, pull: PullRequest, main: str) -> str | None:
    """The first commit on the first-parent line of ``main`` that holds the pull request; None when none does."""
    if git.is_ancestor(pull.commit, main):
        first = _first_descendant(git, pull.commit, main)
        # A branch that people have reset to a commit of main is no merge: it no longer holds what was generated.
        return first if first != pull.commit or git.is_ancestor(pull.generated, pull.commit) else None
    fork = git.attempt("merge-base", pull.commit, main).stdout.decode().strip()
    if not fork:
        return None
    line = git.text("rev-list", "--first-parent", "--reverse", f"{fork}..{main}").splitlines()
    return _same_files(git, fork, pull.commit, line) or _same_patch(git, fork, pull.commit, main) if line else None


def _first_descendant(git: Git, commit: str, main: str) -> str:
    if commit in git.text("rev-list", "--first-parent", main).splitlines():
        return commit
    return git.text("rev-list", "--first-parent", "--ancestry-path", f"{commit}..{main}").splitlines()[-1]


def _same_files(git: Git, fork: str, head: str, line: list[str]) -> str | None:
    """Squash and rebase: the first commit in which every file that the pull request changes is as it left it."""
    paths = git.fields("diff-tree", "-r", "-z", "--name-only", "--no-renames", fork, head)
    if not paths or any("\n" in path for path in paths):
        return None
    wanted, *found = _blobs(git, [head, *line], paths)
    return next((commit for commit, blobs in zip(line, found, strict=True) if blobs == wanted), None)


def _blobs(git: Git, commits: list[str], paths: list[str]) -> list[list[str]]:
    """For each commit, the id of each path's content, in one call of git."""
    asked = "".join(f"{commit}:{path}\n" for commit in commits for path in paths)
    answers = git.run("cat-file", "--batch-check=%(objectname)", data=asked.encode(errors="surrogateescape"))
    ids = [ABSENT if b":" in answer else answer.decode() for answer in answers.splitlines()]
    return [ids[start : start + len(paths)] for start in range(0, len(ids), len(paths))]


def _same_patch(git: Git, fork: str, head: str, main: str) -> str | None:
    """Squash onto a main that has changed other lines of the same files."""
    wanted = _patch_ids(git, git.run("diff", "--no-color", "--no-ext-diff", fork, head))
    log = git.run("log", "--first-parent", "--reverse", "-p", "--no-color", "--no-ext-diff", f"{fork}..{main}")
    return _patch_ids(git, log).get(next(iter(wanted), ""))


def _patch_ids(git: Git, patches: bytes) -> dict[str, str]:
    """Patch id → commit."""
    lines = git.text("patch-id", "--stable", data=patches).splitlines()
    return {patch: commit for patch, _, commit in (line.partition(" ") for line in reversed(lines))}
