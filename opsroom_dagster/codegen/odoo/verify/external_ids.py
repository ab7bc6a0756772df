"""External ids in data files: where they are defined, and where they are named."""

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from opsroom_dagster.codegen.odoo.verify.syntax import expression
from opsroom_dagster.codegen.odoo.verify.tree import AddonTree

if TYPE_CHECKING:
    from lxml.etree import _Element as Element  # pyright: ignore[reportPrivateUsage] - lxml has no public name

REFERENCES = {"ref": "", "action": "ir.actions.", "parent": "ir.ui.menu", "inherit_id": "ir.ui.view"}
"""Attribute → how the model of what it names begins; empty: any."""
FIELD_REFERENCES = {
    ("ir.rule", "model_id"): "ir.model",
    ("ir.ui.view", "inherit_id"): "ir.ui.view",
    ("ir.actions.act_window", "view_id"): "ir.ui.view",
    ("ir.actions.act_window", "search_view_id"): "ir.ui.view",
    ("res.groups", "category_id"): "ir.module.category",
}
"""(model of a record, its field) → the model of what the field's ``ref`` names."""
ID_COLUMNS = {"model_id:id": "ir.model", "group_id:id": "res.groups"}


class NamedId(NamedTuple):
    """An external id where it is named; ``model``: how the model of its record begins, empty when unknown."""

    id: str
    line: int
    model: str


def own_id(addon: AddonTree, identifier: str) -> str:
    """The full id: those without a module are the addon's own."""
    return identifier if "." in identifier else f"{addon.name}.{identifier}"


def defined_ids(addon: AddonTree, file: str) -> list[tuple[str, int]]:
    """(id, line) of each record that the data file makes; the id is empty where it is missing."""
    if file in addon.xml:
        nodes = addon.xml[file].iter("record", "menuitem", "template")
        return [(node.get("id", ""), node.sourceline or 0) for node in nodes if node.tag == "record" or node.get("id")]
    rows = addon.csv.get(file, [])
    if not rows or "id" not in rows[0]:
        return []
    column = rows[0].index("id")
    return [(row[column], line) for line, row in enumerate(rows[1:], 2) if len(row) > column]


def named_ids(addon: AddonTree, file: str) -> list[NamedId]:
    """Every external id that the data file names."""
    if file in addon.xml:
        return list(_in_xml(addon.xml[file]))
    return list(_in_csv(addon.csv.get(file, [])))


def _in_csv(rows: list[list[str]]) -> Iterator[NamedId]:
    head = rows[0] if rows else []
    for line, row in enumerate(rows[1:], 2):
        for column, value in zip(head, row, strict=False):
            if column.endswith((":id", "/id")) and value:
                yield NamedId(value, line, ID_COLUMNS.get(column, ""))


def _in_xml(root: "Element") -> Iterator[NamedId]:
    for node in root.iter():
        line = node.sourceline or 0
        for name, model in REFERENCES.items():
            value = node.get(name)
            if value and node.tag in ("field", "menuitem", "template", "record"):
                yield NamedId(value, line, model or (_of_field(node) if name == "ref" else ""))
        for value in (node.get("groups") or "").split(","):
            if value.strip():
                yield NamedId(value.strip().removeprefix("!"), line, "res.groups")
        yield from (NamedId(identifier, line, "") for identifier in _evaluated(node.get("eval")))
        if node.tag == "button" and node.get("type") == "action" and re.fullmatch(r"[\w.]+", node.get("name", "")):
            yield NamedId(node.get("name", ""), line, "ir.actions.")
        if node.tag == "field" and node.get("type") in ("xml", "html"):
            yield from _replaced(node)


def _of_field(node: "Element") -> str:
    record = node.getparent()
    return FIELD_REFERENCES.get((record.get("model", ""), node.get("name", "")), "") if record is not None else ""


def _replaced(content: "Element") -> Iterator[NamedId]:
    """``%(id)d`` anywhere in the content of a field: Odoo writes the record's number in its place."""
    for node in content.iterdescendants():
        for text in (node.text, node.tail, *map(str, node.attrib.values())):
            for found in re.finditer(r"(?<!%)%\((.*?)\)[ds]", text or ""):
                yield NamedId(found[1], node.sourceline or 0, "")


def _evaluated(text: str | None) -> Iterator[str]:
    """Arguments of ``ref(…)`` in an expression; one that does not parse is reported by the XML judge."""
    tree = expression(text) if text and "ref" in text else None
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ref" and node.args:
            value = node.args[0]
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.value
