"""Entities of requirements as Odoo models."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute

from opsroom_dagster.codegen.odoo.constraints import order_checks, sql_constraints
from opsroom_dagster.codegen.odoo.design import FieldDesign, ModelDesign, WorkflowDesign
from opsroom_dagster.codegen.odoo.fields import design_field
from opsroom_dagster.codegen.odoo.identifiers import BOOKKEEPING, class_name, one_line, snake, title, words
from opsroom_dagster.codegen.odoo.knowledge import Knowledge
from opsroom_dagster.codegen.odoo.workflow import design_workflow
from opsroom_dagster.requirements.model import ASK_BELOW, Entity, Requirements, Workflow

NUMBER_NAMES = {
    "reference",
    "number",
    "code",
    "ref",
    "sequence_number",
    "order_number",
    "ticket_number",
    "document_number",
}
TITLE_NAMES = ("title", "full_name", "label", "subject", "summary", "code", "sku")


@dataclass
class Naming:
    """Technical names of the entities that are built, and what had to be left out."""

    models: dict[str, str] = attribute(default_factory=dict[str, str])
    new: set[str] = attribute(default_factory=set[str])
    left_out: list[str] = attribute(default_factory=list[str])


def name_models(entities: Iterable[Entity], addon: str, facts: Knowledge) -> Naming:
    """Entity name → model; a stated model of Odoo's is extended, everything else is new."""
    naming, taken = Naming(), set[str]()
    for index, entity in enumerate(entities):
        stated = entity.odoo_model
        if stated and facts.module_of(stated):
            naming.models[entity.name] = stated
            continue
        stem = snake(entity.name, fallback=f"record_{index + 1}")
        model = _stated_name(stated) or f"{addon}.{stem}"
        while model in taken or facts.module_of(model):
            model = f"{model}_{index + 1}"
        taken.add(model)
        naming.models[entity.name] = model
        naming.new.add(model)
    return naming


def design_models(
    requirements: Requirements, naming: Naming, groups: Mapping[str, str], facts: Knowledge, closure: frozenset[str]
) -> tuple[ModelDesign, ...]:
    """A design for each entity that is surely meant, then what they owe one another (lines, missing links)."""
    designs = {
        entity.name: _design(entity, requirements, naming, groups, facts, closure)
        for entity in requirements.entities
        if entity.name in naming.models
    }
    _add_links(requirements, designs)
    _add_lines(requirements, designs)
    return tuple(designs.values())


def served_ids(entity: Entity, requirements: Requirements) -> tuple[str, ...]:
    """The entity's own id, then the requirements that name it."""
    naming = (
        fact.id for fact in requirements.requirements if entity.name in fact.entities and fact.confidence >= ASK_BELOW
    )
    return (entity.id, *naming)


def _stated_name(stated: str | None) -> str | None:
    parts = [snake(part, fallback="") for part in (stated or "").split(".")]
    return ".".join(parts) if len(parts) > 1 and all(parts) else None


