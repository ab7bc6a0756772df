"""Propose the change set as a pull request on the forge."""

import json
from typing import Any

from opsroom_dagster.digests import canonical_json
from opsroom_dagster.files import write_atomic
from opsroom_dagster.forge.local import GENERATED, LocalForge
from opsroom_dagster.forge.model import Proposal
from opsroom_dagster.forge.trees import write_tree
from opsroom_dagster.runtime.context import StageContext
from opsroom_dagster.runtime.model import Verdict

PACKAGES = ("forge",)
FACTS = "pull_request.json"


def fingerprint(context: StageContext) -> dict[str, Any]:
    """What people have on ``main``: when it moves, the change set must be merged with it again."""
    return {"main": LocalForge(context.home.forge(context.project.slug)).base()}


def run(context: StageContext) -> None:
    """Open or update the pull request; ``pull_request.json`` says what came of it."""
    forge = LocalForge(context.home.forge(context.project.slug))
    title = f"Build {context.project.slug} from its documents"
    body = (context.inputs["change_set"] / "README.md").read_text(encoding="utf-8")
    proposal = forge.propose(context.inputs["change_set"], title=title, body=body)
    context.log(f"pull request: {_sentence(proposal)}")
    write_atomic(context.output / FACTS, canonical_json(_facts(proposal)))


def _facts(proposal: Proposal) -> dict[str, Any]:
    pull = proposal.pull_request
    return {
        "forge": "local",
        "outcome": proposal.outcome,
        "conflicts": list(proposal.conflicts),
        "number": pull.number if pull else None,
        "branch": pull.branch if pull else None,
        "commit": pull.commit if pull else None,
    }


def _sentence(proposal: Proposal) -> str:
    pull = f"#{proposal.pull_request.number}" if proposal.pull_request else ""
    return {
        "opened": f"opened {pull}",
        "updated": f"updated {pull}",
        "unchanged": f"{pull} already proposes this" if pull else "main already holds this, nothing was opened",
        "rejected": f"{pull} proposed the same and was closed; nothing was opened",
        "conflict": f"people changed the same lines in {', '.join(proposal.conflicts)}; nothing was changed",
    }[proposal.outcome]


def describe(context: StageContext) -> str:
    """What was proposed, file by file."""
    facts = _read(context)
    if facts["number"] is None:
        return f"Nothing is proposed: **{facts['outcome']}**. {', '.join(facts['conflicts'])}"
    slug, number = context.project.slug, facts["number"]
    files = LocalForge(context.home.forge(slug)).files(number)
    return "\n".join(
        [
            f"**Pull request #{number}** ({facts['outcome']}), branch `{facts['branch']}`, commit `{facts['commit'][:12]}`",
            "",
            f"`opsroom pr diff {slug} {number}` shows it, `opsroom pr merge {slug} {number}` merges it.",
            "",
            "| | file |",
            "| --- | --- |",
            *(f"| {status} | `{name}` |" for status, name in files),
        ]
    )


def merges_cleanly(context: StageContext) -> Verdict:
    """What people changed by hand does not conflict with what was generated."""
    conflicts = _read(context)["conflicts"]
    if conflicts:
        return Verdict.failed(
            f"people changed the same lines as the generator in {', '.join(conflicts)}; nothing was overwritten. "
            "Bring the hand-made change in line with the document, or take it back, and build again.",
            files=conflicts,
        )
    return Verdict.passed("no conflict with what people changed")


def branch_holds_change_set(context: StageContext) -> Verdict:
    """The branch (or main, when there was nothing to propose) contains a commit with exactly the change set."""
    facts = _read(context)
    if facts["outcome"] == "conflict":
        return Verdict.failed("nothing was proposed, because of the conflict")
    git = LocalForge(context.home.forge(context.project.slug)).git
    generated, head = git.head(GENERATED), facts["commit"] or git.head("refs/heads/main")
    if generated is None or git.tree_of(generated) != write_tree(git, context.inputs["change_set"]):
        return Verdict.failed("the generated branch does not hold the change set", generated=generated)
    if facts["outcome"] != "rejected" and not git.is_ancestor(generated, str(head)):
        return Verdict.failed(f"{facts['branch'] or 'main'} does not contain the generated commit", head=head)
    edited = git.text("diff", "--name-only", generated, str(head)).splitlines()
    return Verdict.passed(
        f"{facts['branch'] or 'main'} contains the change set"
        + (f"; people changed {len(edited)} files" if edited else ""),
        generated=generated,
        head=head,
        changed_by_people=edited[:50],
    )


def _read(context: StageContext) -> dict[str, Any]:
    return json.loads((context.output / FACTS).read_text(encoding="utf-8"))
