"""Every Python file compiles and is imported."""

import ast
from collections.abc import Iterator

from opsroom_dagster.codegen.odoo.verify.finding import Finding
from opsroom_dagster.codegen.odoo.verify.tree import AddonTree

PACKAGES = ("models", "tests")
NOT_IMPORTED = {"__init__", "common"}
"""``tests/common.py`` is imported by the tests themselves."""


def check(addon: AddonTree) -> list[Finding]:
    """Files that do not compile, and modules that nobody imports: Odoo passes over both in silence."""
    broken = [finding for finding in addon.unreadable if finding.file.endswith(".py")]
    return [*broken, *_not_imported(addon)]


def _not_imported(addon: AddonTree) -> Iterator[Finding]:
    for package in PACKAGES:
        modules = {name.split("/")[1].removesuffix(".py") for name in addon.python if name.startswith(f"{package}/")}
        imported = set(_imports(addon.python.get(f"{package}/__init__.py")))
        for module in sorted(modules - imported - NOT_IMPORTED):
            yield Finding(f"{package}/{module}.py", 0, f"is not imported by {package}/__init__.py")
        for module in sorted(imported - modules):
            yield Finding(f"{package}/__init__.py", 0, f"imports {module}, which is not there")
    has_models = any(name.startswith("models/") for name in addon.python)
    if has_models and "models" not in _imports(addon.python.get("__init__.py")):
        yield Finding("__init__.py", 0, "does not import models")


def _imports(module: ast.Module | None) -> Iterator[str]:
    """``from . import a, b``"""
    for node in module.body if module else []:
        if isinstance(node, ast.ImportFrom) and node.level == 1 and not node.module:
            yield from (alias.name for alias in node.names)