def _design(
    entity: Entity,
    requirements: Requirements,
    naming: Naming,
    groups: Mapping[str, str],
    facts: Knowledge,
    closure: frozenset[str],
) -> ModelDesign:
    model = naming.models[entity.name]
    new = model in naming.new
    existing = (
        {} if new else facts.fields_of(model, closure | facts.depends_closure([facts.module_of(model) or "base"]))
    )
    ids = served_ids(entity, requirements)
    by_source = _fields(entity, naming, ids, existing)
    designs = {design.name: design for design in by_source.values()}
    label = title(entity.label) or class_name(entity.name, fallback="Record")
    workflow = _main_workflow(entity, requirements, groups) if new else None
    if workflow is not None:
        states = FieldDesign(
            name=workflow.field, kind="Selection", label=title(workflow.field), selection=workflow.states,
            required=True, default=repr(workflow.states[0][0]), readonly=True, copy_value=False, ids=ids,
        )  # fmt: skip
        designs[workflow.field] = states
    if any(design.kind == "Monetary" for design in designs.values()) and "currency_id" not in {*designs, *existing}:
        designs["currency_id"] = _currency(ids)
    rec_name, sequence_field = ("name", None) if not new else _record_name(designs)
    prefix = snake(model, fallback="model")
    stated = [
        constraint
        for constraint in requirements.constraints
        if constraint.entity == entity.name and constraint.confidence >= ASK_BELOW
    ]
    return ModelDesign(
        model=model,
        class_name=class_name(entity.name, fallback=class_name(model, fallback="Record")),
        module=snake(model.split(".", 1)[-1] if new else model, fallback="record"),
        label=label,
        plural=_plural(label),
        new=new,
        description=one_line(entity.description, 500) if entity.description else None,
        fields=_unique_labels(designs.values()),
        rec_name=rec_name,
        sequence_field=sequence_field,
        order=_order(designs, rec_name),
        workflow=workflow,
        sql=tuple(sql_constraints(stated, entity.fields, by_source, prefix)),
        order_checks=tuple(order_checks(stated, by_source)),
        mail=new and workflow is not None,
        ids=ids,
        parents=_parents(designs.values()),
    )


def _parents(designs: Iterable[FieldDesign]) -> tuple[str, ...]:
    links = (design for design in designs if design.kind == "Many2one" and design.own_comodel and design.required)
    return tuple(dict.fromkeys(link.comodel for link in links if link.comodel))


def _fields(
    entity: Entity, naming: Naming, ids: tuple[str, ...], existing: Mapping[str, object]
) -> dict[str, FieldDesign]:
    """Name in the requirements → design. Fields that the extended model has are used as they are."""
    found: dict[str, FieldDesign] = {}
    for index, field in enumerate(entity.fields):
        if field.confidence < ASK_BELOW or field.name in BOOKKEEPING or _is_surrogate(field.name, entity):
            continue
        design = design_field(field, naming.models, ids, fallback=f"field_{index + 1}")
        if design is None:
            naming.left_out.append(f"{title(field.label)} of {title(entity.label)}: what it refers to is not stated.")
        elif design.name not in existing and design.name not in {other.name for other in found.values()}:
            found[field.name] = design
    return found


def _is_surrogate(name: str, entity: Entity) -> bool:
    """``publication_id`` of Publication, its own key."""
    return name.endswith("_id") and words(name.removesuffix("_id")) == words(entity.name)


def _main_workflow(entity: Entity, requirements: Requirements, groups: Mapping[str, str]) -> WorkflowDesign | None:
    """The life cycle that gets buttons: of those stated, the one on ``state`` or ``status``, else the longest."""
    flows = [
        flow
        for flow in requirements.workflows
        if flow.entity == entity.name and flow.confidence >= ASK_BELOW and len(flow.states) > 1
    ]

    def rank(flow: Workflow) -> tuple[bool, int]:
        return flow.field in ("state", "status"), len(flow.states)

    return design_workflow(max(flows, key=rank), groups) if flows else None


def _record_name(designs: dict[str, FieldDesign]) -> tuple[str, str | None]:
    """(``_rec_name``, the field that a sequence fills)."""
    number = next((name for name in designs if name in NUMBER_NAMES and designs[name].kind == "Char"), None)
    sequenced = number if number and designs[number].required else None
    if sequenced:
        designs[sequenced] = designs[sequenced].model_copy(
            update={"default": "'New'", "readonly": True, "copy_value": False}
        )
    if "name" in designs and designs["name"].kind == "Char":
        designs["name"] = designs["name"].model_copy(update={"required": True})
        return "name", sequenced
    titles = [name for name in TITLE_NAMES if name in designs and designs[name].kind == "Char"]
    links = [name for name, design in designs.items() if design.kind == "Many2one" and design.required]
    texts = [name for name, design in designs.items() if design.kind == "Char" and design.required]
    chosen = next(iter([number] if number else titles or texts or links[-1:]), None)
    if chosen is None:
        rest = dict(designs)
        designs.clear()
        designs["name"] = FieldDesign(name="name", kind="Char", label="Name", required=True)
        designs.update({name: design for name, design in rest.items() if name != "name"})
        return "name", sequenced
    return chosen, sequenced


