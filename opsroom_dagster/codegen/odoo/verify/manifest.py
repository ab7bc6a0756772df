"""The manifest says everything, truly, and in an order that loads."""

import re
from collections.abc import Iterator

from opsroom_dagster.codegen.odoo.verify.external_ids import defined_ids, named_ids, own_id
from opsroom_dagster.codegen.odoo.verify.finding import Finding
from opsroom_dagster.codegen.odoo.verify.tree import AddonTree

FILE = "__manifest__.py"
REQUIRED = ("name", "summary", "version", "category", "license", "author", "website", "depends", "data")
KNOWN = {
    *REQUIRED, "description", "maintainers", "contributors", "demo", "application", "auto_install", "assets",
    "external_dependencies", "pre_init_hook", "post_init_hook", "post_load", "uninstall_hook", "images",
    "development_status", "sequence", "countries", "new_technical_names", "bootstrap", "cloc_exclude",
}  # fmt: skip
LICENSES = {"AGPL-3", "GPL-2", "GPL-2 or any later version", "GPL-3", "GPL-3 or any later version", "LGPL-3",
            "Other OSI approved licence", "OEEL-1", "OPL-1", "Other proprietary"}  # fmt: skip
"""What ``ir.module.module`` accepts; any other value makes the installation fail."""
ICON = "static/description/icon.png"
LOADED = ("data/", "demo/", "report/", "security/", "views/", "wizard/")


def check(addon: AddonTree) -> list[Finding]:
    """What is missing, wrong or out of order."""
    if not addon.manifest:
        return [Finding(FILE, 0, "is not there, or is no dictionary of constants")]
    return [*_keys(addon), *_depends(addon), *_files(addon), *_icon(addon), *_order(addon)]


def _keys(addon: AddonTree) -> Iterator[Finding]:
    manifest, series = addon.manifest, re.escape(addon.series)
    for key in REQUIRED:
        if not manifest.get(key):
            yield Finding(FILE, 0, f"has no {key!r}")
    for key in sorted(set(manifest) - KNOWN):
        yield Finding(FILE, 0, f"has the key {key!r}, which Odoo does not know or which says nothing")
    version = str(manifest.get("version", ""))
    if not re.fullmatch(rf"{series}\.\d+\.\d+\.\d+", version):
        yield Finding(FILE, 0, f"version {version!r} is not {addon.series}.x.y.z: Odoo passes over such an addon")
    if manifest.get("license") not in LICENSES:
        yield Finding(FILE, 0, f"license {manifest.get('license')!r} is none that Odoo knows")


def _depends(addon: AddonTree) -> Iterator[Finding]:
    depends = addon.depends
    for name in depends:
        if not addon.facts.is_module(name):
            yield Finding(FILE, 0, f"depends on {name!r}, which Odoo {addon.series} Community does not have")
    if len(set(depends)) != len(depends):
        yield Finding(FILE, 0, "names a dependency twice")


def _files(addon: AddonTree) -> Iterator[Finding]:
    listed = addon.data_files
    for name in listed:
        if not (addon.root / name).is_file():
            yield Finding(FILE, 0, f"loads {name}, which is not there")
    for name in sorted({name for name in listed if listed.count(name) > 1}):
        yield Finding(FILE, 0, f"loads {name} twice")
    for name in sorted({*addon.xml, *addon.csv} - set(listed)):
        if name.startswith(LOADED):
            yield Finding(name, 0, "is not loaded by the manifest")


def _icon(addon: AddonTree) -> Iterator[Finding]:
    if addon.manifest.get("application") and not (addon.root / ICON).is_file():
        yield Finding(FILE, 0, f"the application has no icon: {ICON}")


def _order(addon: AddonTree) -> Iterator[Finding]:
    """Every own id is defined before it is named: Odoo reads the files once, from the first to the last."""
    everywhere = {own_id(addon, identifier) for name in addon.data_files for identifier, _ in defined_ids(addon, name)}
    known: set[str] = set()
    for name in addon.data_files:
        lines = {own_id(addon, identifier): line for identifier, line in defined_ids(addon, name)}
        for reference in named_ids(addon, name):
            identifier = own_id(addon, reference.id)
            here = lines.get(identifier)
            early = here is None or here > reference.line
            if identifier in everywhere and identifier not in known and early:
                yield Finding(name, reference.line, f"names {reference.id}, which is defined later")
        known |= set(lines)
