"""Names in a model's class: of models, fields, methods, parameters and columns."""

import ast
import re
from collections.abc import Iterator

from opsroom_dagster.codegen.odoo.verify.declared import DeclaredField, DeclaredModel, strings
from opsroom_dagster.codegen.odoo.verify.finding import Finding
from opsroom_dagster.codegen.odoo.verify.paths import RELATIONAL, UNKNOWN, Models

TAKEN_AWAY = {"selection_add", "depends", "depends_context", "related_sudo"}
"""Parameters that a field class takes without keeping them."""
OF_SETTINGS = {"config_parameter", "default_model", "group", "implied_group"}
"""Parameters that fields of ``res.config.settings`` take."""
SQL_WORDS = {
    "and", "or", "not", "null", "is", "in", "between", "like", "true", "false", "check", "unique", "exclude", "using",
    "gist", "with", "where",
}  # fmt: skip
"""What stands in a constraint beside columns and functions."""


def check_model(model: DeclaredModel, models: Models) -> Iterator[Finding]:
    """What a class names that does not exist, or that Odoo refuses or warns of."""

    def wrong(message: str, line: int = model.line) -> Finding:
        return Finding(model.file, line, message)

    for name in (*model.inherits, *(() if model.new else (model.name,))):
        if not models.exists(name):
            yield wrong(f"inherits {name}, which is not there or needs another dependency")
    if model.new and not strings(model.attributes.get("_description")):
        yield wrong("has no _description")
    if model.new and models.declared.own[model.name] is not model:
        yield wrong(f"defines {model.name}, as another class does")
    for name in [*strings(model.attributes.get("_rec_name")), *_ordered(model)]:
        if not models.field(model.name, name)[0]:
            yield wrong(f"names the field {name!r}, which it does not have")
    yield from (wrong(message, line) for line, message in _labels(model, models))
    for field in model.fields.values():
        yield from (wrong(message, field.line) for message in _field(model, field, models))
    for line, decorator, paths in _decorated(model.node):
        for path in paths:
            missing = models.missing(model.name, path)
            if missing is None and "." in path and decorator != "depends":
                missing = f"api.{decorator} takes fields of the model itself, not {path!r}"
            if missing:
                yield wrong(missing, line)
    for line, message in _constraints(model, models):
        yield wrong(message, line)


def _ordered(model: DeclaredModel) -> list[str]:
    return [
        part.split()[0] for text in strings(model.attributes.get("_order")) for part in text.split(",") if part.strip()
    ]


def _labels(model: DeclaredModel, models: Models) -> Iterator[tuple[int, str]]:
    """Labels that two fields share: Odoo warns of them. Fields with the name of an inherited one replace it."""
    inherited = [parent for parent in model.inherits if parent != model.name] if model.new else [model.name]
    facts = models.addon.facts
    replaced = {name for parent in ("", *inherited) for name in facts.fields_of(parent)}
    taken = facts.labels_of("").union(*(facts.labels_of(parent) for parent in inherited))
    lineage = models.lineage(model.name)
    above = [made for made in models.declared.models if made.name in lineage and made.name != model.name]
    taken |= {field.label.lower() for made in above for field in made.fields.values() if field.name not in model.fields}
    seen: dict[str, str] = {}
    for field in model.fields.values():
        label = field.label.lower()
        if field.name not in replaced and (label in taken or label in seen):
            yield field.line, f"{field.name} has the label {field.label!r} of {seen.get(label, 'an inherited field')}"
        seen.setdefault(label, field.name)


def _field(model: DeclaredModel, field: DeclaredField, models: Models) -> Iterator[str]:
    yield from _parameters(model, field, models)
    yield from _relation(model, field, models)
    name = field.name
    if field.type == "Monetary":
        currency = field.text("currency_field") or "currency_id"
        if models.field(model.name, currency) not in ((True, "res.currency"), (True, UNKNOWN)):
            yield f"{name}: {currency} is no currency of {model.name}"
    if field.type == "Selection" and field.keys is not None:
        default = field.text("default")
        if default is not None and default not in field.keys:
            yield f"{name}: the default {default!r} is none of {', '.join(field.keys)}"
        for key in sorted({key for key in field.keys if field.keys.count(key) > 1}):
            yield f"{name}: the value {key!r} stands there twice"
    for keyword in ("compute", "inverse", "search"):
        method = field.text(keyword)
        if method is not None and method not in models.methods(model.name):
            yield f"{name}: {keyword}={method!r} is no method of the class"
    compute = next((node for node in model.node.body if _is_method(node, field.text("compute"))), None)
    if compute is not None and not _assigns(compute, name):
        yield f"{name}: {field.text('compute')} does not assign it"
    related = field.text("related")
    if related is not None and (missing := models.missing(model.name, related)):
        yield f"{name}: {missing}"


