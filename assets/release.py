"""The asset ``release``."""

from assets.stage_asset import stage_asset

release = stage_asset(
    "release",
    group="delivery",
    kinds={"git"},
    description="The merged pull request, tagged, with its proofs beside it.",
)
