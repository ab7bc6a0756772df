"""Dagster jobs over the stages."""

import dagster as dg

EXECUTOR = dg.multiprocess_executor.configured(
    # Five to seven times faster than spawn; the stages of one project are a chain, so one process at a time.
    {
        "max_concurrent": 1,
        "start_method": {"forkserver": {"preload_modules": ["dagster", "dagster_postgres", "assets"]}},
    }
)

build = dg.define_asset_job(
    "build",
    selection=dg.AssetSelection.all() - dg.AssetSelection.assets("release"),
    description="Documents to a verified pull request.",
    executor_def=EXECUTOR,
)

release_merged = dg.define_asset_job(
    "release_merged",  # not "release": jobs and the ops of assets share one space of names
    selection=dg.AssetSelection.assets("release", "proof_bundle"),
    description="Tag a merged pull request and sign its proofs.",
    executor_def=EXECUTOR,
)
