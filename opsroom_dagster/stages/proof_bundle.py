"""Sign what was proved."""

from typing import Any

from opsroom_dagster.proofs.bundle import BUNDLE, proved_records, write_bundle
from opsroom_dagster.proofs.keys import PUBLIC
from opsroom_dagster.proofs.verify import verify_bundle
from opsroom_dagster.runtime.context import StageContext
from opsroom_dagster.runtime.model import Verdict

PACKAGES = ("proofs",)


def fingerprint(context: StageContext) -> dict[str, Any]:
    """All records: the bundle speaks of each."""
    return {r.stage: r.model_dump(mode="json") for r in proved_records(context.home, context.project.slug)}


def run(context: StageContext) -> None:
    """Write the bundle."""
    write_bundle(context.home, context.project.slug, context.run_id, context.output / BUNDLE)


def describe(context: StageContext) -> str:
    """Every check that the bundle proves."""
    rows = [
        f"| {record.stage} | {check.name} | {check.verdict.status} | {_cell(check.verdict.summary)} |"
        for record in proved_records(context.home, context.project.slug)
        for check in record.checks
    ]
    verify = f"`opsroom proofs verify {context.output / BUNDLE}` checks it offline."
    return "\n".join([verify, "", "| stage | check | result | |", "| --- | --- | --- | --- |", *rows])


def bundle_verifies(context: StageContext) -> Verdict:
    """Signatures, order, chain and every artifact's digest hold."""
    artifacts = context.output.parent
    report = verify_bundle(context.output / BUNDLE, artifacts, context.home.keys / PUBLIC)
    if report.problems:
        first = report.problems[0]
        return Verdict.failed(
            f"{first.message} ({first.file or f'line {first.line}'})",
            problems=[problem.model_dump(mode="json") for problem in report.problems[:20]],
        )
    return Verdict.passed(
        f"{report.statements} signed statements, {report.artifacts} artifacts compared", statements=report.statements
    )


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
