"""The asset ``pull_request``."""

from assets.stage_asset import stage_asset

pull_request = stage_asset(
    "pull_request",
    group="delivery",
    kinds={"git"},
    description="The pull request that proposes the change set; what people changed by hand is kept.",
)
