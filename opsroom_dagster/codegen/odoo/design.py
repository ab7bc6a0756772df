"""What an addon will hold, decided before a line of it is written. Everything here is plain data."""

from opsroom_dagster.frozen import Frozen


class FieldDesign(Frozen):
    """A field of an Odoo model. ``kind`` is the class in ``odoo.fields``."""

    name: str
    kind: str
    label: str
    comodel: str | None = None
    inverse: str | None = None
    relation: str | None = None
    """Many2many: table, when Odoo's own name for it would not do."""
    selection: tuple[tuple[str, str], ...] = ()
    required: bool = False
    default: str | None = None
    """A Python expression."""
    help: str | None = None
    widget: str | None = None
    own_comodel: bool = False
    """The comodel is one of this addon."""
    readonly: bool = False
    copy_value: bool = True
    ids: tuple[str, ...] = ()
    """Requirement ids that the field serves."""


class TransitionDesign(Frozen):
    """A button and its method, to one state."""

    method: str
    label: str
    target: str
    moves: tuple[tuple[str, tuple[str, ...]], ...]
    """(state it starts from, local ids of the groups that may do it from there; none: everybody who may write)."""

    @property
    def sources(self) -> tuple[str, ...]:
        """States that it starts from."""
        return tuple(source for source, _ in self.moves)

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups that may use the button somewhere; none: everybody may."""
        if any(not groups for _, groups in self.moves):
            return ()
        return tuple(dict.fromkeys(group for _, groups in self.moves for group in groups))


class WorkflowDesign(Frozen):
    """The main life cycle of a model."""

    field: str
    states: tuple[tuple[str, str], ...]
    transitions: tuple[TransitionDesign, ...]
    assumed: bool = False
    """The documents state no transition; these follow from the order of the states."""

    @property
    def guarded(self) -> bool:
        """Some move is for members of a group only."""
        return any(groups for transition in self.transitions for _, groups in transition.moves)

    @property
    def final(self) -> tuple[str, ...]:
        """States that nothing leads out of."""
        leaving = {source for transition in self.transitions for source in transition.sources}
        return tuple(key for key, _ in self.states if key not in leaving)


class SqlConstraint(Frozen):
    """A constraint of the database table: ``operator`` and ``bound`` for a check of one field, else unique."""

    name: str
    definition: str
    message: str
    fields: tuple[str, ...]
    operator: str | None = None
    bound: float = 0
    stated: str | None = None
    """Id of the rule in the requirements."""

    @property
    def bad_value(self) -> float:
        """Check: a value that breaks it."""
        return self.bound + {">": 0, ">=": -1, "<": 0, "<=": 1, "=": 1, "!=": 0}[self.operator or ">"]

    def allows(self, value: float) -> bool:
        """Check: the database takes the value."""
        return {
            ">": value > self.bound,
            ">=": value >= self.bound,
            "<": value < self.bound,
            "<=": value <= self.bound,
            "=": value == self.bound,
            "!=": value != self.bound,
        }[self.operator or ">"]


class OrderCheck(Frozen):
    """``later`` must not be before ``earlier``; ``strict``: nor the same."""

    earlier: str
    later: str
    strict: bool
    message: str
    stated: str
    """Id of the rule in the requirements."""


class ModelDesign(Frozen):
    """A new model, or (``new`` False) an extension of one that exists."""

    model: str
    class_name: str
    module: str
    """Name of the Python file and stem of external ids."""
    label: str
    plural: str
    new: bool
    description: str | None
    fields: tuple[FieldDesign, ...]
    rec_name: str
    sequence_field: str | None = None
    """Char field filled from a sequence."""
    order: str = "id"
    workflow: WorkflowDesign | None = None
    sql: tuple[SqlConstraint, ...] = ()
    order_checks: tuple[OrderCheck, ...] = ()
    mail: bool = False
    ids: tuple[str, ...] = ()

    @property
    def parents(self) -> tuple[str, ...]:
        """Own models that this one's required fields refer to."""
        links = (
            field.comodel for field in self.fields if field.kind == "Many2one" and field.own_comodel and field.required
        )
        return tuple(dict.fromkeys(comodel for comodel in links if comodel))

    @property
    def unique(self) -> tuple[SqlConstraint, ...]:
        """Unique constraints."""
        return tuple(constraint for constraint in self.sql if constraint.operator is None)

    @property
    def checks(self) -> tuple[SqlConstraint, ...]:
        """Checks of one field each."""
        return tuple(constraint for constraint in self.sql if constraint.operator is not None)

    def field(self, name: str) -> FieldDesign | None:
        """The field of that name."""
        return next((field for field in self.fields if field.name == name), None)


class GroupDesign(Frozen):
    """A security group. ``implied``: local ids or full external ids."""

    id: str
    name: str
    comment: str | None
    implied: tuple[str, ...]


class AccessDesign(Frozen):
    """A line of ir.model.access.csv."""

    id: str
    name: str
    model: str
    group: str
    read: int
    write: int
    create: int
    unlink: int


class RuleDesign(Frozen):
    """A record rule of a group; ``domain`` is a Python expression."""

    id: str
    name: str
    model: str
    group: str | None
    """None: the rule holds for everybody."""
    domain: str
    own: bool = False
    """It holds the group to the records that its members made or are named in."""
    read: bool = True
    write: bool = True
    create: bool = True
    unlink: bool = True


class AddonDesign(Frozen):
    """Everything that is rendered."""

    technical_name: str
    title: str
    summary: str
    series: str
    author: str
    depends: tuple[str, ...]
    models: tuple[ModelDesign, ...]
    groups: tuple[GroupDesign, ...]
    manager_group: str
    user_group: str
    access: tuple[AccessDesign, ...]
    rules: tuple[RuleDesign, ...]
    not_generated: tuple[str, ...]
    """Sentences about what was left out, for the README."""

    @property
    def new_models(self) -> tuple[ModelDesign, ...]:
        """Models that this addon defines."""
        return tuple(model for model in self.models if model.new)

    @property
    def extensions(self) -> tuple[ModelDesign, ...]:
        """Models of other modules that this addon extends."""
        return tuple(model for model in self.models if not model.new)

    def model(self, name: str) -> ModelDesign | None:
        """The model with that technical name."""
        return next((model for model in self.models if model.model == name), None)
