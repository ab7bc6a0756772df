"""Write which elements and attributes Odoo's views may hold, by reading the schemas that Odoo validates them with.

    python scripts/odoo_view_rules.py PATH_TO_RNG SERIES

PATH_TO_RNG is the folder ``odoo/addons/base/rng`` of an Odoo Community, or a copy of it. The result replaces
``opsroom_dagster/codegen/odoo/verify/view_rules/<series>.json``: view type → element → its attributes (with the
values that are allowed, where they are few), the required ones, and its children.
"""

import json
import sys
from pathlib import Path
from typing import Any

from lxml import etree

TARGET = Path(__file__).parents[1] / "opsroom_dagster/codegen/odoo/verify/view_rules"
RNG = "{http://relaxng.org/ns/structure/1.0}"


def definitions(folder: Path, schema: str) -> dict[str, Any]:
    """Name → the nodes that define it, with those of included schemas."""
    root = etree.parse(str(folder / schema)).getroot()
    found: dict[str, Any] = {}
    for include in root.iter(f"{RNG}include"):
        found |= definitions(folder, include.get("href", ""))
    for define in root.findall(f"{RNG}define"):
        found.setdefault(define.get("name"), []).extend(define)
    return found


class Rules:
    """Collects the elements that can be reached from the start of a schema."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names
        self.elements: dict[str, dict[str, Any]] = {}

    def element(self, node: Any) -> None:
        """Record an element and what it may hold; an element met again may hold what either definition allows."""
        name = node.get("name")
        first = name not in self.elements
        rules = self.elements.setdefault(name, {"attributes": {}, "required": [], "children": []})
        if first or node.get("seen") is None:
            node.set("seen", "1")
            for child in node:
                self.content(child, rules, optional=False, open_names=())

    def content(self, node: Any, rules: dict[str, Any], *, optional: bool, open_names: tuple[str, ...]) -> None:
        """Add what ``node`` allows inside an element to its ``rules``."""
        kind = node.tag.removeprefix(RNG) if isinstance(node.tag, str) else ""
        if kind == "attribute":
            self.attribute(node, rules, optional=optional)
        elif kind == "element":
            name = node.get("name") or "*"
            if name not in rules["children"]:
                rules["children"].append(name)
            if name != "*":
                self.element(node)
        elif kind == "ref":
            name = node.get("name")
            if name not in open_names:
                for child in self.names.get(name, []):
                    self.content(child, rules, optional=optional, open_names=(*open_names, name))
        else:
            weaker = optional or kind in ("optional", "choice", "zeroOrMore")
            for child in node:
                self.content(child, rules, optional=weaker, open_names=open_names)

    def attribute(self, node: Any, rules: dict[str, Any], *, optional: bool) -> None:
        """Record an attribute."""
        name = node.get("name") or "*"
        kind = "int" if node.find(f"{RNG}data[@type='int']") is not None else None
        values = [value.text for value in node.iter(f"{RNG}value")]
        known = rules["attributes"].get(name)
        allowed: Any = kind or values or None
        rules["attributes"][name] = [*known, *allowed] if isinstance(known, list) and values else allowed
        if not optional and name not in rules["required"]:
            rules["required"].append(name)


def view_rules(folder: Path, schema: str) -> dict[str, Any]:
    """Element → rules, of one kind of view."""
    names = definitions(folder, schema)
    rules = Rules(names)
    start: dict[str, Any] = {"attributes": {}, "required": [], "children": []}
    for node in etree.parse(str(folder / schema)).getroot().find(f"{RNG}start"):
        rules.content(node, start, optional=False, open_names=())
    for found in rules.elements.values():
        found["children"] = sorted(found["children"])
        found["required"] = sorted(found["required"])
        found["attributes"] = dict(sorted(found["attributes"].items()))
    return dict(sorted(rules.elements.items()))


def main() -> None:
    """Command line."""
    folder, series = Path(sys.argv[1]), sys.argv[2]
    kinds = sorted(path.name.removesuffix("_view.rng") for path in folder.glob("*_view.rng"))
    found = {kind: view_rules(folder, f"{kind}_view.rng") for kind in kinds}
    TARGET.mkdir(parents=True, exist_ok=True)
    target = TARGET / f"{series}.json"
    target.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    sys.stdout.write(f"{target}: {', '.join(found)}\n")


if __name__ == "__main__":
    main()
