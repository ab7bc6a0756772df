"""No construct that the series has dropped, or takes and does nothing with."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from opsroom_dagster.codegen.odoo.verify.finding import Finding
from opsroom_dagster.codegen.odoo.verify.tree import AddonTree

RULES = Path(__file__).parent / "dropped.yaml"


def check(addon: AddonTree) -> list[Finding]:
    """Dropped constructs, by the table in ``dropped.yaml``."""
    rules = [rule for rule in _rules() if addon.series in rule["series"]]
    return [*_in_xml(addon, rules), *_in_python(addon, rules)]


def _in_xml(addon: AddonTree, rules: list[Mapping[str, Any]]) -> Iterator[Finding]:
    for name, root in addon.xml.items():
        for rule in rules:
            found = root.xpath(rule["xml"]) if "xml" in rule else []
            for node in found if isinstance(found, list) else ():
                yield Finding(name, getattr(node, "sourceline", 0) or 0, rule["say"])
        for node in root.iter():
            if (
                node.tag == "field"
                and node.get("name") == "view_mode"
                and "tree" in re.split(r"[,\s]+", node.text or "")
            ):
                yield Finding(name, node.sourceline or 0, "view_mode 'tree' is 'list' since 18.0")


def _in_python(addon: AddonTree, rules: list[Mapping[str, Any]]) -> Iterator[Finding]:
    by_kind: dict[str, dict[str, str]] = {}
    for rule in rules:
        for kind in ("function", "function call", "call", "attribute", "keyword", "import", "assignment", "decorator"):
            for name in rule.get(kind, ()):
                by_kind.setdefault(kind, {})[name] = rule["say"]
    for name, module in addon.python.items():
        for node in ast.walk(module):
            for kind, word in _words(node):
                if say := by_kind.get(kind, {}).get(word):
                    yield Finding(name, getattr(node, "lineno", 0), f"{word}: {say}")


def _words(node: ast.AST) -> Iterator[tuple[str, str]]:
    """(kind of use, name) of what a node uses."""
    if isinstance(node, ast.FunctionDef):
        yield "function", node.name
        decorators = [ast.unparse(getattr(decorator, "func", decorator)) for decorator in node.decorator_list]
        yield from (("decorator", decorator) for decorator in decorators)
        if node.name == "create" and "api.model_create_multi" not in decorators:
            yield "function", "create without model_create_multi"
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute):
            yield "call", node.func.attr
        elif isinstance(node.func, ast.Name):
            yield "function call", node.func.id
        yield from (("keyword", keyword.arg) for keyword in node.keywords if keyword.arg)
    elif isinstance(node, ast.Attribute):
        yield "attribute", ast.unparse(node) if isinstance(node.value, ast.Name) else node.attr
    elif isinstance(node, ast.ImportFrom):
        yield from (("import", f"{node.module}.{alias.name}") for alias in node.names)
        yield "import", node.module or ""
    elif isinstance(node, ast.Import):
        yield from (("import", alias.name) for alias in node.names)
    elif isinstance(node, ast.Assign):
        yield from (("assignment", target.id) for target in node.targets if isinstance(target, ast.Name))


@cache
def _rules() -> tuple[Mapping[str, Any], ...]:
    import yaml

    return tuple(yaml.safe_load(RULES.read_text(encoding="utf-8")))
