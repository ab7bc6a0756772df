"""Every Python file compiles and is imported."""

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from opsroom_dagster.codegen.odoo.verify.finding import Finding
from opsroom_dagster.codegen.odoo.verify.tree import AddonTree

FOUND_BY_ODOO = ("tests", "migrations", "upgrades")
"""Folders whose files Odoo looks for itself; of ``tests`` it needs the imports in it all the same."""
NOT_IMPORTED = ("__init__.py", "__manifest__.py", "tests/common.py")
"""``tests/common.py`` is imported by the tests themselves."""


def check(addon: AddonTree) -> list[Finding]:
    """Files that do not compile, and modules that nobody imports: Odoo passes over both in silence."""
    broken = [finding for finding in addon.unreadable if finding.file.endswith(".py")]
    return [*broken, *_not_imported(addon), *_not_there(addon)]


def _not_imported(addon: AddonTree) -> Iterator[Finding]:
    for name in addon.python:
        path = PurePosixPath(name)
        if path.parts[0] in ("static", *FOUND_BY_ODOO[1:]) or name in NOT_IMPORTED:
            continue
        module = path.parent if path.name == "__init__.py" else path.with_suffix("")
        if str(module) in FOUND_BY_ODOO:
            continue
        package = _init(module.parent)
        if module.name not in _imports(addon.python.get(package)):
            yield Finding(name, 0, f"is not imported by {package}")


def _not_there(addon: AddonTree) -> Iterator[Finding]:
    for name, tree in addon.python.items():
        path = PurePosixPath(name)
        for imported in _imports(tree) if path.name == "__init__.py" else ():
            found = (str(path.with_name(f"{imported}.py")), _init(path.parent / imported))
            if not any(file in addon.python for file in found):
                yield Finding(name, 0, f"imports {imported}, which is not there")


def _init(folder: PurePosixPath) -> str:
    return str(folder / "__init__.py")


def _imports(module: ast.Module | None) -> Iterator[str]:
    """``from . import a, b`` and ``from .a import b``"""
    for node in module.body if module else []:
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            yield from [node.module.split(".")[0]] if node.module else [alias.name for alias in node.names]
