"""Fields of models as an addon sees them: its own, those it adds, and those of what it depends on."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from opsroom_dagster.codegen.odoo.knowledge import MAGIC
from opsroom_dagster.codegen.odoo.verify.declared import Declared, DeclaredField
from opsroom_dagster.codegen.odoo.verify.external_ids import own_id
from opsroom_dagster.codegen.odoo.verify.syntax import expression
from opsroom_dagster.codegen.odoo.verify.tree import AddonTree

CONTEXT = {
    "True", "False", "None", "self", "uid", "context", "context_today", "allowed_company_ids", "current_company_id",
    "time", "datetime", "relativedelta", "current_date", "today", "now", "abs", "len", "bool", "float", "str",
    "unicode", "set", "parent",
}  # fmt: skip
"""Names in an expression of a view that are no field."""
OPERATORS = {
    "=", "!=", "<", "<=", ">", ">=", "=?", "in", "not in", "like", "not like", "ilike", "not ilike", "=like", "=ilike",
    "child_of", "parent_of", "any", "not any",
}  # fmt: skip
"""Of the terms of a domain."""


UNKNOWN = "?"
"""The model that a field refers to, where only Odoo finds it out: the end of ``related=`` in other modules."""
RELATIONAL = ("Many2one", "One2many", "Many2many")


@dataclass(frozen=True)
class Models:
    """Which models and fields exist for an addon."""

    addon: AddonTree
    declared: Declared

    def exists(self, model: str) -> bool:
        """It is the addon's own or belongs to what the addon depends on."""
        return model == UNKNOWN or model in self.declared.own or self.addon.facts.module_of(model) in self.addon.closure

    def field(self, model: str, name: str) -> tuple[bool, str | None]:
        """(the field exists, the model that it refers to)."""
        if model == UNKNOWN:
            return True, UNKNOWN
        lineage = self.lineage(model)
        stated = [made.fields[name] for made in self.declared.models if made.name in lineage and name in made.fields]
        known = dict(MAGIC)
        for source in lineage:
            known |= self.addon.facts.fields_of(source, self.addon.closure)
        kinds = [field.type for field in stated] + [fact.type for key, fact in known.items() if key == name]
        comodels = [field.comodel for field in stated] + [fact.comodel for key, fact in known.items() if key == name]
        unknown = UNKNOWN if any(kind in RELATIONAL for kind in kinds) else None
        return bool(kinds), next((comodel for comodel in comodels if comodel), unknown)

    def declared_field(self, model: str, name: str) -> DeclaredField | None:
        """The field as the addon declares it; None: another module does, or nobody."""
        found = (made.fields.get(name) for made in self.declared.models if made.name == model)
        return next((field for field in found if field), None)

    def is_kind_of(self, model: str, ancestor: str) -> bool:
        """The model is the other one or inherits from it, with what the addon adds."""
        return any(self.addon.facts.is_kind_of(name, ancestor) for name in self.lineage(model))

    def is_group(self, identifier: str) -> bool:
        """It is the id of a group, of the addon's or of what it depends on."""
        full = own_id(self.addon, identifier)
        own = {own_id(self.addon, record.id) for record in self.declared.records if record.model == "res.groups"}
        return full in own or (
            self.addon.facts.model_of_xml_id(full) == "res.groups" and full.partition(".")[0] in self.addon.closure
        )

    def methods(self, model: str) -> frozenset[str]:
        """Methods that the addon gives the model, those of its own mixins included."""
        lineage = self.lineage(model)
        return frozenset(name for made in self.declared.models if made.name in lineage for name in made.methods)

    def missing(self, model: str, path: str) -> str | None:
        """The part of a dotted path that does not exist, or None."""
        at: str | None = model
        for index, name in enumerate(path.split(".")):
            if at == UNKNOWN:
                return None
            if at is None:
                return f"{path.split('.')[index - 1]!r} in {path!r} refers to no model"
            found, comodel = self.field(at, name)
            if not found:
                return f"{at} has no field {name!r}"
            at = comodel
        return None

    def lineage(self, model: str) -> list[str]:
        """The model and all that it inherits from, with what the addon adds."""
        found, waiting = list[str](), [model]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.append(name)
                waiting += [parent for made in self.declared.models if made.name == name for parent in made.inherits]
                waiting += self.addon.facts.ancestry(name)
        return found


def names_in(text: str) -> set[str]:
    """Fields that an expression reads, by name."""
    tree = expression(text)
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - CONTEXT if tree else set()


def parent_names_in(text: str) -> set[str]:
    """Fields of the record around a list that an expression reads as ``parent.<field>``."""
    tree = expression(text)
    return {
        node.attr
        for node in ast.walk(tree or ast.Module([], []))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "parent"
    }


def domain_paths(domain: str) -> Iterator[str]:
    """Left sides of the terms of a domain."""
    for left, operator, _ in domain_terms(domain):
        if isinstance(left, ast.Constant) and isinstance(operator, ast.Constant) and isinstance(left.value, str):
            yield left.value


def domain_terms(domain: str) -> Iterator[list[ast.expr]]:
    """Terms of a domain as it is written: three expressions each."""
    tree = expression(domain)
    for node in ast.walk(tree) if tree else ():
        for item in node.elts if isinstance(node, ast.List) else ():
            if isinstance(item, ast.Tuple | ast.List) and len(item.elts) == 3:
                yield item.elts


def domain_fault(domain: str) -> str | None:
    """Why a text is no domain; None: it is one, or it is computed."""
    tree = expression(domain or "[]")
    if tree is None:
        return f"{domain!r} is no Python expression"
    if not isinstance(tree.body, ast.List):
        return None
    wanted = 0  # terms that the operators before still wait for; without any, terms are joined by "and"
    for item in tree.body.elts:
        if isinstance(item, ast.Constant):
            if item.value not in ("&", "|", "!"):
                return f"{domain!r} holds {item.value!r}, which is no operator"
            wanted = max(wanted, 1) + (item.value != "!")
        elif not isinstance(item, ast.Tuple | ast.List) or len(item.elts) != 3:
            return f"{ast.unparse(item)} in {domain!r} is no term of three parts"
        elif isinstance(item.elts[1], ast.Constant) and item.elts[1].value not in OPERATORS:
            return f"{domain!r} compares with {item.elts[1].value!r}"
        else:
            wanted = max(wanted - 1, 0)
    return f"{domain!r} lacks {wanted} terms" if wanted else None


def context_keys(context: str) -> dict[str, ast.expr]:
    """Key → value of a dictionary that is written out."""
    tree = expression(context)
    if tree is None or not isinstance(tree.body, ast.Dict):
        return {}
    pairs = zip(tree.body.keys, tree.body.values, strict=True)
    return {str(key.value): value for key, value in pairs if isinstance(key, ast.Constant)}


def grouped_by(context: str) -> Iterator[str]:
    """Fields that ``group_by`` in a context names."""
    value = context_keys(context).get("group_by")
    for item in value.elts if isinstance(value, ast.List | ast.Tuple) else [value]:
        if isinstance(item, ast.Constant):
            yield str(item.value).partition(":")[0]
