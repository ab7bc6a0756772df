"""The asset ``document``."""

from assets.stage_asset import stage_asset

document = stage_asset(
    "document",
    group="documents",
    kinds={"markdown"},
    description="The project's documents, read into blocks with their exact places.",
)
