"""Which fields and filters a model's views show."""

from collections.abc import Mapping
from typing import Any

from opsroom_dagster.codegen.odoo.design import AddonDesign, FieldDesign, ModelDesign
from opsroom_dagster.codegen.odoo.knowledge import Knowledge

NOT_IN_LISTS = {"Text", "Binary", "Image", "One2many"}
LINE_COLUMNS = 7
ARCHIVE = "active"
"""The field by which Odoo hides records; it has a ribbon and a filter, no place among the others."""


def view_context(model: ModelDesign, addon: AddonDesign) -> dict[str, Any]:
    """What ``views.xml.j2`` needs for one new model."""
    flow = model.workflow.field if model.workflow else None
    title_field = model.field(model.rec_name)
    shown = [field for field in model.fields if field.name not in (model.rec_name, flow, ARCHIVE)]
    listed = [field for field in shown if field.kind not in NOT_IN_LISTS and field.name != "currency_id"]
    image = next((field for field in shown if field.kind == "Image"), None)
    in_groups = [field for field in shown if field.kind not in ("Text", "One2many") and field is not image]
    half = (len(in_groups) + 1) // 2
    pages = [field for field in shown if field.kind in ("Text", "One2many")]
    lines = {page.name: _line_fields(page, addon) for page in pages if page.kind == "One2many"}
    return {
        "title_field": title_field,
        "image_field": image,
        "archivable": model.field(ARCHIVE) is not None,
        "list_fields": [field for field in [title_field, *listed] if field],
        "has_money": any(field.kind == "Monetary" for field in listed),
        "form_columns": [in_groups[:half], in_groups[half:]],
        "pages": sorted(pages, key=lambda page: page.kind != "One2many"),
        "line_fields": lines,
        "line_money": {name: any(f.kind == "Monetary" for f in fields) for name, fields in lines.items()},
        "search_fields": _search_fields(model),
        "search_filters": _filters(model),
        "group_fields": _group_fields(model),
    }


def extension_context(model: ModelDesign, facts: Knowledge) -> dict[str, Any]:
    """What ``extension_views.xml.j2`` needs for a model of another module."""
    form, listing = facts.main_view(model.model, "form"), facts.main_view(model.model, "list")
    shown = [field for field in model.fields if field.kind not in ("One2many", "Binary")]
    listed = [field for field in shown if field.kind not in (*NOT_IN_LISTS, "Monetary")]
    anchors = [
        (kind, view) for kind, view, fields in (("form", form, shown), ("list", listing, listed)) if view and fields
    ]
    return {
        "anchors": anchors,
        "form_anchor": "//sheet" if form and facts.has_sheet(form) else "/form",
        "shown_fields": shown,
        "listed_fields": listed,
    }


def line_parents(addon: AddonDesign) -> Mapping[str, frozenset[str]]:
    """Line model → the models whose records own its records, so that they go together."""
    owners: dict[str, set[str]] = {}
    for model in addon.new_models:
        for field in model.fields:
            if field.kind == "One2many" and field.comodel:
                owners.setdefault(field.comodel, set()).add(model.model)
    return {name: frozenset(models) for name, models in owners.items()}


def _line_fields(page: FieldDesign, addon: AddonDesign) -> list[FieldDesign]:
    child = addon.model(page.comodel or "")
    if child is None:
        return []
    hidden = {page.inverse, "currency_id", child.workflow.field if child.workflow else None}
    usable = [field for field in child.fields if field.kind not in NOT_IN_LISTS and field.name not in hidden]
    needed = [field for field in usable if field.required]
    return [field for field in usable if field in needed or usable.index(field) < LINE_COLUMNS]


def _search_fields(model: ModelDesign) -> list[FieldDesign]:
    texts = [f for f in model.fields if f.kind == "Char" and (f.required or f.name == model.rec_name)]
    links = [f for f in model.fields if f.kind in ("Many2one", "Many2many") and f.name != "currency_id"]
    return [*texts, *(link for link in links if link not in texts)][:8]


def _filters(model: ModelDesign) -> list[list[dict[str, str]]]:
    """Filters in groups: those of a group widen, groups narrow."""
    mine = [
        {"name": f"my_{f.name}", "label": f"Mine as {f.label}", "domain": f"[('{f.name}', '=', uid)]"}
        for f in model.fields
        if f.kind == "Many2one" and f.comodel == "res.users"
    ]
    flow = model.workflow
    states = [
        {"name": f"{flow.field}_{key}", "label": label, "domain": f"[('{flow.field}', '=', '{key}')]"}
        for key, label in (flow.states if flow else ())
        if flow
    ]
    flags = [
        {"name": f.name, "label": f.label, "domain": f"[('{f.name}', '=', True)]"}
        for f in model.fields
        if f.kind == "Boolean" and f.name != ARCHIVE
    ]
    return [group for group in (mine, states, flags) if group]


def _group_fields(model: ModelDesign) -> list[FieldDesign]:
    kinds = ("Selection", "Many2one", "Date", "Datetime")
    return [field for field in model.fields if field.kind in kinds and field.name != "currency_id"][:8]
