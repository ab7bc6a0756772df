"""Every data file is well formed and every view follows the rules of its series."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opsroom_dagster.codegen.odoo.verify.declared import Declared, DeclaredRecord, declared
from opsroom_dagster.codegen.odoo.verify.finding import Finding
from opsroom_dagster.codegen.odoo.verify.syntax import expression
from opsroom_dagster.codegen.odoo.verify.tree import AddonTree

if TYPE_CHECKING:
    from lxml.etree import _Element as Element  # pyright: ignore[reportPrivateUsage] - lxml has no public name

RULES = Path(__file__).parent / "view_rules"
ROOTS = {"activity", "calendar", "form", "graph", "kanban", "list", "pivot", "search"}
DATA = {"asset", "data", "delete", "function", "menuitem", "record", "template"}
BELOW = {"odoo": DATA, "data": DATA, "record": {"field"}}
"""Element of a data file → what may stand in it."""
EXPRESSIONS = ("invisible", "readonly", "required", "column_invisible")
PARENTS = {"page": {"notebook"}, "header": {"form", "list"}, "footer": {"form"}, "sheet": {"form"}, "chatter": {"form"}}
"""Element → what it may stand in; ``header`` and its like mean nothing elsewhere."""


def check(addon: AddonTree) -> list[Finding]:
    """What does not parse, and what Odoo would refuse or silently not show."""
    broken = [finding for finding in addon.unreadable if finding.file.endswith((".xml", ".csv"))]
    found = declared(addon)
    documents = [finding for name in addon.data_files if name in addon.xml for finding in _document(addon, name)]
    return [
        *broken,
        *documents,
        *_ids(found),
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


def _ids(found: Declared) -> Iterator[Finding]:
    seen: dict[str, DeclaredRecord] = {}
    for record in found.records:
        if not record.id:
            yield Finding(record.file, record.line, f"<{record.node.tag}> has no id: each update makes it anew")
        elif record.id in seen:
            yield Finding(record.file, record.line, f"the id {record.id!r} is defined in {seen[record.id].file}, too")
        seen[record.id] = record


def _view(addon: AddonTree, record: DeclaredRecord, root: "Element") -> Iterator[Finding]:
    inherits = record.value("inherit_id") is not None
    if not inherits and root.tag not in ROOTS:
        yield Finding(record.file, root.sourceline or 0, f"<{root.tag}> is no view of Odoo {addon.series}")
    if not inherits and not record.text("model"):
        yield Finding(record.file, record.line, "the view names no model")
    rules = view_rules(addon.series)
    for node in root.iter():
        yield from (Finding(record.file, node.sourceline or 0, message) for message in _node(node))
        parent = node.getparent()
        # A list in a form is a view of its own; below its root the schema of the whole view holds.
        if node.tag in rules and (node is root or parent is None or parent.tag == "field"):
            schema = rules[str(node.tag)]
            yield from (Finding(record.file, line, message) for line, message in _by_schema(node, schema))


def _by_schema(view: "Element", rules: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """Where a view (or a list inside a form) breaks the schema that Odoo validates it with."""
    for node in view.iter():
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


def _node(node: "Element") -> Iterator[str]:
    """What Odoo checks of any view in Python, or shows wrongly without a word."""
    parent = node.getparent()
    above = str(parent.tag) if parent is not None else ""
    tag = str(node.tag)
    if tag in PARENTS and above not in PARENTS[tag] and not node.get("position") and above != "xpath":
        yield f"<{tag}> stands in <{above}>, not in {' or '.join(sorted(PARENTS[tag]))}"
    for name in EXPRESSIONS:
        value = node.get(name)
        if value is not None and not _parses(value):
            yield f"{name}={value!r} is no Python expression"
    for name in (name for name in node.attrib if str(name).startswith("decoration-")):
        if not _parses(node.get(str(name), "")):
            yield f"{name}={node.get(str(name))!r} is no Python expression"
    if tag in ("field", "filter", "page", "widget") and not node.get("name"):
        yield f"<{tag}> has no name"
    if tag == "label" and not (node.get("for") or node.get("class")):
        yield "<label> names no field: for="
    if tag == "button" and not (node.get("special") or (node.get("name") and node.get("type"))):
        yield "<button> needs a name and a type"
    if tag == "img" and not any(str(name) in ("alt", "t-att-alt", "t-attf-alt") for name in node.attrib):
        yield "<img> has no alt"
    if tag in ("i", "span") and "fa" in (node.get("class") or "").split() and not node.get("title"):
        yield f"<{tag}> shows an icon without a title"
    if any(str(name).startswith("t-") for name in node.attrib) and not _in_kanban(node):
        yield f"<{tag}> has a t- attribute outside a kanban view"
    if tag in ("filter", "field"):
        for name in ("domain", "context"):
            value = node.get(name)
            if value is not None and not _parses(value):
                yield f"{name}={value!r} is no Python expression"


def _in_kanban(node: "Element") -> bool:
    return node.tag == "kanban" or any(
        parent.tag in ("kanban", "template", "templates") for parent in node.iterancestors()
    )


def _parses(text: str) -> bool:
    return expression(text) is not None


@cache
def view_rules(series: str) -> dict[str, Any]:
    """View type → element → rules; made by ``scripts/odoo_view_rules.py``."""
    return json.loads((RULES / f"{series}.json").read_text(encoding="utf-8"))
