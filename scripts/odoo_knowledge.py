"""Write what Odoo Community defines, by reading its source: models, fields, modules, external ids and widgets.

    python scripts/odoo_knowledge.py PATH_TO_ODOO SERIES

PATH_TO_ODOO holds ``odoo/`` and ``addons/``. Only names, labels and types are kept. The result replaces
``opsroom_dagster/codegen/odoo/knowledge_data/<series>.json``.
"""

import ast
import json
import re
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from lxml import etree

TARGET = Path(__file__).parents[1] / "opsroom_dagster/codegen/odoo/knowledge_data"
SKIPPED = ("l10n_", "test_", "theme_", "hw_")
KEPT_RECORDS = {
    "res.groups", "ir.module.category", "ir.ui.menu", "res.groups.privilege",
    # What demonstration data refers to.
    "res.company", "res.country", "res.currency", "res.partner", "res.users", "hr.employee", "stock.location",
    "uom.uom",
}  # fmt: skip
LABEL_POSITION = {"Many2one": 1, "Selection": 1, "Reference": 1, "Many2oneReference": 1, "One2many": 2, "Many2many": 4}
"""Where a field's class takes the label, when not first."""
REGISTRIES = {"fields": "field_widgets", "view_widgets": "view_widgets", "views": "view_classes"}
"""Registry of the web client → section."""
PRIMARY_VIEWS = {"form", "list", "tree", "search", "kanban"}


def modules(root: Path) -> Iterator[tuple[str, Path, dict[str, Any]]]:
    """Name, folder and manifest of each installable Community addon."""
    seen: set[str] = set()  # some distributions hold the addons twice
    for addons in (root / "odoo" / "addons", root / "addons"):
        for manifest in sorted(addons.glob("*/__manifest__.py")):
            name = manifest.parent.name
            if name in seen:
                continue
            seen.add(name)
            facts = ast.literal_eval(manifest.read_text(encoding="utf-8"))
            if not name.startswith(SKIPPED) and facts.get("installable", True) and facts.get("license") != "OEEL-1":
                yield name, manifest.parent, facts


def classes(folder: Path) -> Iterator[ast.ClassDef]:
    """Classes of the module's Python files, tests left out."""
    for path in sorted(folder.rglob("*.py")):
        if not {"tests", "migrations", "static"} & set(path.relative_to(folder).parts):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            yield from (node for node in tree.body if isinstance(node, ast.ClassDef))


def model_of(node: ast.ClassDef) -> tuple[str | None, list[str], list[str], dict[str, list[Any]]]:
    """``_name``, ``_inherit``, ``_inherits`` models, and fields as [type, comodel, label]."""
    name, inherit, delegated, fields = None, list[str](), list[str](), dict[str, list[Any]]()
    for target, value in _assigned(node):
        if target == "_name" and isinstance(value, ast.Constant):
            name = str(value.value)
        elif target == "_inherit":
            inherit = _strings(value)
        elif target == "_inherits" and isinstance(value, ast.Dict):
            delegated = [str(key.value) for key in value.keys if isinstance(key, ast.Constant)]
        elif _is_field(value):
            assert isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute)
            fields[target] = [value.func.attr, _comodel(value), _label(value)]
            if any(keyword.arg == "delegate" for keyword in value.keywords):
                delegated += [comodel for comodel in [_comodel(value)] if comodel]
    return name, inherit, delegated, fields


def _assigned(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """(name, value) of the assignments in a class, with and without an annotation."""
    for statement in node.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        targets = [statement.target] if isinstance(statement, ast.AnnAssign) else targets
        value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
        if targets and isinstance(targets[0], ast.Name) and value is not None:
            yield targets[0].id, value


def _kind(node: ast.ClassDef) -> str:
    """``Model``, ``AbstractModel`` or ``TransientModel``."""
    return next((base.attr for base in node.bases if isinstance(base, ast.Attribute)), "Model")


def _is_field(value: ast.expr) -> bool:
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and isinstance(value.func.value, ast.Name)
        and value.func.value.id == "fields"
        and value.func.attr[0].isupper()
    )


def _comodel(call: ast.Call) -> str | None:
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in ("Many2one", "One2many", "Many2many"):
        return None
    named = [keyword.value for keyword in call.keywords if keyword.arg == "comodel_name"]
    first = (call.args[:1] or named or [None])[0]
    return str(first.value) if isinstance(first, ast.Constant) else None


def _label(call: ast.Call) -> str | None:
    """The stated label; None: Odoo makes it from the name."""
    if not isinstance(call.func, ast.Attribute):
        return None
    named = [keyword.value for keyword in call.keywords if keyword.arg == "string"]
    positional = call.args[LABEL_POSITION.get(call.func.attr, 0) :][:1]
    label = (named or positional or [None])[0]
    return str(label.value) if isinstance(label, ast.Constant) and isinstance(label.value, str) else None


def _strings(value: ast.expr) -> list[str]:
    nodes = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
    return [str(node.value) for node in nodes if isinstance(node, ast.Constant)]


View = tuple[str, str, int, str, bool]
"""Model, type, priority, name, and whether it has a sheet."""


