"""Tag a merged pull request and keep its proofs beside it."""

import json
import shutil
from typing import Any

from opsroom_dagster.digests import canonical_json
from opsroom_dagster.errors import InputError
from opsroom_dagster.files import write_atomic
from opsroom_dagster.forge.git import machine_identity
from opsroom_dagster.forge.local import LocalForge
from opsroom_dagster.forge.model import PullRequest
from opsroom_dagster.proofs.bundle import BUNDLE, kept_bundle
from opsroom_dagster.runtime.context import StageContext
from opsroom_dagster.runtime.model import Verdict
from opsroom_dagster.specs.text import cell
from opsroom_dagster.specs.writing.lines import page, table

PACKAGES = ("forge",)
FACTS = "release.json"


def fingerprint(context: StageContext) -> dict[str, Any]:
    """The last merged pull request."""
    merged = _last_merged(context)
    return {"number": merged.number, "commit": merged.merge_commit} if merged else {}


def run(context: StageContext) -> None:
    """Tag the merge commit ``release/<number>`` and copy the proofs of the build that proposed the change.

    Raises:
        InputError: no pull request of the project is merged.
    """
    pull = _last_merged(context)
    slug = context.project.slug
    if pull is None or pull.merge_commit is None:
        raise InputError(
            f"no pull request of project {slug!r} is merged.",
            remedy=f"Look at them with: opsroom pr list {slug}. Merge one with: opsroom pr merge {slug} NUMBER.",
        )
    git = LocalForge(context.home.forge(slug)).git
    tag = f"release/{pull.number}"
    if git.head(f"refs/tags/{tag}") is None:
        message = f"Release {pull.number}: {pull.title}"
        git.run("tag", "--annotate", tag, pull.merge_commit, "--message", message, env=machine_identity(pull.number))
    bundle = kept_bundle(context.home, slug, pull.generated)
    facts = {"number": pull.number, "tag": tag, "commit": pull.merge_commit, "title": pull.title}
    if bundle.exists():
        shutil.copyfile(bundle, context.output / BUNDLE)
    write_atomic(context.output / FACTS, canonical_json({**facts, "proofs": BUNDLE if bundle.exists() else None}))
    context.log(f"release: {tag} on {pull.merge_commit[:12]}")


def describe(context: StageContext) -> str:
    """The tag, the commit, and what it changed."""
    facts, slug = _read(context), context.project.slug
    stat = LocalForge(context.home.forge(slug)).stat(facts["number"])
    rows = [(f"`{name}`", f"+{added}", f"−{removed}") for name, (added, removed) in sorted(stat.items())]
    proofs = f"Proofs: `{facts['proofs']}`" if facts["proofs"] else "No proofs: the build that proposed it did not end."
    return page(
        [f"**{facts['tag']}**: {cell(facts['title'])}"],
        [f"Merge commit `{facts['commit']}`. {proofs}"],
        table(["file", "added", "removed"], rows),
    )


def tag_on_merge(context: StageContext) -> Verdict:
    """The tag names the commit that merged the pull request, and ``main`` contains it."""
    facts = _read(context)
    git = LocalForge(context.home.forge(context.project.slug)).git
    tagged = git.head(f"refs/tags/{facts['tag']}")
    if tagged is None or tagged != facts["commit"]:
        return Verdict.failed(f"{facts['tag']} names {tagged}, not the merge commit {facts['commit']}")
    if not git.is_ancestor(tagged, "refs/heads/main"):
        return Verdict.failed(f"main no longer contains {tagged}")
    return Verdict.passed(f"{facts['tag']} names {tagged[:12]}", commit=tagged)


def _last_merged(context: StageContext) -> PullRequest | None:
    pulls = LocalForge(context.home.forge(context.project.slug)).pull_requests()
    return next((pull for pull in reversed(pulls) if pull.state == "merged"), None)


def _read(context: StageContext) -> dict[str, Any]:
    return json.loads((context.output / FACTS).read_text(encoding="utf-8"))
