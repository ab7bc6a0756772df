"""What Odoo Community defines in a series: modules, models, fields, external ids and widgets.

The data is made by ``scripts/odoo_knowledge.py`` from an Odoo installation.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

from opsroom_dagster.codegen.odoo.identifiers import default_label
from opsroom_dagster.errors import InputError

DATA = Path(__file__).parent / "knowledge_data"


class FieldFact(NamedTuple):
    """A field of a core model and the module that adds it."""

    type: str
    comodel: str | None
    module: str


MAGIC = {
    "id": FieldFact("Integer", None, "base"),
    "display_name": FieldFact("Char", None, "base"),
    "create_uid": FieldFact("Many2one", "res.users", "base"),
    "create_date": FieldFact("Datetime", None, "base"),
    "write_uid": FieldFact("Many2one", "res.users", "base"),
    "write_date": FieldFact("Datetime", None, "base"),
}
"""Fields that every model has."""


@dataclass(frozen=True)
class Knowledge:
    """Facts about one series."""

    data: Mapping[str, Any]

    def module_of(self, model: str) -> str | None:
        """The module that defines a model; None: it is not in Odoo Community."""
        entry = self.data["models"].get(model)
        return entry["module"] if entry else None

    def fields_of(self, model: str, modules: Iterable[str] | None = None) -> dict[str, FieldFact]:
        """All fields, inherited ones included; only those that ``modules`` (None: all) bring."""
        wanted = None if modules is None else frozenset(modules)
        return {name: fact for name, fact in self._all_fields(model).items() if wanted is None or fact.module in wanted}

    def models(self) -> Iterable[str]:
        """Names of all models of Odoo Community."""
        return self.data["models"]

    def keeps_records(self, model: str) -> bool:
        """It is in Odoo Community and has a table of lasting records: neither abstract nor a wizard."""
        entry = self.data["models"].get(model)
        return bool(entry) and entry["kind"] == "Model"

    def ancestry(self, model: str) -> list[str]:
        """The model if it is in Odoo Community, then what it inherits from, nearest first."""
        found, waiting = list[str](), [model]
        while waiting:
            name = waiting.pop(0)
            if name in self.data["models"] and name not in found:
                found.append(name)
                waiting += self.data["models"][name]["inherits"]
        return found

    def is_kind_of(self, model: str, ancestor: str) -> bool:
        """The model is the other one or inherits from it."""
        return ancestor in self.ancestry(model)

    def parameters_of(self, kind: str) -> frozenset[str]:
        """What a class of fields takes; empty: there is no such class."""
        return frozenset(self.data["parameters"].get(kind, ()))

    def bring(self, modules: Iterable[str], section: str, name: str) -> bool:
        """One of the modules, or the web client, gives views that name.

        Args:
            modules: names of modules.
            section: ``field_widgets``, ``view_widgets`` or ``view_classes``.
            name: of the widget or ``js_class``.
        """
        return not {"web", *modules}.isdisjoint(self.data[section].get(name, ()))

    def labels_of(self, model: str) -> frozenset[str]:
        """Labels of all fields, lower case. Odoo warns when two fields of a model share one."""
        labels = {"id", "display name", "created by", "created on", "last updated by", "last updated on"}
        for name in self.ancestry(model):
            stated = self.data["models"][name]["labels"]
            for field in self.data["models"][name]["fields"]:
                labels.add(stated.get(field, default_label(field)).lower())
        return frozenset(labels)

    def is_module(self, name: str) -> bool:
        """It is a module of Odoo Community."""
        return name in self.data["modules"]

    def depends_closure(self, modules: Iterable[str]) -> frozenset[str]:
        """The modules and all that they depend on; ``base`` is always among them."""
        closure, waiting = {"base"}, list(modules)
        while waiting:
            module = waiting.pop()
            if module not in closure:
                closure.add(module)
                waiting += self.data["modules"].get(module, [])
        return frozenset(closure)

    def module_of_xml_id(self, xml_id: str) -> str | None:
        """The module of a known group, menu, category or primary view; None: unknown."""
        return xml_id.partition(".")[0] if xml_id in self._xml_ids else None

    def model_of_xml_id(self, xml_id: str) -> str | None:
        """The model of a known record; empty: a method makes it; None: unknown."""
        return self._xml_ids.get(xml_id)

    def main_view(self, model: str, kind: str) -> str | None:
        """External id of the primary view that Odoo chooses, if it is of the model's own module."""
        module = self.module_of(model)
        views = self.data["views"].get(model, {}).get(kind, [])
        return next((view for view in views if view.startswith(f"{module}.")), None)

    def has_sheet(self, view: str) -> bool:
        """The form has a sheet directly below its root."""
        return view in self.data["sheets"]

    @cached_property
    def _xml_ids(self) -> dict[str, str]:
        views = {view: "ir.ui.view" for kinds in self.data["views"].values() for ids in kinds.values() for view in ids}
        return {**views, **self.data["external_ids"]}

    def _all_fields(self, model: str) -> dict[str, FieldFact]:
        fields = dict(MAGIC)
        for name in self.ancestry(model):
            for field, (kind, comodel, module) in self.data["models"][name]["fields"].items():
                nearer = fields.setdefault(field, FieldFact(kind, comodel, module))
                if nearer.comodel is None and comodel:  # the nearer definition only changes this one
                    fields[field] = nearer._replace(comodel=comodel)
        return fields


@cache
def knowledge(series: str) -> Knowledge:
    """The facts of a series.

    Raises:
        InputError: the series is not known; the message lists those that are.
    """
    path = DATA / f"{series}.json"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in DATA.glob("*.json")))
        raise InputError(f"Odoo series {series!r} is not known.", remedy=f"Known series: {known}.")
    return Knowledge(json.loads(path.read_text(encoding="utf-8")))
