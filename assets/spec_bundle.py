"""The asset ``spec_bundle``."""

from assets.stage_asset import stage_asset

spec_bundle = stage_asset(
    "spec_bundle",
    group="specification",
    kinds={"markdown"},
    description="Constitution, specification, data model, plan and tasks in the form of GitHub Spec Kit.",
)
