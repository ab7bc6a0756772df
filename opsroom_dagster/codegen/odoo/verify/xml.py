"""Every data file is well formed and every view follows the rules of its series."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opsroom_dagster.codegen.odoo.verify.declared import DeclaredRecord, declared
from opsroom_dagster.codegen.odoo.verify.external_ids import defined_ids, own_id
from opsroom_dagster.codegen.odoo.verify.finding import Finding
from opsroom_dagster.codegen.odoo.verify.syntax import expression
from opsroom_dagster.codegen.odoo.verify.tree import AddonTree
from opsroom_dagster.codegen.odoo.verify.view_nodes import check_node

if TYPE_CHECKING:
    from lxml.etree import _Element as Element  # pyright: ignore[reportPrivateUsage] - lxml has no public name

RULES = Path(__file__).parent / "view_rules"
ROOTS = {"activity", "calendar", "form", "graph", "kanban", "list", "pivot", "search"}
DATA = {"asset", "data", "delete", "function", "menuitem", "record", "template"}
BELOW = {"odoo": DATA, "data": DATA, "record": {"field"}}
"""Element of a data file → what may stand in it."""


def check(addon: AddonTree) -> list[Finding]:
    """What does not parse, and what Odoo would refuse or silently not show."""
    broken = [finding for finding in addon.unreadable if finding.file.endswith((".xml", ".csv"))]
    found = declared(addon)
    documents = [finding for name in addon.data_files if name in addon.xml for finding in _document(addon, name)]
    return [
        *broken,
        *documents,
        *_ids(addon),
        *(f for record, root in found.views() for f in _view(addon, record, root)),
    ]


def _document(addon: AddonTree, name: str) -> Iterator[Finding]:
    root = addon.xml[name]
    if root.tag != "odoo":
        yield Finding(name, root.sourceline or 0, f"the root is <{root.tag}>, not <odoo>")
    for node in root.iter():
        parent = node.getparent()
        allowed = BELOW.get(str(parent.tag)) if parent is not None else None
        if parent is not None and allowed and node.tag not in allowed and not _inside_arch(node):
            yield Finding(name, node.sourceline or 0, f"<{node.tag}> does not belong into <{parent.tag}>")
        evaluated = node.get("eval")
        if evaluated is not None and node.tag in ("field", "value", "function") and not _parses(evaluated):
            yield Finding(name, node.sourceline or 0, f"eval={evaluated!r} is no Python expression")


def _inside_arch(node: "Element") -> bool:
    return any(parent.tag == "field" and parent.get("name") == "arch" for parent in node.iterancestors())


def _ids(addon: AddonTree) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name in addon.data_files:
        for identifier, line in defined_ids(addon, name):
            full = own_id(addon, identifier)
            if not identifier:
                yield Finding(name, line, "a record has no id: each update makes it anew")
            elif full in seen:
                yield Finding(name, line, f"the id {identifier!r} is defined in {seen[full]}, too")
            seen[full] = name


def _view(addon: AddonTree, record: DeclaredRecord, root: "Element") -> Iterator[Finding]:
    inherits, arch = record.value("inherit_id") is not None, record.value("arch")
    if arch is not None and arch.get("type") != "xml":
        yield Finding(record.file, record.line, "the architecture has no type='xml'")
    if not inherits and root.tag not in ROOTS:
        yield Finding(record.file, root.sourceline or 0, f"<{root.tag}> is no view of Odoo {addon.series}")
    if not inherits and root.getprevious() is not None:
        yield Finding(record.file, root.sourceline or 0, f"<{root.tag}> stands beside the view")
    if not inherits and not record.text("model"):
        yield Finding(record.file, record.line, "the view names no model")
    rules = view_rules(addon.series)
    for node in root.iter():
        yield from (Finding(record.file, node.sourceline or 0, message) for message in check_node(node))
        parent = node.getparent()
        # A list in a form is a view of its own; below its root the schema of the whole view holds.
        whole = node.get("position") is None and (node is root or parent is None or parent.tag == "field")
        if node.tag in rules and whole:
            schema = rules[str(node.tag)]
            yield from (Finding(record.file, line, message) for line, message in _by_schema(node, schema))


def _by_schema(view: "Element", rules: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """Where a view (or a list inside a form) breaks the schema that Odoo validates it with."""
    for node in view.iter():
        if any(parent.tag == "templates" for parent in node.iterancestors()):
            continue  # cards are HTML
        rule, line = rules.get(str(node.tag)), node.sourceline or 0
        if rule is None:
            continue  # its parent reports it
        for name, value in node.attrib.items():
            allowed = rule["attributes"].get(str(name), ...)
            if allowed is ...:
                yield line, f"<{node.tag}> takes no {name!r}"
            elif allowed == "int" and not str(value).lstrip("-").isdigit():
                yield line, f"{name}={value!r} is no number"
            elif allowed and allowed != "int" and value not in allowed:
                yield line, f"{name}={value!r} is none of {', '.join(allowed)}"
        for name in rule["required"]:
            if node.get(name) is None:
                yield line, f"<{node.tag}> needs {name!r}"
        for child in node:
            if child.tag not in rule["children"] and "*" not in rule["children"]:
                yield child.sourceline or 0, f"<{child.tag}> does not belong into <{node.tag}>"


def _parses(text: str) -> bool:
    return expression(text) is not None


@cache
def view_rules(series: str) -> dict[str, Any]:
    """View type → element → rules; made by ``scripts/odoo_view_rules.py``."""
    return json.loads((RULES / f"{series}.json").read_text(encoding="utf-8"))
