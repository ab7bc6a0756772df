"""Requirements → the tasks that fulfil them, each with a stable id, what it depends on and the step that does it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from opsroom_dagster.frozen import Frozen
from opsroom_dagster.requirements.model import ASK_BELOW, Entity, Requirements, UserStory
from opsroom_dagster.requirements.names import singular, snake_case, words_of
from opsroom_dagster.specs.task_ids import TaskIds

SETUP, FOUNDATION, SCREENS, REVIEW, DELIVERY = (
    "Setup", "Foundation: data model and access", "Screens, life cycles and tests", "Questions for people", "Delivery",
)  # fmt: skip


class PlannedTask(Frozen):
    """A task of ``tasks.md``. ``step``: the id of the plan's step that carries it out."""

    id: str
    phase: str
    text: str
    step: str
    path: str | None = None
    story: str | None = None
    parallel: bool = False
    depends_on: tuple[str, ...] = ()
    implements: tuple[str, ...] = ()
    """Ids of the requirements, stories and entities that it serves."""


def plan_tasks(requirements: Requirements) -> tuple[PlannedTask, ...]:
    """The tasks in an order that respects their dependencies; phases are contiguous.

    A task's id comes from what it implements, so it stays the same when the documents change elsewhere.
    """
    tasks = _Tasks()
    entities = built_entities(requirements)
    manifest = tasks.add("manifest", SETUP, "Create the addon's skeleton", path="__manifest__.py")
    groups = None
    if requirements.roles:
        roles = ", ".join(role.name for role in requirements.roles)
        groups = tasks.add(
            "groups", FOUNDATION, f"Define the groups of the roles {roles}", path="security/groups.xml",
            depends_on=(manifest,), implements=tuple(role.id for role in requirements.roles if role.id),
        )  # fmt: skip
    models = _models(tasks, requirements, entities, manifest)
    access = groups or manifest
    if models:
        access = tasks.add(
            "access", FOUNDATION, "Grant access to every model", path="security/ir.model.access.csv",
            depends_on=(*models.values(), *([groups] if groups else [])),
        )  # fmt: skip
    for number, story in enumerate(requirements.user_stories, 1):
        _story(tasks, number, story, entities, models, access)
    _screens(tasks, requirements, entities, models, access)
    for item in _unbound(requirements, {entity.name for entity in entities}):
        tasks.add(
            f"review:{item}", REVIEW, "Decide how it is met: it names no entity that is built",
            step="pull_request", parallel=True, implements=(item,),
        )  # fmt: skip
    built = tuple(task.id for task in tasks.made if task.step == "odoo_addon" and task.id != manifest)
    verify = tasks.add(
        "verify", DELIVERY, "Check the addon, install it and run its tests",
        depends_on=built or (manifest,),
    )  # fmt: skip
    assemble = tasks.add("change-set", DELIVERY, "Assemble the change set", step="change_set", depends_on=(verify,))
    request = tasks.add("pull-request", DELIVERY, "Open the pull request", step="pull_request", depends_on=(assemble,))
    tasks.add("release", DELIVERY, "Tag the merged pull request", step="release", depends_on=(request,))
    return tuple(tasks.made)


@dataclass
class _Tasks:
    made: list[PlannedTask] = field(default_factory=list[PlannedTask])
    ids: TaskIds = field(default_factory=TaskIds)

    def add(
        self,
        key: str,
        phase: str,
        text: str,
        *,
        step: str = "odoo_addon",
        path: str | None = None,
        story: str | None = None,
        parallel: bool = False,
        depends_on: tuple[str, ...] = (),
        implements: tuple[str, ...] = (),
    ) -> str:
        """Add a task; its id is made from ``key``."""
        identity = self.ids.derive(key)
        self.made.append(
            PlannedTask(
                id=identity,
                phase=phase,
                text=text,
                step=step,
                path=path,
                story=story,
                parallel=parallel,
                depends_on=depends_on,
                implements=implements,
            )
        )
        return identity


def built_entities(requirements: Requirements) -> list[Entity]:
    """Entities that are sure enough to be built and have something to keep."""
    linked = {flow.entity for flow in requirements.workflows}
    linked |= {name for link in requirements.relationships for name in (link.source, link.target)}
    return [
        entity
        for entity in requirements.entities
        # Requirements written by hand carry no evidence and are meant.
        if (entity.confidence >= ASK_BELOW or not entity.evidence) and (entity.fields or entity.name in linked)
    ]


