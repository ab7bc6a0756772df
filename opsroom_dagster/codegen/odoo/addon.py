"""Requirements → the design of one addon. Pure: the same requirements give the same design."""

import re
from collections.abc import Iterable

from opsroom_dagster.codegen.odoo.design import AccessDesign, AddonDesign, FieldDesign, ModelDesign
from opsroom_dagster.codegen.odoo.identifiers import one_line, title, words
from opsroom_dagster.codegen.odoo.knowledge import Knowledge, knowledge
from opsroom_dagster.codegen.odoo.models import design_models
from opsroom_dagster.codegen.odoo.naming import Naming, name_models, technical_name
from opsroom_dagster.codegen.odoo.security import (
    MANAGER,
    USER,
    design_access,
    design_groups,
    design_rules,
    role_groups,
)
from opsroom_dagster.requirements.model import ASK_BELOW, Entity, Requirements


def design_addon(requirements: Requirements, *, slug: str, series: str, author: str) -> AddonDesign:
    """What the addon of a project holds.

    Raises:
        InputError: the series is not known.
    """
    facts = knowledge(series)
    name = technical_name(slug, facts)
    entities = buildable_entities(requirements)
    naming = name_models(requirements, entities, name, facts)
    models = design_models(requirements, naming, role_groups(requirements.roles), frozenset())
    closure = facts.depends_closure(_depends(models, facts))
    # Fields that a dependency brings are used, not defined again; the second pass knows all dependencies.
    naming.left_out.clear()
    models = design_models(requirements, naming, role_groups(requirements.roles), closure)
    depends = _depends(models, facts)
    access = design_access(requirements.roles, models, naming.models)
    return AddonDesign(
        technical_name=name,
        title=_title(requirements.title) or title(slug.replace("-", " ")),
        summary=_summary(models),
        series=series,
        author=author,
        depends=depends,
        models=models,
        groups=design_groups(requirements.roles),
        manager_group=MANAGER,
        user_group=USER,
        access=access,
        rules=design_rules(requirements.roles, models, naming.models),
        not_generated=_not_generated(requirements, naming, models, access),
    )


def _title(stated: str) -> str:
    """The documents' title as the name of an application: without what stands in brackets behind it."""
    line = one_line(stated, 80)
    return re.sub(r"\s*[(\[].*$", "", line) or line


def buildable_entities(requirements: Requirements) -> list[Entity]:
    """Those believed enough to build, with something to keep."""
    flows = {flow.entity for flow in requirements.workflows}
    related = {name for relation in requirements.relationships for name in (relation.source, relation.target)}
    return [
        entity
        for entity in requirements.entities
        if entity.confidence >= ASK_BELOW and (entity.fields or entity.name in flows or entity.name in related)
    ]


def _depends(models: Iterable[ModelDesign], facts: Knowledge) -> tuple[str, ...]:
    """Modules that own what is referred to, without those that another one brings."""
    needed = {"base"}
    for model in models:
        needed |= {"mail"} if model.mail else set()
        needed |= {facts.module_of(model.model) or "base"} if not model.new else set()
        needed |= {_owner(field, facts) for field in model.fields}
    brought = {other for module in needed for other in facts.depends_closure([module]) - {module}}
    return tuple(sorted(needed - brought))


def _owner(field: FieldDesign, facts: Knowledge) -> str:
    return facts.module_of(field.comodel or "") or "base"


def _summary(models: Iterable[ModelDesign]) -> str:
    labels = [model.plural for model in models]
    shown = ", ".join(labels[:4])
    return one_line(f"{shown} and {len(labels) - 4} more" if len(labels) > 4 else shown, 120)


def _not_generated(
    requirements: Requirements, naming: Naming, models: Iterable[ModelDesign], access: Iterable[AccessDesign]
) -> tuple[str, ...]:
    skipped = [
        f"{title(entity.label)}: nothing is stated about its fields."
        for entity in requirements.entities
        if entity.name not in naming.models
    ]
    assumed = [
        f"{model.label}: no transition is stated, so the order of its states is assumed to be the way through them."
        for model in models
        if model.workflow and model.workflow.assumed
    ]
    enforced = {rule.stated for model in models for rule in (*model.sql, *model.order_checks)}
    rules = [
        f"{rule.text}: a rule that the addon does not enforce."
        for rule in requirements.constraints
        if rule.confidence >= ASK_BELOW and rule.id not in enforced
    ]
    writable = {line.model for line in access if line.write and line.group != MANAGER}
    closed = [
        f"{model.label}: no role is said to change it, so only administrators may."
        for model in models
        if model.new and model.model not in writable
    ]
    known = {tuple(words(role.name)) for role in requirements.roles if role.confidence >= ASK_BELOW}
    strangers = [
        f"{title(move.role)} is no role in the documents: {move.source} to {move.target} is left to administrators."
        for flow in requirements.workflows
        for move in flow.transitions
        if move.role and tuple(words(move.role)) not in known
    ]
    sentences = [*naming.left_out, *skipped, *assumed, *rules, *closed, *strangers]
    return tuple(dict.fromkeys(map(one_line, sentences)))
