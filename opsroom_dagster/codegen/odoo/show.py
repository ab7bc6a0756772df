"""An addon's design as a Markdown page for people."""

from collections.abc import Iterable, Sequence

from opsroom_dagster.codegen.odoo.design import AddonDesign, FieldDesign, ModelDesign, TransitionDesign
from opsroom_dagster.diagrams import layered_svg, picture
from opsroom_dagster.specs.text import cell
from opsroom_dagster.specs.writing.lines import page, section, table

RIGHTS = ("read", "write", "create", "unlink")
EVERYTHING, BAR = "[(1, '=', 1)]", "\\|"


def addon_page(addon: AddonDesign, files: Iterable[tuple[str, int]]) -> str:
    """Models with their fields, states, access, what was left out, and the files with their sizes in bytes."""
    models = [(_name(model), cell(model.label), str(len(model.fields))) for model in addon.models]
    return page(
        [
            f"**{addon.technical_name}** for Odoo {addon.series}: **{len(addon.models)}** models, "
            f"**{sum(len(model.fields) for model in addon.models)}** fields, **{len(addon.groups)}** groups. "
            f"Depends on {', '.join(addon.depends)}."
        ],
        section("## Models", table(["model", "label", "fields"], models) if models else []),
        section("## Fields", [line for model in addon.models for line in _fields(model)]),
        section("## States", [line for model in addon.models for line in _states(model, addon)]),
        section("## Access", _access(addon)),
        section("## Not generated", [f"- {cell(sentence)}" for sentence in addon.not_generated]),
        section("## Files", table(["file", "bytes"], ((f"`{name}`", f"{size:,}") for name, size in files))),
    )


def _name(model: ModelDesign) -> str:
    return f"`{model.model}`" + ("" if model.new else " (extended)")


def _fields(model: ModelDesign) -> list[str]:
    serves = ["Serves " + cell(", ".join(model.ids)), ""] if model.ids else []
    header = ["field", "type", "label", "required"]
    return [f"### {_name(model)}", "", *serves, *table(header, map(_field, model.fields)), ""]


def _field(field: FieldDesign) -> Sequence[str]:
    kind = field.kind + (f" → `{field.comodel}`" if field.comodel else "")
    if field.selection:
        kind += f": {cell(', '.join(key for key, _ in field.selection))}"
    return f"`{field.name}`", kind, cell(field.label), "yes" if field.required else ""


def _states(model: ModelDesign, addon: AddonDesign) -> list[str]:
    workflow = model.workflow
    if workflow is None:
        return []
    names = {group.id: group.name for group in addon.groups}
    edges = [
        (source, transition.target, _button(transition, groups, names))
        for transition in workflow.transitions
        for source, groups in transition.moves
    ]
    note = ["", "The documents state no move: these follow from the order of the states."] if workflow.assumed else []
    svg = layered_svg(workflow.states, edges)
    return [f"### `{model.model}.{workflow.field}`", "", picture("The states and their buttons", svg), *note, ""]


def _button(transition: TransitionDesign, groups: Sequence[str], names: dict[str, str]) -> str:
    return transition.label + (f" ({', '.join(names.get(group, group) for group in groups)})" if groups else "")


def _access(addon: AddonDesign) -> list[str]:
    """Rights of each group on each model, then the rules that narrow them."""
    names = {group.id: group.name for group in addon.groups}
    rows = [(names.get(a.group, a.group), a.model, _rights(a.read, a.write, a.create, a.unlink)) for a in addon.access]
    for rule in addon.rules:
        group = names.get(rule.group, rule.group) if rule.group else "everybody"
        rights = _rights(rule.read, rule.write, rule.create, rule.unlink)
        rows.append((group, rule.model, f"{rights} {_records(rule.domain)}"))
    shown = ((cell(group), f"`{model}`", may) for group, model, may in rows)
    return table(["group", "model", "may"], shown) if rows else []


def _records(domain: str) -> str:
    """A bar would end the table's cell, also inside of code."""
    return "all records" if domain == EVERYTHING else f"only where `{domain.replace('|', BAR)}`"


def _rights(*granted: bool | int) -> str:
    """In the order of Odoo's access file."""
    return ", ".join(right for right, given in zip(RIGHTS, granted, strict=True) if given)
