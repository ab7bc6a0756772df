"""Propose the change set as a pull request on the forge."""

import json
from typing import Any

from opsroom_dagster.digests import canonical_json, tree_files
from opsroom_dagster.files import write_atomic
from opsroom_dagster.forge.local import BASE, GENERATED, LocalForge
from opsroom_dagster.forge.model import Proposal
from opsroom_dagster.forge.trees import write_tree
from opsroom_dagster.runtime.context import StageContext
from opsroom_dagster.runtime.model import Verdict
from opsroom_dagster.specs.writing.lines import page, section, table

PACKAGES = ("forge",)
FACTS = "pull_request.json"
CHANGES = {"A": "new", "M": "changed", "D": "removed"}


def fingerprint(context: StageContext) -> dict[str, Any]:
    """What people have on ``main``: when it moves, the change set must be merged with it again."""
    return {"main": LocalForge(context.home.forge(context.project.slug)).base_with_content()}


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
        "generated": proposal.generated,
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
    if facts["outcome"] == "conflict":
        return page(
            ["**Conflict**: people changed the same lines as the generator. Nothing was overwritten."],
            [f"- `{name}`" for name in facts["conflicts"]],
            [_way_out(facts)],
        )
    if facts["number"] is None:
        return "`main` already holds everything that was generated; nothing is proposed.\n"
    slug, number = context.project.slug, facts["number"]
    if facts["outcome"] == "rejected":
        return f"Pull request #{number} proposed the same and was closed; it is not opened again.\n"
    forge = LocalForge(context.home.forge(slug))
    letters, stat = {name: letter for letter, name in forge.files(number)}, forge.stat(number)
    added, removed = (sum(counts[side] for counts in stat.values()) for side in (0, 1))
    rows = [
        (CHANGES.get(letters[name], letters[name]), f"`{name}`", f"+{plus}", f"−{minus}")
        for name, (plus, minus) in sorted(stat.items())
    ]
    return page(
        [f"**Pull request #{number}** ({facts['outcome']}): {len(stat)} files, +{added} −{removed}"],
        [f"Branch `{facts['branch']}`, commit `{facts['commit'][:12]}`"],
        [f"`opsroom pr diff {slug} {number}` shows it, `opsroom pr merge {slug} {number}` merges it."],
        section("## Files", table(["", "file", "added", "removed"], rows)),
    )


def merges_cleanly(context: StageContext) -> Verdict:
    """What people changed by hand does not conflict with what was generated."""
    facts = _read(context)
    if facts["conflicts"]:
        return Verdict.failed(
            f"people changed the same lines as the generator in {', '.join(facts['conflicts'])}; nothing was "
            f"overwritten. {_way_out(facts)}",
            files=facts["conflicts"],
        )
    return Verdict.passed("no conflict with what people changed")


def branch_holds_change_set(context: StageContext) -> Verdict:
    """The branch, or main when nothing is proposed, holds every generated file, as generated or as edited by people."""
    facts = _read(context)
    if facts["outcome"] == "conflict":
        return Verdict.failed("nothing was proposed, because of the conflict")
    forge = LocalForge(context.home.forge(context.project.slug))
    git, generated = forge.git, facts["generated"]
    if git.tree_of(generated) != write_tree(git, context.inputs["change_set"]):
        return Verdict.failed("the generated commit does not hold the change set", generated=generated)
    if facts["outcome"] == "rejected":
        return Verdict.passed(f"#{facts['number']} proposed this change set and was closed", generated=generated)
    where, head = facts["branch"] or BASE, facts["commit"] or str(forge.base())
    if not forge.holds(head, generated):
        return Verdict.failed(f"{where} does not hold all that was generated", generated=generated, head=head)
    names = tree_files(context.inputs["change_set"])
    changed = git.fields("diff", "--name-only", "--no-renames", "-z", generated, head)
    edited = sorted(name for name in changed if name in names)
    return Verdict.passed(
        f"{where} holds the {len(names)} files" + (f", {len(edited)} of them edited by people" if edited else ""),
        generated=generated,
        head=head,
        edited=edited[:50],
    )


def _way_out(facts: dict[str, Any]) -> str:
    branch = facts["branch"] or BASE
    return (
        f"Merge the branch {GENERATED.removeprefix('refs/heads/')} into {branch} with git, settle the conflict, push, "
        "and build again; or take the hand-made change back."
    )


def _read(context: StageContext) -> dict[str, Any]:
    return json.loads((context.output / FACTS).read_text(encoding="utf-8"))