def _models(tasks: _Tasks, requirements: Requirements, entities: list[Entity], manifest: str) -> dict[str, str]:
    """Entity name → id of the task that makes its model."""
    made: dict[str, str] = {}
    for entity in ordered_by_reference(entities):
        needed = tuple(made[name] for name in _targets(entity) if name in made and name != entity.name)
        ids = tuple(item.id for item in requirements.requirements if entity.name in item.entities)
        rules = tuple(item.id for item in requirements.constraints if item.entity == entity.name)
        made[entity.name] = tasks.add(
            f"model:{entity.id or entity.name}",
            FOUNDATION,
            f"Model {entity.label or entity.name} with its fields",
            path=f"models/{_file(entity)}.py",
            parallel=not needed,
            depends_on=needed or (manifest,),
            implements=(*([entity.id] if entity.id else []), *ids, *rules),
        )
    return made


def _story(
    tasks: _Tasks, number: int, story: UserStory, entities: list[Entity], needs: dict[str, str], access: str
) -> None:
    named = [entity.name for entity in entities if _mentions(f"{story.title} {story.want}", entity.name)]
    scenarios = "each acceptance scenario" if story.criteria else "what it wants"
    tasks.add(
        f"story:{story.id}",
        f"User Story {number} - {story.title}",
        f"Try {scenarios} on the generated addon"
        if named
        else "Decide how it is met: it names no entity that is built",
        step="pull_request",
        story=story.id,
        depends_on=(*(needs[name] for name in named), access),
        implements=(story.id,),
    )


def _mentions(text: str, entity: str) -> bool:
    """The entity's words stand in the text side by side, in singular or plural."""
    words, wanted = ([singular(word) for word in words_of(part)] for part in (text, entity))
    return any(words[i : i + len(wanted)] == wanted for i in range(len(words) - len(wanted) + 1)) if wanted else False


def _screens(
    tasks: _Tasks, requirements: Requirements, entities: list[Entity], models: dict[str, str], access: str
) -> None:
    flows = {flow.entity: flow for flow in requirements.workflows if flow.entity}
    for entity in entities:
        needed, label = (models[entity.name], access), entity.label or entity.name
        if entity.name in flows:
            states = " → ".join(flows[entity.name].states)
            tasks.add(
                f"workflow:{entity.id or entity.name}", SCREENS, f"Life cycle of {label}: {states}",
                path=f"models/{_file(entity)}.py", parallel=True, depends_on=needed[:1],
            )  # fmt: skip
        tasks.add(
            f"views:{entity.id or entity.name}", SCREENS, f"List, form and search views of {label}",
            path=f"views/{_file(entity)}_views.xml", parallel=True, depends_on=needed,
        )  # fmt: skip
        tasks.add(
            f"tests:{entity.id or entity.name}", SCREENS, f"Tests of {label}",
            path=f"tests/test_{_file(entity)}.py", parallel=True, depends_on=needed,
        )  # fmt: skip


def ordered_by_reference(entities: list[Entity]) -> list[Entity]:
    """Entities after those that they refer to, as far as cycles allow, else in the order of the document."""
    names = {entity.name: entity for entity in entities}
    ordered: dict[str, Entity] = {}
    open_: set[str] = set()
    for start in entities:
        stack: list[tuple[Entity, Iterator[str]]] = [(start, iter(_targets(start)))]
        while stack:
            entity, targets = stack[-1]
            open_.add(entity.name)
            following = next((names[t] for t in targets if t in names and t not in ordered and t not in open_), None)
            if following is not None:
                stack.append((following, iter(_targets(following))))
            else:
                ordered.setdefault(entity.name, entity)
                stack.pop()
    return list(ordered.values())


def _unbound(requirements: Requirements, built: set[str]) -> list[str]:
    """Ids of functional requirements that no entity's model carries."""
    return [
        item.id
        for item in requirements.requirements
        if item.kind == "functional" and not built.intersection(item.entities)
    ]


def _targets(entity: Entity) -> list[str]:
    return sorted({field.target for field in entity.fields if field.target and not field.many})


def _file(entity: Entity) -> str:
    return snake_case(entity.name) or "model"
