"""The asset ``plan``."""

from assets.stage_asset import stage_asset

plan = stage_asset(
    "plan",
    group="specification",
    kinds={"json"},
    description="The executable plan (Pulser IR) of this project.",
)
