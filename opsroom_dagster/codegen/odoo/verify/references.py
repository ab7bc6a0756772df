"""Every field, model, group, action and external id that is named exists, in the addon or in what it depends on."""

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from opsroom_dagster.codegen.odoo.verify.declared import Declared, DeclaredModel, DeclaredRecord, declared, strings
from opsroom_dagster.codegen.odoo.verify.external_ids import defined_ids, named_ids, own_id
from opsroom_dagster.codegen.odoo.verify.finding import Finding
from opsroom_dagster.codegen.odoo.verify.paths import Models, domain_paths, grouped_by, names_in
from opsroom_dagster.codegen.odoo.verify.tree import AddonTree

if TYPE_CHECKING:
    from lxml.etree import _Element as Element  # pyright: ignore[reportPrivateUsage] - lxml has no public name

ACCESS = "security/ir.model.access.csv"
VIEW_MODES = {"activity", "calendar", "form", "graph", "kanban", "list", "pivot", "qweb"}
SQL_WORDS = {
    "and",
    "or",
    "not",
    "null",
    "is",
    "in",
    "between",
    "true",
    "false",
    "coalesce",
    "length",
    "check",
    "unique",
}


def check(addon: AddonTree) -> list[Finding]:
    """Names that lead nowhere."""
    found = declared(addon)
    models = Models(addon, found)
    return [
        *_ids(addon, found),
        *_access(addon, found),
        *(finding for model in found.models for finding in _model(model, models)),
        *(finding for record in found.records for finding in _record(record, models)),
        *(finding for record, root in found.views() for finding in _view(record, root, models)),
        *_sequences(found),
    ]


def _ids(addon: AddonTree, found: Declared) -> Iterator[Finding]:
    own = {own_id(addon, identifier) for name in addon.data_files for identifier, _ in defined_ids(addon, name)}
    own |= {f"{addon.name}.model_{model.name.replace('.', '_')}" for model in found.models}
    models = {model.replace(".", "_"): model for model in addon.facts.models()}
    for name in addon.data_files:
        for reference in named_ids(addon, name):
            full = own_id(addon, reference.id)
            module, _, local = full.partition(".")
            if full in own:
                continue
            if local.startswith("model_") and addon.facts.module_of(models.get(local[6:], "")) == module:
                exists = True
            else:
                exists = addon.facts.module_of_xml_id(full) is not None
            if not exists:
                yield Finding(name, reference.line, f"{reference.id} does not exist")
            elif module not in addon.closure:
                yield Finding(
                    name, reference.line, f"{reference.id} needs {module}, which the addon does not depend on"
                )
            elif reference.model and addon.facts.model_of_xml_id(full) not in (reference.model, None):
                yield Finding(name, reference.line, f"{reference.id} is no {reference.model}")


def _access(addon: AddonTree, found: Declared) -> Iterator[Finding]:
    rows = addon.csv.get(ACCESS, [])
    head = ["id", "name", "model_id:id", "group_id:id", "perm_read", "perm_write", "perm_create", "perm_unlink"]
    if rows and rows[0] != head:
        yield Finding(ACCESS, 1, f"the columns are not {', '.join(head)}")
        return
    for line, row in enumerate(rows[1:], 2):
        if len(row) != len(head) or any(value not in ("0", "1") for value in row[4:]):
            yield Finding(ACCESS, line, "is no id, name, model, group and four times 0 or 1")
    granted = {row[2] for row in rows[1:] if len(row) > 2}
    for model in found.own.values():
        if f"model_{model.name.replace('.', '_')}" not in granted and not _abstract(model):
            yield Finding(ACCESS, 0, f"grants nobody anything on {model.name}")


def _abstract(model: DeclaredModel) -> bool:
    bases = {base.attr for base in model.node.bases if isinstance(base, ast.Attribute)}
    return "AbstractModel" in bases


def _model(model: DeclaredModel, models: Models) -> Iterator[Finding]:
    def wrong(message: str, line: int = model.line) -> Finding:
        return Finding(model.file, line, message)

    for name in (*model.inherits, *(() if model.new else (model.name,))):
        if not models.exists(name):
            yield wrong(f"inherits {name}, which is not there or needs another dependency")
    if model.new and not strings(model.attributes.get("_description")):
        yield wrong("has no _description")
    for name in [*strings(model.attributes.get("_rec_name")), *_ordered(model)]:
        if not models.field(model.name, name)[0]:
            yield wrong(f"names the field {name!r}, which it does not have")
    for field in model.fields.values():
        yield from (wrong(message, field.line) for message in _field(model, field.name, models))
    for line, names in _decorated(model.node):
        for path in names:
            if missing := models.missing(model.name, path):
                yield wrong(missing, line)
    for name in _constrained(model):
        found, _ = models.field(model.name, name)
        if not found:
            yield wrong(f"an SQL constraint names the column {name!r}, which it does not have")


def _ordered(model: DeclaredModel) -> list[str]:
    return [
        part.split()[0] for text in strings(model.attributes.get("_order")) for part in text.split(",") if part.strip()
    ]


