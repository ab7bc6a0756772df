"""Technical names of an addon, its models, classes and files."""

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as attribute

from opsroom_dagster.codegen.odoo.fields import Target
from opsroom_dagster.codegen.odoo.identifiers import class_name, shortened, snake, unused, words
from opsroom_dagster.codegen.odoo.knowledge import Knowledge
from opsroom_dagster.requirements.model import ASK_BELOW, Entity, Requirements

PREFIX_LENGTH, STEM_LENGTH = 24, 33
"""Table names stay under 59 characters: PostgreSQL's limit less the ``_id`` of a column named after the table."""
TAKEN_MODULES = ("odoo", "addons", "test", "tests")


@dataclass
class Naming:
    """Names of what is built, and what had to be left out."""

    people: frozenset[str]
    """Names of roles, as words."""
    facts: Knowledge
    models: dict[str, str] = attribute(default_factory=dict[str, str])
    """Entity → model."""
    new: set[str] = attribute(default_factory=set[str])
    """Models that the addon makes; the others are extended."""
    modules: dict[str, str] = attribute(default_factory=dict[str, str])
    """Model → name of its Python file."""
    classes: dict[str, str] = attribute(default_factory=dict[str, str])
    """Model → name of its class."""
    left_out: list[str] = attribute(default_factory=list[str])

    def resolve(self, name: str) -> Target | None:
        """What a reference to an entity, a model of Odoo or a role means."""
        if name in self.models:
            return Target(self.models[name], own=self.models[name] in self.new)
        if name in self.new or self.facts.keeps_records(name):
            return Target(name, own=name in self.new)
        return Target("res.users", own=False) if " ".join(words(name)) in self.people else None


def technical_name(slug: str, facts: Knowledge) -> str:
    """The slug as a module name that Odoo Community does not use; a leading number (``002-``) is dropped."""
    parts = words(slug)
    while len(parts) > 1 and parts[0].isdigit():
        parts.pop(0)
    name = snake(" ".join(parts), fallback="project")
    return f"{name}_addon" if facts.is_module(name) or name in TAKEN_MODULES else name


def name_models(requirements: Requirements, entities: Iterable[Entity], addon: str, facts: Knowledge) -> Naming:
    """Names for every entity. A stated model of Odoo's is extended, everything else is new."""
    people = frozenset(" ".join(words(role.name)) for role in requirements.roles if role.confidence >= ASK_BELOW)
    naming = Naming(people - {""}, facts)
    prefix = _prefix(addon)
    for index, entity in enumerate(entities):
        if entity.name in naming.models:
            continue
        stated = entity.odoo_model
        if stated and facts.keeps_records(stated):
            model = stated
        else:
            stem = shortened(snake(entity.name, fallback=f"record_{index + 1}"), STEM_LENGTH)
            wanted = _stated_name(stated) or f"{prefix}.{stem}"
            model = unused(wanted, _Known(naming, facts))
            naming.new.add(model)
        naming.models[entity.name] = model
        if model not in naming.modules:
            stem = model.split(".", 1)[-1] if model in naming.new else model
            naming.modules[model] = unused(snake(stem, fallback="record"), naming.modules.values())
            wanted = class_name(entity.name, fallback=class_name(stem, fallback="Record"))
            naming.classes[model] = unused(wanted, naming.classes.values())
    return naming


@dataclass(frozen=True)
class _Known:
    naming: Naming
    facts: Knowledge

    def __contains__(self, model: object) -> bool:
        tables = {name.replace(".", "_") for name in self.naming.new}
        return str(model).replace(".", "_") in tables or self.facts.module_of(str(model)) is not None


def _prefix(addon: str) -> str:
    """The addon's name, or as many of its first words as fit."""
    parts = addon.split("_")
    while len(parts) > 1 and len("_".join(parts)) > PREFIX_LENGTH:
        parts.pop()
    return shortened("_".join(parts), PREFIX_LENGTH)


def _stated_name(stated: str | None) -> str | None:
    parts = [snake(part, fallback="") for part in (stated or "").split(".")]
    name = ".".join(parts)
    return name if len(parts) > 1 and all(parts) and len(name) <= PREFIX_LENGTH + STEM_LENGTH else None
