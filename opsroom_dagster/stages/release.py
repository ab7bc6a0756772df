"""Tag a merged pull request and keep its proofs beside it."""

import json
import shutil
from typing import Any

from opsroom_dagster.digests import canonical_json
from opsroom_dagster.errors import InputError
from opsroom_dagster.files import write_atomic
from opsroom_dagster.forge.git import Git, machine_identity
from opsroom_dagster.forge.local import LocalForge
from opsroom_dagster.forge.model import PullRequest
from opsroom_dagster.home import Home
from opsroom_dagster.proofs.bundle import BUNDLE, kept_bundle
from opsroom_dagster.runtime.context import StageContext
from opsroom_dagster.runtime.model import Verdict
from opsroom_dagster.specs.text import cell
from opsroom_dagster.specs.writing.lines import page, section, table

PACKAGES = ("forge",)
FACTS = "release.json"


def fingerprint(context: StageContext) -> dict[str, Any]:
    """The merged pull requests."""
    return {"merged": {str(pull.number): pull.merge_commit for pull in _merged(context)}}


def last_released(home: Home, project: str) -> int:
    """The number of the newest pull request that is released; 0 when none is. Older ones are released as well."""
    try:
        return json.loads((home.artifact(project, "release") / FACTS).read_bytes())["number"]
    except (FileNotFoundError, ValueError, KeyError):  # a damaged one is made again, and a repeated key starts nothing
        return 0


def run(context: StageContext) -> None:
    """Tag each merge commit ``release/<number>`` and copy the proofs of the build that proposed the last change.

    Two may have been merged since the last release: none is left without its tag.

    Raises:
        InputError: no pull request of the project is merged.
    """
    merged, slug = _merged(context), context.project.slug
    if not merged:
        raise InputError(
            f"no pull request of project {slug!r} is merged.",
            remedy=f"Look at them with: opsroom pr list {slug}. Merge one with: opsroom pr merge {slug} NUMBER.",
        )
    git = LocalForge(context.home.forge(slug)).git
    for pull in merged:
        _tag(git, pull)
    pull = merged[-1]
    bundle = kept_bundle(context.home, slug, pull.generated)
    if bundle.exists():
        shutil.copyfile(bundle, context.output / BUNDLE)
    facts = {
        "number": pull.number,
        "tag": _tag_name(pull),
        "commit": pull.merge_commit,
        "title": pull.title,
        "proofs": BUNDLE if bundle.exists() else None,
        "tags": {_tag_name(pull): pull.merge_commit for pull in merged},
    }
    write_atomic(context.output / FACTS, canonical_json(facts))
    context.log(f"release: {facts['tag']} on {str(pull.merge_commit)[:12]}")


def describe(context: StageContext) -> str:
    """The tag, the commit, what it changed, and all releases."""
    facts, slug = _read(context), context.project.slug
    stat = LocalForge(context.home.forge(slug)).stat(facts["number"])
    rows = [(f"`{name}`", f"+{added}", f"−{removed}") for name, (added, removed) in sorted(stat.items())]
    tags = [(f"`{tag}`", f"`{commit}`") for tag, commit in facts["tags"].items()]
    proofs = f"Proofs: `{facts['proofs']}`" if facts["proofs"] else "No proofs: the build that proposed it did not end."
    return page(
        [f"**{facts['tag']}**: {cell(facts['title'])}"],
        [f"Merge commit `{facts['commit']}`. {proofs}"],
        section("## Files", table(["file", "added", "removed"], rows)),
        section("## Releases", table(["tag", "merge commit"], tags)),
    )


def tag_on_merge(context: StageContext) -> Verdict:
    """Each tag names the commit that merged its pull request, and ``main`` contains it."""
    tags: dict[str, str] = _read(context)["tags"]
    git = LocalForge(context.home.forge(context.project.slug)).git
    for tag, commit in tags.items():
        tagged = git.head(f"refs/tags/{tag}")
        if tagged != commit:
            return Verdict.failed(f"{tag} names {tagged}, not the merge commit {commit}", tags=tags)
        if not git.is_ancestor(commit, "refs/heads/main"):
            return Verdict.failed(f"main no longer contains {commit}, which {tag} names", tags=tags)
    tag, commit = list(tags.items())[-1]
    return Verdict.passed(f"{tag} names {commit[:12]}", tags=tags)


def _merged(context: StageContext) -> list[PullRequest]:
    """Oldest first."""
    pulls = LocalForge(context.home.forge(context.project.slug)).pull_requests()
    return [pull for pull in pulls if pull.state == "merged" and pull.merge_commit]


def _tag(git: Git, pull: PullRequest) -> None:
    name = _tag_name(pull)
    if git.head(f"refs/tags/{name}") is None:
        message = f"Release {pull.number}: {pull.title}"
        identity = machine_identity(pull.number)
        git.run("tag", "--annotate", name, str(pull.merge_commit), "--message", message, env=identity)


def _tag_name(pull: PullRequest) -> str:
    return f"release/{pull.number}"


def _read(context: StageContext) -> dict[str, Any]:
    return json.loads((context.output / FACTS).read_text(encoding="utf-8"))
