"""Names in the architecture of a view: of fields, methods, widgets and what its own nodes are called."""

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from opsroom_dagster.codegen.odoo.verify.declared import DeclaredModel, DeclaredRecord
from opsroom_dagster.codegen.odoo.verify.finding import Finding
from opsroom_dagster.codegen.odoo.verify.paths import (
    UNKNOWN,
    Models,
    context_keys,
    domain_paths,
    domain_terms,
    grouped_by,
    names_in,
    parent_names_in,
)
from opsroom_dagster.codegen.odoo.verify.syntax import expression

if TYPE_CHECKING:
    from lxml.etree import _Element as Element  # pyright: ignore[reportPrivateUsage] - lxml has no public name

VIEWS = {"activity", "calendar", "form", "graph", "kanban", "list", "pivot", "search"}
FIELD_ATTRIBUTES = (
    "default_order", "default_group_by", "date_start", "date_stop", "date_delay", "color", "all_day", "date",
)  # fmt: skip
"""Attributes of a view's root or of a filter that name fields."""


class Place(NamedTuple):
    """Where a node stands: the model of its record, and that of the record around a list in a form."""

    model: str
    parent: str | None
    inherits: bool
    """The view changes another one, so more is around it than can be seen."""


def check_view(record: DeclaredRecord, root: "Element", models: Models) -> Iterator[Finding]:
    """What a view names that does not exist in its model, or not in the view."""
    model = record.text("model")
    if not models.exists(model):
        yield Finding(record.file, record.line, f"is a view of {model}, which is not there or needs another dependency")
        return
    place = Place(model, None, record.value("inherit_id") is not None)
    yield from (Finding(record.file, line, message) for line, message in _nodes(root, place, models))


def _nodes(node: "Element", place: Place, models: Models) -> Iterator[tuple[int, str]]:
    """Names in a node, and below it."""
    if place.model == UNKNOWN:
        return
    line, name = node.sourceline or 0, node.get("name", "")
    yield from ((line, message) for message in _node(node, place, models))
    below = place
    if node.tag == "xpath":
        below = place._replace(model=_reached(node.get("expr", ""), place.model, models))
    elif node.tag in ("field", "groupby") and name:
        found, comodel = models.field(place.model, name)
        if not found:
            yield line, f"{place.model} has no field {name!r}"
            return
        below = place._replace(model=comodel or place.model, parent=place.model)
    for child in node:
        inner = below if node.tag != "field" or child.tag in VIEWS else place
        yield from _nodes(child, inner, models)


def _reached(path: str, model: str, models: Models) -> str:
    """The model of the records that an XPath leads to, through lists in the form."""
    for name in re.findall(r"field\[@name=['\"](\w+)['\"]\]/+(?:list|form|kanban)\b", path):
        model = models.field(model, name)[1] or model
    return model


def _node(node: "Element", place: Place, models: Models) -> Iterator[str]:
    yield from _expressions(node, place, models)
    model, tag = place.model, str(node.tag)
    for name in FIELD_ATTRIBUTES if tag in (*VIEWS, "filter") else ():
        paths = [part.split()[0].partition(":")[0] for part in (node.get(name) or "").split(",") if part.strip()]
        yield from (missing for path in paths if (missing := models.missing(model, path)))
    if tag == "filter":
        paths = [*domain_paths(node.get("domain") or ""), *grouped_by(node.get("context") or "")]
        yield from (missing for path in paths if (missing := models.missing(model, path)))
    wanted = node.get("for") if tag == "label" else None
    if wanted and not _in_view(node, wanted) and not (place.inherits and models.field(model, wanted)[0]):
        yield f"<label for={wanted!r}> is for nothing in the view"
    if tag == "field" and node.get("domain") is not None:
        yield from _domain(node, place, models)
    if tag == "button" and node.get("type") == "object":
        yield from _method(node.get("name", ""), model, models)
    if tag == "chatter" and not models.is_kind_of(model, "mail.thread"):
        yield f"<chatter> needs a model that inherits from mail.thread; {model} does not"
    yield from _client(node, models)


