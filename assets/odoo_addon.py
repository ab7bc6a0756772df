"""The asset ``odoo_addon``."""

from assets.stage_asset import stage_asset

odoo_addon = stage_asset(
    "odoo_addon",
    group="targets",
    kinds={"odoo", "python"},
    description="The generated Odoo addon, checked statically, by OCA's linter, and by a real Odoo if there is one.",
)
