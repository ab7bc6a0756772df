"""What Odoo checks of each node of a view in Python, or shows wrongly without a word."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from opsroom_dagster.codegen.odoo.verify.paths import domain_fault
from opsroom_dagster.codegen.odoo.verify.syntax import expression

if TYPE_CHECKING:
    from lxml.etree import _Element as Element  # pyright: ignore[reportPrivateUsage] - lxml has no public name

EXPRESSIONS = ("invisible", "readonly", "required", "column_invisible", "context", "options")
PARENTS = {"page": {"notebook"}, "header": {"form", "list"}, "footer": {"form"}, "sheet": {"form"}, "chatter": {"form"}}
"""Element → what it may stand in; ``header`` and its like mean nothing elsewhere."""
FORM = {
    "button", "chatter", "div", "field", "footer", "form", "group", "header", "label", "newline", "notebook", "page",
    "separator", "setting", "block", "app", "sheet", "templates", "widget", "calendar", "graph", "kanban", "list",
    # HTML that forms are written with
    "a", "b", "br", "caption", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "li", "ol", "p",
    "pre", "small", "span", "strong", "sup", "t", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
    # of views that change others
    "attribute", "xpath", "data",
}  # fmt: skip
"""Elements that a form shows."""
QWEB = re.compile(r"t-(name|esc|out|set|value|if|else|elif|foreach|as|key|att.*|call|debug|translation)")
"""Directives that a kanban view may hold."""
ROLES = {
    "modal": ("dialog",), "tab-pane": ("tabpanel",), "nav-tabs": ("tablist",), "dropdown-menu": ("menu",),
    "o_progressbar": ("progressbar",),
}  # fmt: skip
"""Class → the role that it needs, one of them."""
DESCRIBING = ("title", "aria-label", "aria-labelledby", "t-att-title", "t-attf-title", "string")


def check_node(node: "Element") -> Iterator[str]:
    """What is wrong with a node by itself and among those around it."""
    tag = str(node.tag)
    yield from _place(node, tag)
    yield from _attributes(node, tag)
    yield from _accessibility(node, tag)
    if node.get("position"):
        yield from _anchor(node, tag)


def _place(node: "Element", tag: str) -> Iterator[str]:
    parent = node.getparent()
    above = str(parent.tag) if parent is not None else ""
    changed = node.get("position") or above == "xpath" or (parent is not None and parent.get("position"))
    in_form = _view_of(node) in ("form", "list", "") and above != "t"
    if tag in PARENTS and in_form and above not in PARENTS[tag] and not changed:
        yield f"<{tag}> stands in <{above}>, not in {' or '.join(sorted(PARENTS[tag]))}"
    if tag not in FORM and _view_of(node) == "form":
        yield f"<{tag}> is no element of a form"
    if tag == "search" and next(node.iterdescendants("field"), None) is None:
        yield "<search> holds no field"
    if tag == "calendar" and not node.get("position") and not node.get("date_start"):
        yield "<calendar> has no date_start"
    if tag == "kanban" and not node.get("position") and not node.xpath("templates/*[@t-name='card']"):
        yield "<kanban> has no template named card"
    if tag == "attribute" and (parent is None or parent.get("position") != "attributes"):
        yield "<attribute> stands where no position='attributes' is"


def _attributes(node: "Element", tag: str) -> Iterator[str]:
    if tag in ("field", "filter", "widget") and not node.get("name"):
        yield f"<{tag}> has no name"
    if tag == "label" and not (node.get("for") or node.get("class")):
        yield "<label> names no field: for="
    if tag == "button":
        yield from _button(node)
    for attribute, value in node.attrib.items():
        name, text = str(attribute), str(value)
        if (name in EXPRESSIONS or name.startswith("decoration-")) and expression(text) is None:
            yield f"{name}={text!r} is no Python expression"
        elif name in ("col", "colspan") and not text.isdigit():
            yield f"{name}={text!r} is no number"
        elif name == "group":
            yield "the attribute is groups=, not group="
        elif re.fullmatch(r"(t-att-|t-attf-)?data-tooltip(-template|-info)?", name):
            yield f"{name}= is forbidden in views"
        elif name.startswith("t-") and _view_of(node) not in ("kanban", "activity", ""):
            yield f"<{tag}> has a t- attribute outside of a card"
        elif name.startswith("t-") and not QWEB.fullmatch(name):
            yield f"{name}= is forbidden in views"
    if tag in ("filter", "field") and node.get("domain") is not None:
        fault = domain_fault(node.get("domain", ""))
        yield from [f"domain={fault}"] if fault else []


def _button(node: "Element") -> Iterator[str]:
    special, kind, name = node.get("special"), node.get("type"), node.get("name", "")
    if special is not None:
        yield from [] if special in ("cancel", "save", "add") else [f"<button> cannot be special={special!r}"]
    elif kind not in ("object", "action") or not name:
        if not node.get("position"):
            yield "<button> needs a name and a type, object or action"
    elif kind == "action" and not re.fullmatch(r"%\([\w.]+\)d|\d+|\w+\.\w+", name):
        yield f"<button> names the action {name!r} without its module"


def _accessibility(node: "Element", tag: str) -> Iterator[str]:
    """Odoo warns of what a screen reader cannot read."""
    classes, role = (node.get("class") or "").split(), node.get("role")
    if tag == "img" and not any(str(name) in ("alt", "t-att-alt", "t-attf-alt") for name in node.attrib):
        yield "<img> has no alt"
    if any(name.startswith("fa-") for name in classes) and not _described(node):
        yield f"<{tag}> shows an icon without a title"
    for name in classes:
        if name in ROLES and role not in ROLES[name]:
            yield f"the class {name} needs role={ROLES[name][0]!r}"
    if any(name.startswith("alert-") for name in classes) and "alert-link" not in classes:
        yield from [] if role in ("alert", "alertdialog", "status") else ["an alert needs role='alert' or 'status'"]
    if tag == "a" and any("btn" in name for name in classes) and role != "button":
        yield "a link that looks like a button needs role='button'"
    if role in ("presentation", "none"):
        yield f"role={role!r} hides the element from screen readers"


def _described(node: "Element") -> bool:
    parent = node.getparent()
    near = [node, *node.iterancestors(), *node.iterdescendants()]
    texts = [node.text, node.tail, parent.text if parent is not None else None]
    return any((text or "").strip() for text in texts) or any(part.get(name) for part in near for name in DESCRIBING)


def _anchor(node: "Element", tag: str) -> Iterator[str]:
    """How a view finds what it changes in another: not by texts, which are translated."""
    path = node.get("expr", "") if tag == "xpath" else ""
    if "@string" in path or (tag != "xpath" and node.get("string") is not None and not node.get("name")):
        yield "a view is not found by its string, which is translated"
    if "@class" in path:
        yield "write hasclass(…): @class is the whole attribute"
    if tag == "xpath" and not path:
        yield "<xpath> has no expr"
    if tag == "xpath" and path and not _is_xpath(path):
        yield f"expr={path!r} is no XPath"


def _is_xpath(path: str) -> bool:
    from lxml import etree

    try:
        etree.XPath(path)
    except etree.XPathError:
        return False
    return True


def _view_of(node: "Element") -> str:
    """The view that a node is in: the nearest one around it, itself included; empty in one that changes others."""
    views = ("form", "list", "kanban", "search", "graph", "pivot", "calendar", "activity")
    return next((str(at.tag) for at in (node, *node.iterancestors()) if at.tag in views), "")
