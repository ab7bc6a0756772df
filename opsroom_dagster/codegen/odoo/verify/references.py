"""Every field, model, group, action and external id that is named exists, in the addon or in what it depends on."""

import ast
from collections.abc import Iterator

from opsroom_dagster.codegen.odoo.verify.declared import Declared, DeclaredRecord, declared, strings
from opsroom_dagster.codegen.odoo.verify.external_ids import NamedId, defined_ids, named_ids, own_id
from opsroom_dagster.codegen.odoo.verify.finding import Finding
from opsroom_dagster.codegen.odoo.verify.model_names import check_model
from opsroom_dagster.codegen.odoo.verify.paths import Models, domain_fault, domain_paths
from opsroom_dagster.codegen.odoo.verify.tree import AddonTree
from opsroom_dagster.codegen.odoo.verify.view_names import check_view, defaults_fault

ACCESS = "security/ir.model.access.csv"
VIEW_MODES = {"activity", "calendar", "form", "graph", "kanban", "list", "pivot", "qweb"}


def check(addon: AddonTree) -> list[Finding]:
    """Names that lead nowhere."""
    found = declared(addon)
    models = Models(addon, found)
    return [
        *_ids(addon, found),
        *_access(addon, found),
        *(finding for model in found.models for finding in check_model(model, models)),
        *(finding for record in found.records for finding in _record(record, models)),
        *(finding for record, root in found.views() for finding in check_view(record, root, models)),
        *_sequences(found),
        *_imports(addon),
    ]


def _ids(addon: AddonTree, found: Declared) -> Iterator[Finding]:
    own = {own_id(addon, identifier): "" for name in addon.data_files for identifier, _ in defined_ids(addon, name)}
    own |= {own_id(addon, record.id): record.model for record in found.records if record.id}
    own |= {f"{addon.name}.model_{model.name.replace('.', '_')}": "ir.model" for model in found.models}
    tables = {model.replace(".", "_"): model for model in addon.facts.models()}
    for name in addon.data_files:
        for reference in named_ids(addon, name):
            if fault := _id_fault(reference, addon, own, tables):
                yield Finding(name, reference.line, fault)


def _id_fault(reference: NamedId, addon: AddonTree, own: dict[str, str], tables: dict[str, str]) -> str | None:
    full = own_id(addon, reference.id)
    module, _, local = full.partition(".")
    if full in own:
        fits = own[full].startswith(reference.model) or not own[full]
        return None if fits else f"{reference.id} is no {reference.model}"
    if local.startswith("model_"):
        model = "ir.model" if addon.facts.module_of(tables.get(local[6:], "")) == module else None
    else:
        model = addon.facts.model_of_xml_id(full)
    if model is None:
        return f"{reference.id} does not exist"
    if module not in addon.closure:
        return f"{reference.id} needs {module}, which the addon does not depend on"
    return None if model.startswith(reference.model) else f"{reference.id} is no {reference.model}"


def _access(addon: AddonTree, found: Declared) -> Iterator[Finding]:
    rows = addon.csv.get(ACCESS, [])
    head = ["id", "name", "model_id:id", "group_id:id", "perm_read", "perm_write", "perm_create", "perm_unlink"]
    if rows and rows[0] != head:
        yield Finding(ACCESS, 1, f"the columns are not {', '.join(head)}")
        return
    for line, row in enumerate(rows[1:], 2):
        if len(row) != len(head) or any(value not in ("0", "1") for value in row[4:]):
            yield Finding(ACCESS, line, "is no id, name, model, group and four times 0 or 1")
        elif not row[3] and "1" in row[4:]:
            yield Finding(ACCESS, line, f"{row[0]} names no group, so visitors have the right, too")
    granted = {row[2] for row in rows[1:] if len(row) > 2}
    for model in found.own.values():
        if f"model_{model.name.replace('.', '_')}" not in granted and not model.abstract:
            yield Finding(ACCESS, 0, f"grants nobody anything on {model.name}")


def _record(record: DeclaredRecord, models: Models) -> Iterator[Finding]:
    def wrong(message: str) -> Finding:
        return Finding(record.file, record.line, message)

    if record.node.tag != "record":
        yield from _menu(record, models)
        return
    if not models.exists(record.model):
        yield wrong(f"is a record of {record.model}, which is not there or needs another dependency")
        return
    for node in record.node:
        name = node.get("name", "")
        if node.tag == "field" and not models.field(record.model, name)[0]:
            yield Finding(record.file, node.sourceline or 0, f"{record.model} has no field {name!r}")
    if record.model == "ir.actions.act_window":
        yield from map(wrong, _action(record, models))
    if record.model == "ir.rule":
        node = record.value("model_id")
        model = _model_of_ref(node.get("ref", "") if node is not None else "", models)
        yield from map(wrong, _domain(record.text("domain_force"), model, models))
    own = models.declared.own.get(record.model)
    if own is not None:
        given = {node.get("name") for node in record.node}
        for field in own.fields.values():
            filled = field.name in given or {"default", "compute", "related"} & set(field.arguments)
            if field.constant("required") is True and not filled:
                yield wrong(f"gives no value for {field.name!r}, which is required")


def _domain(text: str, model: str | None, models: Models) -> Iterator[str]:
    """What is wrong with a domain over a model, None when it is not known."""
    fault = domain_fault(text) if text else None
    if fault:
        yield fault
    yield from (missing for path in domain_paths(text) if model and (missing := models.missing(model, path)))


def _menu(record: DeclaredRecord, models: Models) -> Iterator[Finding]:
    icon = record.node.get("web_icon")
    if record.model == "ir.ui.menu" and icon:
        module, _, path = icon.partition(",")
        if module == models.addon.name and not (models.addon.root / path).is_file():
            yield Finding(record.file, record.line, f"shows the icon {path}, which is not there")


def _model_of_ref(reference: str, models: Models) -> str | None:
    wanted = reference.rpartition(".")[2].removeprefix("model_")
    known = (*models.declared.own, *models.addon.facts.models())
    return next((model for model in known if model.replace(".", "_") == wanted), None)


def _action(record: DeclaredRecord, models: Models) -> Iterator[str]:
    model = record.text("res_model")
    if not model and "." in record.id:
        return  # it changes an action of another module
    if not models.exists(model):
        yield f"opens {model}, which is not there or needs another dependency"
        return
    node = record.value("view_mode")
    for mode in (node.text or "").split(",") if node is not None else ():
        if mode not in VIEW_MODES:
            yield f"view_mode names {mode!r}; there are {', '.join(sorted(VIEW_MODES))}, without spaces"
    yield from _domain(record.text("domain"), model, models)
    yield from defaults_fault(record.text("context"), model, models)


def _sequences(found: Declared) -> Iterator[Finding]:
    """``next_by_code`` gives False without a sequence of that code."""
    codes = {record.text("code") for record in found.records if record.model == "ir.sequence"}
    for model in found.models:
        for node in ast.walk(model.node):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "next_by_code":
                for code in strings(node.args[0]) if node.args else ():
                    if code not in codes:
                        yield Finding(model.file, node.lineno, f"there is no sequence with the code {code!r}")


def _imports(addon: AddonTree) -> Iterator[Finding]:
    """Code of another addon is there only when it is depended on."""
    for file, module in addon.python.items():
        for node in ast.walk(module):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("odoo.addons."):
                name = (node.module or "").split(".")[2]
                if name not in {*addon.closure, addon.name}:
                    yield Finding(file, node.lineno, f"imports from {name}, which the addon does not depend on")
