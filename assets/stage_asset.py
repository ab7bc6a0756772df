"""A stage of the doc-to-code plan as a Dagster asset, with its verifiers as asset checks.

Checks run inside the asset's step: 30 of them as steps of their own would cost more than the work itself
(about 0.1 s of event writes each).
"""

import warnings

import dagster as dg

from assets.partitions import projects
from assets.shown import check_result, metadata
from opsroom_dagster.plans.templates import doc_to_code_steps
from opsroom_dagster.runtime.freshness import code_version
from opsroom_dagster.runtime.stage import run_stage
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
            metadata=metadata(outcome),
            data_version=dg.DataVersion(outcome.record.digest),
            check_results=[check_result(name, check) for check in outcome.record.checks],
        )

    return materialize
