"""A stage of the doc-to-code plan as a Dagster asset, with its verifiers as asset checks.

Checks run inside the asset's step: 30 of them as steps of their own would cost more than the work itself
(about 0.1 s of event writes each).
"""

import warnings
from typing import Any

import dagster as dg

from assets.partitions import projects
from opsroom_dagster.plans.templates import doc_to_code_steps
from opsroom_dagster.runtime.freshness import code_version, stage_module
from opsroom_dagster.runtime.model import CheckRecord
from opsroom_dagster.runtime.stage import StageOutcome, run_stage
from resources.workspace import Workspace

STEPS = {step.id: step for step in doc_to_code_steps()}


def stage_asset(name: str, *, group: str, kinds: set[str], description: str) -> dg.AssetsDefinition:
    """The asset of the step ``name``; ``description`` is what the catalogue shows."""
    step = STEPS[name]
    with warnings.catch_warnings():
        # Partitioned checks are a preview in Dagster 1.13; a test covers what we rely on.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        check_specs = [
            dg.AssetCheckSpec(
                verifier.id,
                asset=name,
                description=verifier.description,
                blocking=verifier.required,
                partitions_def=projects,
            )
            for verifier in step.verifiers
        ]

    @dg.asset(
        name=name,
        deps=list(step.depends_on),
        partitions_def=projects,
        group_name=group,
        kinds=kinds,
        owners=["team:operations"],
        description=description,
        code_version=code_version(name).removeprefix("sha256:")[:12],
        check_specs=check_specs,
    )
    # Without a return type: Dagster does not recognise MaterializeResult[...] as the result of many outputs.
    def materialize(context: dg.AssetExecutionContext, workspace: Workspace):
        outcome = run_stage(
            step,
            workspace.project(context.partition_key),
            workspace.settings,
            run_id=context.run.run_id,
            log=context.log.info,
        )
        return dg.MaterializeResult(
            metadata=_metadata(outcome),
            data_version=dg.DataVersion(outcome.record.digest),
            check_results=[_check_result(name, check) for check in outcome.record.checks],
        )

    return materialize


def _metadata(outcome: StageOutcome) -> dict[str, dg.MetadataValue[Any]]:
    record, context = outcome.record, outcome.context
    return {
        "summary": dg.MetadataValue.md(stage_module(record.stage).describe(context)),
        "path": dg.MetadataValue.path(str(context.output)),
        "digest": dg.MetadataValue.text(record.digest),
        "files": dg.MetadataValue.int(len(record.files)),
        "seconds": dg.MetadataValue.float(record.seconds),
        "reused": dg.MetadataValue.bool(outcome.reused),
        "built_by_run": dg.MetadataValue.text(record.run_id),
    }


def _check_result(asset: str, check: CheckRecord) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=check.name,
        passed=check.verdict.status == "passed",
        severity=dg.AssetCheckSeverity.ERROR if check.stops else dg.AssetCheckSeverity.WARN,
        description=check.verdict.summary,
        metadata={
            "status": check.verdict.status,
            "seconds": check.seconds,
            "evidence": dg.MetadataValue.json(check.verdict.evidence),
        },
    )
