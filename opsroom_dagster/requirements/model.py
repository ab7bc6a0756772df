"""What documents demand: entities, roles, stories, workflows and the rest, each fact with its evidence."""

from typing import Literal

from pydantic import ConfigDict
from pydantic import Field as PydanticField

from opsroom_dagster.documents.model import Location
from opsroom_dagster.frozen import Frozen

FieldType = Literal[
    "string", "text", "integer", "decimal", "money", "boolean", "date", "datetime", "time", "selection", "reference",
    "email", "phone", "url", "file", "image", "json", "uuid",
]  # fmt: skip
RequirementKind = Literal["functional", "non_functional", "constraint"]
Cardinality = Literal["1:1", "1:n", "n:1", "n:m"]

ASK_BELOW = 0.5
"""Facts under this confidence become clarifications, never code."""


class Evidence(Frozen):
    """Why a fact is believed: the rule that read it, how sure it is (0 to 1), and the block it read."""

    rule: str
    confidence: float = PydanticField(ge=0, le=1)
    block: str
    location: Location


class Fact(Frozen):
    """Base of all facts."""

    evidence: tuple[Evidence, ...] = ()

    @property
    def confidence(self) -> float:
        """That of the best evidence."""
        return max((e.confidence for e in self.evidence), default=0.0)


class Field(Fact):
    """An attribute of an entity. ``name`` is snake_case; ``label`` is as written."""

    name: str
    label: str
    type: FieldType = "string"
    required: bool = False
    unique: bool = False
    values: tuple[str, ...] = ()
    """Selection: the keys in the order of the document."""
    target: str | None = None
    """Reference: entity name (as in ``Entity.name``) or an Odoo model such as ``res.partner``."""
    many: bool = False
    """Reference to many records."""
    default: str | None = None
    help: str | None = None
    type_stated: bool = False
    """The document states the type; False: guessed from the name."""


class Entity(Fact):
    """A thing that the system keeps records of. ``name`` is PascalCase singular, e.g. ``WorkOrder``."""

    name: str
    label: str
    id: str = ""
    """``KE-<kebab name>``, given by the merge."""
    description: str | None = None
    fields: tuple[Field, ...] = ()
    odoo_model: str | None = None
    """The technical name when the document states one, e.g. ``hr.expense``."""


class Relationship(Fact):
    """``source`` relates to ``target`` (entity names): ``n:1`` means many sources have one target."""

    model_config = ConfigDict(populate_by_name=True)

    source: str = PydanticField(alias="from")
    target: str = PydanticField(alias="to")
    cardinality: Cardinality = "n:1"
    name: str | None = None


class Permission(Frozen):
    """What a role may do on an entity (``*``: all)."""

    entity: str
    actions: tuple[Literal["create", "read", "update", "delete", "approve"], ...]
    own_only: bool = False
    """Only records that belong to the user."""


class Role(Fact):
    """A kind of user. ``name`` is title case as written, e.g. ``Finance Officer``."""

    name: str
    id: str = ""
    description: str | None = None
    permissions: tuple[Permission, ...] = ()


class AcceptanceCriterion(Fact):
    """One testable statement; the three parts are filled when it is written as Given/When/Then or EARS."""

    text: str
    given: str | None = None
    when: str | None = None
    then: str | None = None


class UserStory(Fact):
    """As a ``role`` I want ``want`` so that ``benefit``."""

    id: str = ""
    title: str
    role: str | None = None
    want: str
    benefit: str | None = None
    priority: str | None = None
    criteria: tuple[AcceptanceCriterion, ...] = ()


class Requirement(Fact):
    """A statement that the system must meet; ``id`` as in the document, or derived from its text by the merge."""

    id: str = ""
    kind: RequirementKind = "functional"
    text: str
    title: str | None = None
    entities: tuple[str, ...] = ()
    """Entities that the text names, filled by the merge."""
    criteria: tuple[AcceptanceCriterion, ...] = ()


class Transition(Frozen):
    """A move between two states (keys as in ``Workflow.states``)."""

    source: str
    target: str
    action: str | None = None
    role: str | None = None


class Workflow(Fact):
    """The life cycle of an entity in the order of the document; states are snake_case keys.

    ``entity`` None: the merge could not tell whose states they are, and asks.
    """

    entity: str | None = None
    field: str = "state"
    states: tuple[str, ...]
    labels: dict[str, str] = {}
    transitions: tuple[Transition, ...] = ()


class Screen(Fact):
    """A page or form that the document names."""

    name: str
    description: str | None = None
    entity: str | None = None
    actions: tuple[str, ...] = ()


class Integration(Fact):
    """A system outside that is to be connected."""

    name: str
    description: str | None = None
    endpoint: str | None = None


class Constraint(Fact):
    """A business rule over data, e.g. a unique key, a threshold or a period."""

    id: str = ""
    text: str
    entity: str | None = None
    fields: tuple[str, ...] = ()
    kind: Literal["unique", "check", "rule"] = "rule"
    expression: str | None = None
    """Kind ``check``: ``<field> <op> <number>``, with op one of > >= < <= = !=."""


class Clarification(Fact):
    """A question that a person must answer before the thing can be built."""

    id: str = ""
    question: str
    about: str | None = None
    """Name of the entity, field, role or workflow in question."""


class Unread(Frozen):
    """A block that no rule used."""

    block: str
    kind: str
    text: str
    """First 120 characters."""
    location: Location
    data_model: bool = False
    """It stands in a section about data: entities may have been missed."""


class Coverage(Frozen):
    """How much of the documents was understood."""

    blocks: int = 0
    used: int = 0
    unread: tuple[Unread, ...] = ()


class Requirements(Frozen):
    """Everything that a project's documents demand."""

    title: str = ""
    entities: tuple[Entity, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    roles: tuple[Role, ...] = ()
    user_stories: tuple[UserStory, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    workflows: tuple[Workflow, ...] = ()
    screens: tuple[Screen, ...] = ()
    integrations: tuple[Integration, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    clarifications: tuple[Clarification, ...] = ()
    coverage: Coverage = Coverage()
