"""The asset ``change_set``."""

from assets.stage_asset import stage_asset

change_set = stage_asset(
    "change_set",
    group="delivery",
    kinds={"git"},
    description="Everything that is proposed for the project's repository, with its traceability.",
)
