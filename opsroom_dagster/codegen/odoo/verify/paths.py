"""Fields of models as an addon sees them: its own, those it adds, and those of what it depends on."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from opsroom_dagster.codegen.odoo.knowledge import MAGIC
from opsroom_dagster.codegen.odoo.verify.declared import Declared
from opsroom_dagster.codegen.odoo.verify.syntax import expression
from opsroom_dagster.codegen.odoo.verify.tree import AddonTree

CONTEXT = {
    "uid", "context", "parent", "context_today", "time", "datetime", "relativedelta", "current_date", "today", "now",
    "active_id", "active_ids", "active_model", "allowed_company_ids", "current_company_id", "companies", "True",
    "False", "None",
}  # fmt: skip
"""Names in an expression of a view that are no field."""


@dataclass(frozen=True)
class Models:
    """Which models and fields exist for an addon."""

    addon: AddonTree
    declared: Declared

    def exists(self, model: str) -> bool:
        """It is the addon's own or belongs to what the addon depends on."""
        return model in self.declared.own or self.addon.facts.module_of(model) in self.addon.closure

    def field(self, model: str, name: str) -> tuple[bool, str | None]:
        """(the field exists, the model that it refers to)."""
        for declared in self.declared.models:
            if declared.name == model and name in declared.fields:
                return True, declared.fields[name].comodel
        known = dict(MAGIC)
        for source in self._sources(model):
            known |= self.addon.facts.fields_of(source, self.addon.closure)
        return (True, known[name].comodel) if name in known else (False, None)

    def methods(self, model: str) -> frozenset[str]:
        """Methods that the addon gives the model."""
        return frozenset(name for made in self.declared.models if made.name == model for name in made.methods)

    def missing(self, model: str, path: str) -> str | None:
        """The part of a dotted path that does not exist, or None."""
        for name in path.split("."):
            found, comodel = self.field(model, name)
            if not found:
                return f"{model} has no field {name!r}"
            model = comodel or ""
        return None

    def _sources(self, model: str) -> Iterator[str]:
        own = self.declared.own.get(model)
        if own is not None:
            yield from own.inherits
        else:
            yield model


def names_in(text: str) -> set[str]:
    """Names that an expression reads, without those that Odoo gives."""
    tree = expression(text)
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - CONTEXT if tree else set()


def domain_paths(domain: str) -> Iterator[str]:
    """Left sides of the terms of a domain."""
    tree = expression(domain)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Tuple | ast.List) and len(node.elts) == 3:
            left, operator, _ = node.elts
            if isinstance(left, ast.Constant) and isinstance(operator, ast.Constant) and isinstance(left.value, str):
                yield left.value


def grouped_by(context: str) -> Iterator[str]:
    """Fields that ``group_by`` in a context names."""
    tree = expression(context)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "group_by" and isinstance(value, ast.Constant):
                    yield str(value.value).partition(":")[0]
