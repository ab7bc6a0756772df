"""Entities of requirements as Odoo models."""

from collections.abc import Iterable, Mapping

from opsroom_dagster.codegen.odoo.constraints import order_checks, sql_constraints, without_forbidden_defaults
from opsroom_dagster.codegen.odoo.design import FieldDesign, ModelDesign, WorkflowDesign
from opsroom_dagster.codegen.odoo.fields import DEFAULTS, design_field
from opsroom_dagster.codegen.odoo.identifiers import (
    BOOKKEEPING,
    CREDENTIALS,
    one_line,
    plural,
    requirement_id,
    title,
    unique_labels,
    unused,
    words,
)
from opsroom_dagster.codegen.odoo.knowledge import Knowledge
from opsroom_dagster.codegen.odoo.links import add_lines, add_links, break_circles, with_relations
from opsroom_dagster.codegen.odoo.naming import Naming
from opsroom_dagster.codegen.odoo.record_names import record_name
from opsroom_dagster.codegen.odoo.workflow import design_workflow
from opsroom_dagster.requirements.model import ASK_BELOW, Entity, Field, Requirements, Workflow


def design_models(
    requirements: Requirements, naming: Naming, groups: Mapping[str, str], closure: frozenset[str]
) -> tuple[ModelDesign, ...]:
    """A design for each model, then what they owe one another (lines, missing links).

    Args:
        requirements: as extracted.
        naming: names of the entities that are built; what is left out is added to it.
        groups: role → local id of its group.
        closure: modules whose fields are there already.
    """
    designs: dict[str, ModelDesign] = {}
    for entity in _united(requirements.entities, naming):
        designs[entity.name] = _design(entity, requirements, naming, groups, closure)
    add_links(requirements, designs)
    add_lines(requirements, designs)
    break_circles(designs, naming.left_out)
    labelled: dict[str, ModelDesign] = {}
    for design in sorted(designs.values(), key=lambda design: len(naming.facts.ancestry(design.model))):
        labelled[design.model] = _labelled(design, naming.facts, labelled)
    return tuple(with_relations(labelled[design.model]) for design in designs.values())


def _united(entities: Iterable[Entity], naming: Naming) -> list[Entity]:
    """Entities that are built; those that extend one model become one."""
    by_model: dict[str, Entity] = {}
    for entity in entities:
        model = naming.models.get(entity.name)
        if model is None:
            continue
        first = by_model.setdefault(model, entity)
        if first is not entity:
            by_model[model] = first.model_copy(update={"fields": (*first.fields, *entity.fields)})
    return list(by_model.values())


def _labelled(design: ModelDesign, facts: Knowledge, labelled: Mapping[str, ModelDesign]) -> ModelDesign:
    """Labels that no other field of the model has, inherited ones included; ancestors are ``labelled`` already."""
    inherited = ["mail.thread", "mail.activity.mixin"] if design.mail else [] if design.new else [design.model]
    taken = facts.labels_of("").union(*(facts.labels_of(model) for model in inherited))
    above = [labelled[model] for model in facts.ancestry(design.model) if model in labelled]
    taken |= {field.label.lower() for parent in above for field in parent.fields if not design.field(field.name)}
    labels = unique_labels(((field.name, field.label) for field in design.fields), design.label, taken)
    fields = [field.model_copy(update={"label": label}) for field, label in zip(design.fields, labels, strict=True)]
    return design.model_copy(update={"fields": tuple(fields)})


def served_ids(entity: Entity, requirements: Requirements) -> tuple[str, ...]:
    """The entity's own id, then the requirements that name it."""
    naming = (
        fact.id for fact in requirements.requirements if entity.name in fact.entities and fact.confidence >= ASK_BELOW
    )
    return tuple(requirement_id(identifier) for identifier in (entity.id, *naming))


def _design(
    entity: Entity,
    requirements: Requirements,
    naming: Naming,
    groups: Mapping[str, str],
    closure: frozenset[str],
) -> ModelDesign:
    model, facts = naming.models[entity.name], naming.facts
    new = model in naming.new
    brought = closure | facts.depends_closure([facts.module_of(model) or "base"])
    existing = {} if new else facts.fields_of(model, brought)
    ids = served_ids(entity, requirements)
    by_source = _fields(entity, naming, ids, existing)
    designs = {design.name: design for design in by_source.values()}
    label = _label(entity) or title(naming.classes[model])
    workflow = _main_workflow(entity, requirements, groups, designs) if new else None
    if workflow is not None:
        states = FieldDesign(
            name=workflow.field, kind="Selection", label=title(workflow.field), selection=workflow.states,
            required=True, default=repr(workflow.states[0][0]), readonly=True, copy_value=False, ids=ids,
        )  # fmt: skip
        designs[workflow.field] = states
    if any(design.kind == "Monetary" for design in designs.values()) and "currency_id" not in existing:
        _add_currency(designs, ids)
    by_source = {name: design for name, design in by_source.items() if design.name in designs}
    rec_name, sequence_field = record_name(designs, numbered=workflow is not None) if new else ("name", None)
    stated = [
        constraint
        for constraint in requirements.constraints
        if constraint.entity == entity.name and constraint.confidence >= ASK_BELOW
    ]
    sql = tuple(sql_constraints(stated, entity.fields, by_source, workflow.field if workflow else None))
    designs |= without_forbidden_defaults(designs, sql, sequence_field)
    return ModelDesign(
        model=model,
        class_name=naming.classes[model],
        module=naming.modules[model],
        label=label,
        plural=plural(label),
        new=new,
        description=one_line(entity.description, 500) if entity.description else None,
        fields=tuple(designs.values()),
        rec_name=rec_name,
        sequence_field=sequence_field,
        order=_order(designs, rec_name) if new else "id",
        workflow=workflow,
        sql=sql,
        order_checks=tuple(order_checks(stated, by_source)),
        mail=workflow is not None,
        ids=ids,
    )


