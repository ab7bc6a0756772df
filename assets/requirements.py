"""The asset ``requirements``."""

from assets.stage_asset import stage_asset

requirements = stage_asset(
    "requirements",
    group="documents",
    kinds={"python"},
    description="What the documents demand: entities, fields, roles, stories, workflows, each with its evidence, "
    "and what stayed unread.",
)
