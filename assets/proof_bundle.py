"""The asset ``proof_bundle``."""

from assets.stage_asset import stage_asset

proof_bundle = stage_asset(
    "proof_bundle",
    group="delivery",
    kinds={"intoto"},
    description="Signed in-toto statements of every step and check.",
)