def _currency(ids: tuple[str, ...]) -> FieldDesign:
    return FieldDesign(
        name="currency_id", kind="Many2one", label="Currency", comodel="res.currency", required=True,
        default="lambda self: self.env.company.currency_id", ids=ids,
    )  # fmt: skip


def _order(designs: Mapping[str, FieldDesign], rec_name: str) -> str:
    dates = [name for name, design in designs.items() if design.kind in ("Date", "Datetime") and design.required]
    return f"{dates[0]} desc, id desc" if dates else f"{rec_name}, id" if designs[rec_name].kind == "Char" else "id"


def _unique_labels(designs: Iterable[FieldDesign]) -> tuple[FieldDesign, ...]:
    """Odoo warns of two fields with one label."""
    seen: set[str] = set()
    result: list[FieldDesign] = []
    for design in designs:
        label = design.label
        if label.lower() in seen:
            label = title(design.name)
        while label.lower() in seen:
            label = f"{label} 2"
        seen.add(label.lower())
        result.append(design.model_copy(update={"label": label}))
    return tuple(result)


def _plural(label: str) -> str:
    if label.endswith("y") and label[-2:-1].lower() not in "aeiou":
        return f"{label[:-1]}ies"
    return f"{label}es" if label.endswith(("s", "x", "ch", "sh")) else f"{label}s"


def _add_links(requirements: Requirements, designs: dict[str, ModelDesign]) -> None:
    """A stated relationship that no field carries becomes one."""
    for relation in requirements.relationships:
        if relation.confidence < ASK_BELOW or relation.source == relation.target:
            continue
        many = relation.cardinality == "n:m"
        source, target = relation.source, relation.target
        if relation.cardinality == "1:n":
            source, target = target, source
        child, parent = designs.get(source), designs.get(target)
        if child is None or parent is None or not child.new:
            continue
        linked = any(field.comodel == parent.model for field in child.fields)
        back = many and any(field.comodel == child.model for field in parent.fields)
        stem = snake(target, fallback="parent")
        name = f"{stem}_ids" if many else f"{stem}_id"
        if linked or back or child.field(name):
            continue
        link = FieldDesign(
            name=name, kind="Many2many" if many else "Many2one", label=parent.plural if many else parent.label,
            comodel=parent.model, own_comodel=parent.new, ids=child.ids[:1],
        )  # fmt: skip
        designs[source] = child.model_copy(update={"fields": _unique_labels([*child.fields, link])})


def _add_lines(requirements: Requirements, designs: dict[str, ModelDesign]) -> None:
    """Records that belong to another one are edited in its form."""
    stated = {
        (r.source, r.target) for r in requirements.relationships if r.cardinality == "1:n" and r.confidence >= ASK_BELOW
    }
    names = {design.model: name for name, design in designs.items()}
    for child_name, child in list(designs.items()):
        for link in child.fields:
            parent_name = names.get(link.comodel or "")
            if link.kind != "Many2one" or parent_name is None or parent_name == child_name or not child.new:
                continue
            parent = designs[parent_name]
            is_line = link.required and child_name.startswith(parent_name)
            name = f"{snake(child_name, fallback='line')}_ids"
            if not parent.new or parent.field(name) or not (is_line or (parent_name, child_name) in stated):
                continue
            lines = FieldDesign(
                name=name, kind="One2many", label=child.plural, comodel=child.model, inverse=link.name,
                own_comodel=True, ids=child.ids[:1],
            )  # fmt: skip
            designs[parent_name] = parent.model_copy(update={"fields": _unique_labels([*parent.fields, lines])})