def _parameters(model: DeclaredModel, field: DeclaredField, models: Models) -> Iterator[str]:
    facts = models.addon.facts
    known = facts.parameters_of(field.type)
    if not known:
        yield f"{field.name}: fields.{field.type} is no class of fields"
        return
    settings = OF_SETTINGS if models.is_kind_of(model.name, "res.config.settings") else set[str]()
    for parameter in sorted(set(field.arguments) - known - TAKEN_AWAY - settings):
        if parameter != "tracking":
            yield f"{field.name}: {parameter!r} is no parameter of fields.{field.type}"
        elif model.new and not model.abstract and not models.is_kind_of(model.name, "mail.thread"):
            yield f"{field.name}: 'tracking' needs a model that inherits from mail.thread"
    for group in (field.text("groups") or "").split(","):
        if group.strip() and not models.is_group(group.strip().removeprefix("!")):
            yield f"{field.name}: the group {group.strip()} does not exist"


def _relation(model: DeclaredModel, field: DeclaredField, models: Models) -> Iterator[str]:
    if field.type not in RELATIONAL or "related" in field.arguments:
        return
    name = field.name
    comodel = field.comodel or _inherited_comodel(model, field, models)
    if comodel is None or not models.exists(comodel):
        yield f"{name} refers to {comodel}, which is not there or needs another dependency"
    elif field.type == "One2many" and not model.abstract and not {"compute", "search"} & set(field.arguments):
        inverse = field.text("inverse_name")
        if field.comodel and not _leads_back(comodel, inverse or "", model, models):
            yield f"{name}: {comodel}.{inverse} does not lead back to {model.name}"
    if field.type == "Many2one" and field.constant("required") is True and field.text("ondelete") == "set null":
        yield f"{name}: is required, so ondelete cannot be 'set null'"


def _inherited_comodel(model: DeclaredModel, field: DeclaredField, models: Models) -> str | None:
    """That of the field which this one only changes."""
    parents = model.inherits if model.new else (model.name,)
    found = (models.field(parent, field.name)[1] for parent in parents)
    return next((comodel for comodel in found if comodel), None)


def _leads_back(comodel: str, inverse: str, model: DeclaredModel, models: Models) -> bool:
    found, back = models.field(comodel, inverse)
    number = found and back is None and inverse in ("res_id", "id")  # of records of any model
    return number or (found and back in (model.name, *model.inherits, UNKNOWN))


def _is_method(node: ast.stmt, name: str | None) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name == name


def _assigns(method: ast.stmt, field: str) -> bool:
    """It sets ``record.field``, or something that may be it: by a key, in ``write``, or in another method."""
    for node in ast.walk(method):
        if isinstance(node, ast.Attribute) and node.attr == field and isinstance(node.ctx, ast.Store):
            return True
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            hands_on = node.func.attr.startswith(("_", "write", "update")) or isinstance(node.func.value, ast.Call)
            if hands_on:
                return True
    return False


def _decorated(node: ast.ClassDef) -> Iterator[tuple[int, str, list[str]]]:
    """(line, decorator, fields) of ``@api.depends`` and its like."""
    for method in node.body:
        for decorator in method.decorator_list if isinstance(method, ast.FunctionDef) else ():
            if (
                isinstance(decorator, ast.Call)
                and isinstance(decorator.func, ast.Attribute)
                and decorator.func.attr in ("constrains", "depends", "onchange")
            ):
                paths = [name for argument in decorator.args for name in strings(argument)]
                yield decorator.lineno, decorator.func.attr, paths


def _constraints(model: DeclaredModel, models: Models) -> Iterator[tuple[int, str]]:
    """Faults of ``_sql_constraints``: Odoo logs an error for those, and goes on without the constraint."""
    stated = model.attributes.get("_sql_constraints")
    for item in stated.elts if isinstance(stated, ast.List | ast.Tuple) else ():
        parts = item.elts if isinstance(item, ast.Tuple | ast.List) else []
        definition = next(iter(strings(parts[1])), None) if len(parts) == 3 else ""
        if definition is None or (parts and not definition):
            continue  # put together by code, or taking one away
        if not _is_sql(definition):
            yield item.lineno, f"{definition!r} is no constraint of SQL"
            continue
        plain = re.sub(r"'[^']*'", "", definition)
        for word in re.findall(r"\b[A-Za-z_]\w*\b(?!\s*\()", plain):
            if word.lower() not in SQL_WORDS and not models.field(model.name, word)[0]:
                yield item.lineno, f"an SQL constraint names the column {word!r}, which it does not have"


def _is_sql(definition: str) -> bool:
    import sqlglot
    from sqlglot.errors import SqlglotError

    if not re.match(r"\s*(check|unique|exclude|foreign key)\b", definition, re.IGNORECASE):
        return False
    try:
        sqlglot.parse_one(f"CREATE TABLE t (c int, CONSTRAINT n {definition})", read="postgres")
    except SqlglotError:
        return False
    return True