def _field(model: DeclaredModel, name: str, models: Models) -> Iterator[str]:
    field = model.fields[name]
    if field.type in ("Many2one", "One2many", "Many2many"):
        comodel = field.comodel
        if comodel is None or not models.exists(comodel):
            yield f"{name} refers to {comodel}, which is not there or needs another dependency"
        elif field.type == "One2many":
            inverse = str(field.keywords.get("inverse_name", ""))
            found, back = models.field(comodel, inverse)
            if not found or back != model.name:
                yield f"{name}: {comodel}.{inverse} does not lead back to {model.name}"
    if field.type == "Monetary":
        currency = str(field.keywords.get("currency_field") or "currency_id")
        if models.field(model.name, currency) != (True, "res.currency"):
            yield f"{name}: {currency} is no currency of {model.name}"
    for keyword in ("compute", "inverse", "search"):
        method = field.keywords.get(keyword)
        if isinstance(method, str) and method not in model.methods:
            yield f"{name}: {keyword}={method!r} is no method of the class"
    related = field.keywords.get("related")
    if isinstance(related, str) and (missing := models.missing(model.name, related)):
        yield f"{name}: {missing}"


def _decorated(node: ast.ClassDef) -> Iterator[tuple[int, list[str]]]:
    """Fields that ``@api.depends`` and its like name."""
    for method in node.body:
        for decorator in method.decorator_list if isinstance(method, ast.FunctionDef) else ():
            if (
                isinstance(decorator, ast.Call)
                and isinstance(decorator.func, ast.Attribute)
                and decorator.func.attr in ("constrains", "depends", "onchange")
            ):
                yield decorator.lineno, [name for argument in decorator.args for name in strings(argument)]


def _constrained(model: DeclaredModel) -> Iterator[str]:
    """Columns in ``_sql_constraints``."""
    stated = model.attributes.get("_sql_constraints")
    for item in stated.elts if isinstance(stated, ast.List | ast.Tuple) else ():
        definition = strings(item)[1] if len(strings(item)) > 1 else ""
        plain = re.sub(r"'[^']*'", "", definition)
        yield from (word for word in re.findall(r"[A-Za-z_]\w*", plain) if word.lower() not in SQL_WORDS)


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
        paths = domain_paths(record.text("domain_force"))
        yield from (wrong(missing) for path in paths if model and (missing := models.missing(model, path)))
    own = models.declared.own.get(record.model)
    if own is not None:
        given = {node.get("name") for node in record.node}
        for field in own.fields.values():
            if field.keywords.get("required") is True and field.name not in given and not _has_default(own, field.name):
                yield wrong(f"gives no value for {field.name!r}, which is required")


def _has_default(model: DeclaredModel, name: str) -> bool:
    call = model.attributes[name]
    return isinstance(call, ast.Call) and any(k.arg in ("default", "compute", "related") for k in call.keywords)


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
    if not models.exists(model):
        yield f"opens {model}, which is not there or needs another dependency"
        return
    modes = record.text("view_mode").split(",") if record.text("view_mode") else []
    for mode in modes:
        if mode not in VIEW_MODES:
            yield f"view_mode names {mode!r}; there are {', '.join(sorted(VIEW_MODES))}"
    yield from (missing for path in domain_paths(record.text("domain")) if (missing := models.missing(model, path)))


def _view(record: DeclaredRecord, root: "Element", models: Models) -> Iterator[Finding]:
    model = record.text("model")
    if not models.exists(model):
        yield Finding(record.file, record.line, f"is a view of {model}, which is not there or needs another dependency")
        return
    yield from (Finding(record.file, line, message) for line, message in _nodes(root, model, models))


def _nodes(node: "Element", model: str, models: Models) -> Iterator[tuple[int, str]]:
    """Names in a node of a view of ``model``, and below it."""
    line = node.sourceline or 0
    yield from ((line, message) for message in _named(node, model, models))
    below = model
    if node.tag == "field" and node.get("name"):
        found, comodel = models.field(model, node.get("name", ""))
        if not found:
            yield line, f"{model} has no field {node.get('name')!r}"
            return
        below = comodel or model
    nested = any(child.tag in VIEW_MODES for child in node)
    for child in node:
        yield from _nodes(child, below if node.tag == "field" and nested else model, models)


def _named(node: "Element", model: str, models: Models) -> Iterator[str]:
    names: set[str] = set()
    for attribute, value in node.attrib.items():
        name = str(attribute)
        if name in ("invisible", "readonly", "required") or name.startswith("decoration-"):
            names |= names_in(str(value))
    for name in ("default_order", "default_group_by", "date_start", "date_stop", "quick_create_view"):
        if name.startswith(("default", "date")):
            names |= {part.split()[0] for part in (node.get(name) or "").split(",") if part.strip()}
    yield from (missing for name in sorted(names) if (missing := models.missing(model, name)))
    if node.tag == "filter":
        paths = [*domain_paths(node.get("domain") or ""), *grouped_by(node.get("context") or "")]
        paths += [node.get("date", "")] if node.get("date") else []
        yield from (missing for path in paths if (missing := models.missing(model, path)))
    if node.tag == "label" and node.get("for") and not models.field(model, node.get("for", ""))[0]:
        yield f"{model} has no field {node.get('for')!r}"
    if node.tag == "button" and node.get("type") == "object" and node.get("name") not in models.methods(model):
        yield f"{model} gets no method {node.get('name')!r} from the addon"


def _sequences(found: Declared) -> Iterator[Finding]:
    """``next_by_code`` gives False without a sequence of that code."""
    codes = {record.text("code") for record in found.records if record.model == "ir.sequence"}
    for model in found.models:
        for node in ast.walk(model.node):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "next_by_code":
                for code in strings(node.args[0]) if node.args else ():
                    if code not in codes:
                        yield Finding(model.file, node.lineno, f"there is no sequence with the code {code!r}")