def _expressions(node: "Element", place: Place, models: Models) -> Iterator[str]:
    """Fields in Python expressions; those of hidden columns are of the record around the list."""
    names: set[str] = set()
    parents: set[str] = set()
    for attribute, value in node.attrib.items():
        name, text = str(attribute), str(value)
        if name == "column_invisible":
            yield from (f"{name}={text!r}: {found!r} has another value in each row" for found in names_in(text))
            parents |= parent_names_in(text)
        elif name in ("invisible", "readonly", "required", "context") or name.startswith("decoration-"):
            names |= names_in(text)
            parents |= parent_names_in(text)
    yield from (missing for name in sorted(names) if (missing := models.missing(place.model, name)))
    for name in sorted(parents):
        if place.parent is not None and (missing := models.missing(place.parent, name)):
            yield missing
        elif place.parent is None and not place.inherits and next(node.iterancestors("form"), None) is not None:
            yield f"parent.{name} is read outside of a list in a form"


def _domain(node: "Element", place: Place, models: Models) -> Iterator[str]:
    """A field's domain is about the model that it refers to, and reads the record's own fields."""
    text, name = node.get("domain", ""), node.get("name", "")
    _, comodel = models.field(place.model, name)
    if comodel is None:
        yield f"{name} refers to no model, so it has no domain"
        return
    yield from (missing for path in domain_paths(text) if (missing := models.missing(comodel, path)))
    read = {found for _, _, right in domain_terms(text) for found in names_in(ast.unparse(right))}
    yield from (missing for found in sorted(read) if (missing := models.missing(place.model, found)))


def _method(name: str, model: str, models: Models) -> Iterator[str]:
    method = _definition(name, models.declared.models, model)
    if name.startswith("_"):
        yield f"{name} of {model} is private, so no button can call it"
    elif name not in models.methods(model):
        yield f"{model} gets no method {name!r} from the addon"
    elif method is not None and len(method.args.args) - len(method.args.defaults) > 1:
        yield f"{name} of {model} takes arguments, which no button gives"


def _definition(name: str, declared: tuple[DeclaredModel, ...], model: str) -> ast.FunctionDef | None:
    nodes = (node for made in declared if made.name == model for node in made.node.body)
    return next((node for node in nodes if isinstance(node, ast.FunctionDef) and node.name == name), None)


def _client(node: "Element", models: Models) -> Iterator[str]:
    """What the web client must know: widgets and classes of views."""
    facts, closure = models.addon.facts, {*models.addon.closure, models.addon.name}
    widget, kind = node.get("widget"), node.get("js_class")
    if node.tag == "field" and widget and not facts.bring(closure, "field_widgets", widget.rpartition(".")[2]):
        yield f"there is no widget {widget!r} for fields in what the addon depends on"
    if node.tag == "widget" and not facts.bring(closure, "view_widgets", node.get("name", "")):
        yield f"there is no widget {node.get('name')!r} for views in what the addon depends on"
    if kind and not facts.bring(closure, "view_classes", kind):
        yield f"there is no js_class {kind!r} in what the addon depends on"


def _in_view(node: "Element", name: str) -> bool:
    """Something in the same architecture has that name or id."""
    arch = next((parent for parent in node.iterancestors("field") if parent.get("name") == "arch"), None)
    nodes = arch.iterdescendants("field", "button", "group", "page", "div", "filter") if arch is not None else ()
    return any(name in (found.get("name"), found.get("id")) for found in nodes)


def filters_of(models: Models, model: str) -> set[str]:
    """Names of filters and fields in the addon's search views of a model."""
    return {
        str(node.get("name"))
        for record, root in models.declared.views()
        if record.text("model") == model and (root.tag == "search" or record.value("inherit_id") is not None)
        for node in root.iter("filter", "field")
    }


def defaults_fault(context: str, model: str, models: Models) -> Iterator[str]:
    """What is wrong in an action's context: ``default_<field>`` and ``search_default_<filter>`` that name nothing."""
    if context and expression(context) is None:
        yield f"the context {context!r} is no Python expression"
    for key in context_keys(context):
        searched = re.fullmatch(r"search_default_(\w+)", key)
        default = re.fullmatch(r"default_(\w+)", key)
        if searched and model in models.declared.own and searched[1] not in filters_of(models, model):
            yield f"{key}: no search view of {model} has the filter {searched[1]!r}"
        elif default and not models.field(model, default[1])[0]:
            yield f"{key}: {model} has no field {default[1]!r}"
