"""What an addon declares: models with their fields and methods, external ids, views."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from opsroom_dagster.codegen.odoo.identifiers import default_label
from opsroom_dagster.codegen.odoo.verify.tree import AddonTree

if TYPE_CHECKING:
    from lxml.etree import _Element as Element  # pyright: ignore[reportPrivateUsage] - lxml has no public name

RECORD_TAGS = {"menuitem": "ir.ui.menu", "template": "ir.ui.view"}
"""Elements that make a record without saying its model."""


POSITIONS = {
    "Many2one": ("comodel_name", "string"),
    "One2many": ("comodel_name", "inverse_name", "string"),
    "Many2many": ("comodel_name", "relation", "column1", "column2", "string"),
    "Selection": ("selection", "string"),
    "Reference": ("selection", "string"),
    "Float": ("string", "digits"),
    "Monetary": ("string", "currency_field"),
}
"""Class of field → names of its first parameters, where that is not the label only."""


class DeclaredField(NamedTuple):
    """A field of a class and its arguments by name."""

    name: str
    type: str
    line: int
    arguments: Mapping[str, ast.expr]

    def constant(self, argument: str) -> object:
        """The value of a constant argument, else None."""
        value = self.arguments.get(argument)
        return value.value if isinstance(value, ast.Constant) else None

    def text(self, argument: str) -> str | None:
        """The value of an argument that is a constant string, else None."""
        value = self.constant(argument)
        return value if isinstance(value, str) else None

    @property
    def comodel(self) -> str | None:
        """The model that it refers to."""
        return self.text("comodel_name")

    @property
    def label(self) -> str:
        """As users see it."""
        return self.text("string") or default_label(self.name)

    @property
    def keys(self) -> list[str] | None:
        """Keys of a selection that is written out, else None."""
        options = self.arguments.get("selection")
        if not isinstance(options, ast.List | ast.Tuple):
            return None
        return [next(iter(strings(option)), "") for option in options.elts]


@dataclass(frozen=True)
class DeclaredModel:
    """A class of ``models/``. ``name``: the model it defines, or extends when ``new`` is False."""

    name: str
    file: str
    line: int
    new: bool
    inherits: tuple[str, ...]
    attributes: Mapping[str, ast.expr]
    fields: Mapping[str, DeclaredField]
    methods: frozenset[str]
    node: ast.ClassDef

    @property
    def abstract(self) -> bool:
        """It keeps no records."""
        return any(isinstance(base, ast.Attribute) and base.attr == "AbstractModel" for base in self.node.bases)


class DeclaredRecord(NamedTuple):
    """An XML element that makes a record."""

    file: str
    line: int
    id: str
    model: str
    node: "Element"

    def value(self, name: str) -> "Element | None":
        """The element of one of its fields."""
        return next((child for child in self.node if child.tag == "field" and child.get("name") == name), None)

    def text(self, name: str) -> str:
        """The text of one of its fields; empty without it."""
        found = self.value(name)
        return (found.text or "").strip() if found is not None else ""


@dataclass(frozen=True)
class Declared:
    """Everything that the addon declares."""

    models: tuple[DeclaredModel, ...]
    records: tuple[DeclaredRecord, ...]
    own: Mapping[str, DeclaredModel] = field(default_factory=dict[str, DeclaredModel])
    """Models that the addon defines, by name."""

    def views(self) -> Iterator[tuple[DeclaredRecord, "Element"]]:
        """Each view with the root of its architecture; one that inherits may have several."""
        for record in self.records:
            arch = record.value("arch") if record.model == "ir.ui.view" else None
            for root in arch if arch is not None else ():
                yield record, root


def declared(addon: AddonTree) -> Declared:
    """Read the addon's models and records."""
    models = tuple(model for path, module in addon.python.items() for model in _models(path, module))
    records = tuple(record for name in addon.data_files if name in addon.xml for record in _records(name, addon.xml))
    return Declared(models, records, {model.name: model for model in models if model.new})


def _models(path: str, module: ast.Module) -> Iterator[DeclaredModel]:
    for node in module.body:
        if not isinstance(node, ast.ClassDef) or path.startswith("tests/"):
            continue
        attributes = {
            statement.targets[0].id: statement.value
            for statement in node.body
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
        }
        name, inherits = strings(attributes.get("_name")), strings(attributes.get("_inherit"))
        if name or inherits:
            yield DeclaredModel(
                name=(name or inherits)[0],
                file=path,
                line=node.lineno,
                new=bool(name) and name[0] not in inherits,
                inherits=tuple(inherits),
                attributes=attributes,
                fields={key: made for key, value in attributes.items() if (made := _field(key, value))},
                methods=frozenset(item.name for item in node.body if isinstance(item, ast.FunctionDef)),
                node=node,
            )


def _field(name: str, value: ast.expr) -> DeclaredField | None:
    """``fields.<Type>(…)``"""
    if (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and isinstance(value.func.value, ast.Name)
        and value.func.value.id == "fields"
    ):
        kind = value.func.attr
        arguments = dict(zip(POSITIONS.get(kind, ("string",)), value.args, strict=False))
        arguments |= {keyword.arg: keyword.value for keyword in value.keywords if keyword.arg}
        return DeclaredField(name, kind, value.lineno, arguments)
    return None


def _records(file: str, documents: "Mapping[str, Element]") -> Iterator[DeclaredRecord]:
    for node in documents[file].iter():
        model = node.get("model", "") if node.tag == "record" else RECORD_TAGS.get(str(node.tag))
        if model is not None:
            yield DeclaredRecord(file, node.sourceline or 0, node.get("id", ""), model, node)


def strings(value: ast.expr | None) -> list[str]:
    """The constant strings of an expression: one, or those of a list or tuple."""
    items = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
    return [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
