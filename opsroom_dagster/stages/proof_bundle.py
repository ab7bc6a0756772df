"""Sign what was proved."""

import json
from typing import Any

from opsroom_dagster.files import write_atomic
from opsroom_dagster.forge.local import LocalForge
from opsroom_dagster.proofs.bundle import BUNDLE, kept_bundle, proved_records, write_bundle
from opsroom_dagster.proofs.keys import PUBLIC
from opsroom_dagster.proofs.verify import verify_bundle
from opsroom_dagster.runtime.context import StageContext
from opsroom_dagster.runtime.model import Verdict
from opsroom_dagster.specs.text import cell
from opsroom_dagster.specs.writing.lines import page, section, table

PACKAGES = ("proofs",)


def fingerprint(context: StageContext) -> dict[str, Any]:
    """All records: the bundle speaks of each."""
    return {r.stage: r.model_dump(mode="json") for r in proved_records(context.home, context.project.slug)}


def run(context: StageContext) -> None:
    """Write the bundle, and keep it for the release of the change that is proposed, if one is."""
    bundle = write_bundle(context.home, context.project.slug, context.run_id, context.output / BUNDLE)
    facts = json.loads((context.inputs["pull_request"] / "pull_request.json").read_text(encoding="utf-8"))
    number, slug = facts["number"], context.project.slug
    if number is not None and LocalForge(context.home.forge(slug)).pull_request(number).state == "open":
        write_atomic(kept_bundle(context.home, slug, facts["generated"]), bundle.read_bytes())


def describe(context: StageContext) -> str:
    """Every check that the bundle proves."""
    slug = context.project.slug
    records = proved_records(context.home, slug)
    stages = [
        (record.stage, f"{len(record.files)}", f"`{record.digest.removeprefix('sha256:')[:12]}`") for record in records
    ]
    checks = [
        (record.stage, check.name, _mark(check.verdict.status), cell(check.verdict.summary[:300]))
        for record in records
        for check in record.checks
    ]
    return page(
        [f"`opsroom proofs verify {slug}` checks it offline."],
        section("## Stages", table(["stage", "files", "digest"], stages)),
        section("## Checks", table(["stage", "check", "result", "found"], checks)),
    )


def bundle_verifies(context: StageContext) -> Verdict:
    """Signatures, order, chain and every artifact's digest hold."""
    artifacts = context.output.parent
    report = verify_bundle(context.output / BUNDLE, artifacts, context.home.keys / PUBLIC)
    if report.problems:
        first = report.problems[0]
        return Verdict.failed(
            f"{len(report.problems)} problems; the first: {first.message} ({first.file or f'line {first.line}'})",
            problems=[problem.model_dump(mode="json") for problem in report.problems[:20]],
        )
    return Verdict.passed(
        f"{report.statements} signed statements, {report.artifacts} artifacts compared",
        statements=report.statements,
        result=report.result,
    )


def _mark(status: str) -> str:
    return {"passed": "✓\u00a0passed", "failed": "✗\u00a0failed"}.get(status, "–\u00a0not\u00a0run")