def external_ids(name: str, folder: Path, manifest: dict[str, Any]) -> Iterator[tuple[str, str, View | None]]:
    """(id, model, view) of the records that addons refer to."""
    for file in [*manifest.get("data", [])]:
        path = folder / file
        if path.suffix != ".xml" or not path.exists():
            continue
        document = etree.parse(str(path))
        for node in document.iter("record", "menuitem"):
            identifier = node.get("id", "")
            identifier = identifier if "." in identifier else f"{name}.{identifier}"
            model = "ir.ui.menu" if node.tag == "menuitem" else node.get("model", "")
            if model in KEPT_RECORDS:
                yield identifier, model, None
            elif model == "ir.ui.view" and not node.xpath("field[@name='inherit_id']"):
                of = "".join(node.xpath("field[@name='model']/text()"))
                roots = node.xpath("field[@name='arch']/*")
                if of and roots and roots[0].tag in PRIMARY_VIEWS:
                    priority = int(
                        "".join(node.xpath("field[@name='priority']/@eval | field[@name='priority']/text()")) or 16
                    )
                    title = "".join(node.xpath("field[@name='name']/text()"))
                    sheet = bool(roots[0].xpath("self::form/sheet"))
                    yield identifier, model, (of, roots[0].tag.replace("tree", "list"), priority, title, sheet)
        for value in document.xpath("//function[@name='_update_xmlids']/value/@eval"):
            for identifier in re.findall(r"'xml_id': '([\w.]+)'", value):
                yield identifier, "", None  # a record that a method made; its model is not in the file


def widgets(folder: Path) -> Iterator[tuple[str, str]]:
    """(section, name) of what the module's JavaScript gives to views; the kind of view before a name is left out."""
    category = r"""registry\s*\.category\(\s*["'](\w+)["']\s*\)"""
    for path in sorted((folder / "static" / "src").rglob("*.js")):
        text = path.read_text(encoding="utf-8")
        added = re.findall(rf"{category}((?:\s*\.add\([^;]*)?);", text)
        for alias, registry in re.findall(rf"const (\w+) = {category};", text):
            added += [(registry, chain) for chain in re.findall(rf"\b{alias}(\s*\.add\([^;]*);", text)]
        for registry, chain in added:
            for name in re.findall(r"""\.add\(\s*["']([\w.-]+)["']""", chain) if registry in REGISTRIES else ():
                yield REGISTRIES[registry], name.rpartition(".")[2]


def parameters(root: Path) -> dict[str, list[str]]:
    """Class of field → the parameters that it takes."""
    own: dict[str, set[str]] = {}
    bases: dict[str, list[str]] = {}
    for path in [*(root / "odoo").glob("fields.py"), *sorted((root / "odoo" / "orm").glob("fields*.py"))]:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                own[node.name] = set(_parameters(node))
                bases[node.name] = [ast.unparse(base).partition("[")[0] for base in node.bases]

    def all_of(name: str) -> set[str]:
        return own.get(name, set()).union(*(all_of(base) for base in bases.get(name, [])))

    return {name: sorted(all_of(name)) for name in own if "Field" in _ancestors(name, bases) and name[0] != "_"}


def _ancestors(name: str, bases: dict[str, list[str]]) -> set[str]:
    return {name}.union(*(_ancestors(base, bases) for base in bases.get(name, [])))


def _parameters(node: ast.ClassDef) -> Iterator[str]:
    for statement in node.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            target = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
            if isinstance(target, ast.Name) and not target.id.startswith("_"):
                yield target.id
        elif isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            yield from (argument.arg for argument in statement.args.args if argument.arg != "self")


def scan(root: Path) -> dict[str, Any]:
    """Everything, sorted."""
    found: dict[str, Any] = {"modules": {}, "models": {}, "external_ids": {}, "views": {}, "sheets": {}}
    found |= {section: {} for section in REGISTRIES.values()} | {"parameters": parameters(root)}
    listed = {name: (folder, manifest) for name, folder, manifest in modules(root)}
    graph = {
        name: [other for other in facts.get("depends", []) if other in listed] for name, (_, facts) in listed.items()
    }
    for name in TopologicalSorter(graph).static_order():  # a field belongs to the first module that defines it
        folder, manifest = listed[name]
        found["modules"][name] = sorted(set(manifest.get("depends", ["base"] if name != "base" else [])))
        for identifier, model, view in external_ids(name, folder, manifest):
            found["external_ids"][identifier] = model
            if view is not None:
                of, kind, priority, title, sheet = view
                found["views"].setdefault(of, {}).setdefault(kind, []).append((priority, title, identifier))
                if sheet:
                    found["sheets"][identifier] = of
        for section, widget in sorted(set(widgets(folder))):
            found[section].setdefault(widget, []).append(name)
        for node in classes(folder):
            own, inherit, delegated, fields = model_of(node)
            model = own or (inherit[0] if inherit else None)
            if model is None:
                continue
            entry = found["models"].setdefault(model, {"module": None, "inherits": [], "fields": {}, "labels": {}})
            if own and own not in inherit and entry["module"] is None:
                entry["module"] = name
                entry["kind"] = _kind(node)
            entry["inherits"] += [
                parent for parent in [*inherit, *delegated] if parent != model and parent not in entry["inherits"]
            ]
            for field, (kind, comodel, label) in fields.items():
                entry["fields"].setdefault(field, [kind, comodel, name])
                if label:
                    entry["labels"].setdefault(field, label)
    for kinds in found["views"].values():  # the order in which Odoo chooses
        kinds.update({kind: [identifier for *_, identifier in sorted(views)] for kind, views in kinds.items()})
    found["models"] = {name: entry for name, entry in found["models"].items() if entry["module"]}
    return found


def dump(found: dict[str, Any]) -> str:
    """JSON with one model, module and id a line, so that a change of series can be reviewed."""
    parts: list[str] = []
    for section, entries in found.items():
        lines = (f"{json.dumps(key)}: {json.dumps(value, sort_keys=True)}" for key, value in sorted(entries.items()))
        parts.append(f"{json.dumps(section)}: {{\n" + ",\n".join(lines) + "\n}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    source, series = Path(sys.argv[1]), sys.argv[2]
    TARGET.mkdir(exist_ok=True)
    (TARGET / f"{series}.json").write_text(dump(scan(source)), encoding="utf-8")