def _label(entity: Entity) -> str:
    """The label of one record: a heading such as "Categories" names many of them."""
    label = title(entity.label)
    one = title(entity.name)
    return one if label != one and label in (plural(one), one.replace(" ", "")) else label


def _fields(
    entity: Entity, naming: Naming, ids: tuple[str, ...], existing: Mapping[str, object]
) -> dict[str, FieldDesign]:
    """Name in the requirements → design. Fields that the extended model has are used as they are."""
    found: dict[str, FieldDesign] = {}
    extends = naming.models[entity.name] not in naming.new
    for index, field in enumerate(entity.fields):
        place = f"{title(field.label) or field.name} of {title(entity.label)}"
        if field.confidence < ASK_BELOW or field.name in BOOKKEEPING or _is_surrogate(field, entity):
            continue
        if field.name in CREDENTIALS:
            naming.left_out.append(f"{place}: Odoo keeps the passwords of its users itself.")
            continue
        design = design_field(field, naming.resolve, ids, fallback=f"field_{index + 1}")
        if design is None:
            naming.left_out.append(f"{place}: what it refers to is not stated, or is not in Odoo Community.")
            continue
        if design.name in existing:
            continue
        if extends and design.required:
            # Records of the model that are there already, or that other modules make, have no value for it.
            design = design.model_copy(update={"required": False})
            naming.left_out.append(f"{place}: not required by the database, because Odoo's own records lack it.")
        if field.type == "selection" and not field.values:
            naming.left_out.append(f"{place}: its values are not stated, so it is free text.")
        taken = {other.name: (other.kind, other.comodel) for other in found.values()}
        if field.name not in found and taken.get(design.name) != (design.kind, design.comodel):
            found[field.name] = design.model_copy(update={"name": unused(design.name, taken)})
    return found


def _is_surrogate(field: Field, entity: Entity) -> bool:
    """The document's own key, such as ``publication_id`` of Publication; Odoo gives every record one."""
    stem = "".join(words(field.name.removesuffix("_id")))
    endings = ("".join(words(entity.name)[start:]) for start in range(len(words(entity.name))))
    own = field.name.endswith("_id") and stem in endings
    return own and field.type in ("uuid", "integer", "string", "reference")


def _main_workflow(
    entity: Entity, requirements: Requirements, groups: Mapping[str, str], designs: dict[str, FieldDesign]
) -> WorkflowDesign | None:
    """The life cycle that gets buttons: of those stated, the one on ``state`` or ``status``, else the longest."""
    flows = [
        flow
        for flow in requirements.workflows
        if flow.entity == entity.name and flow.confidence >= ASK_BELOW and len(flow.states) > 1
    ]

    def rank(flow: Workflow) -> tuple[bool, int]:
        return flow.field in ("state", "status"), len(flow.states)

    if not flows:
        return None
    approvers = [
        groups[role.name]
        for role in requirements.roles
        if role.name in groups
        and any(p.entity in (entity.name, "*") and "approve" in p.actions for p in role.permissions)
    ]
    return design_workflow(max(flows, key=rank), groups, approvers, designs)


def _add_currency(designs: dict[str, FieldDesign], ids: tuple[str, ...]) -> None:
    """Amounts need ``currency_id``, which takes the place of a currency that the document states as text."""
    for name in ("currency", "currency_code", "currency_value"):
        if name in designs and designs[name].kind in ("Char", "Selection"):
            del designs[name]
    designs.setdefault(
        "currency_id",
        FieldDesign(name="currency_id", kind="Many2one", label="Currency", comodel="res.currency", required=True,
                    default=DEFAULTS["currency_id"], ids=ids),
    )  # fmt: skip


def _order(designs: Mapping[str, FieldDesign], rec_name: str) -> str:
    dates = [name for name, design in designs.items() if design.kind in ("Date", "Datetime") and design.required]
    return f"{dates[0]} desc, id desc" if dates else f"{rec_name}, id" if designs[rec_name].kind == "Char" else "id"
