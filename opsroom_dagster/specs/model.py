"""A spec bundle as it is read, whatever dialect it is written in."""

from opsroom_dagster.frozen import Frozen


class SpecRequirement(Frozen):
    """A statement with its id. ``section`` is the heading it stands under; ``derived``: the file states no id."""

    id: str
    text: str
    section: str = ""
    derived: bool = False


class SpecStory(Frozen):
    """A user story; ``text`` is its narrative, ``criteria`` its acceptance scenarios."""

    id: str
    title: str
    priority: str | None = None
    text: str = ""
    criteria: tuple[str, ...] = ()


class SpecField(Frozen):
    """A field of an entity as the data model writes it."""

    name: str
    type: str = ""


class SpecEntity(Frozen):
    """A key entity; ``id`` is empty where the dialect has none."""

    name: str
    id: str = ""
    description: str = ""
    fields: tuple[SpecField, ...] = ()


class SpecTask(Frozen):
    """One task. ``derived``: the file states no id, so one was made from phase and text."""

    id: str
    text: str
    """Without id, markers and dependencies."""
    done: bool = False
    parallel: bool = False
    story: str | None = None
    depends_on: tuple[str, ...] = ()
    path: str | None = None
    """The first path that the text names."""
    phase: str = ""
    parent: str | None = None
    """Id of the task that it is nested in."""
    line: int = 0
    """1-based line in the file of tasks."""
    derived: bool = False


class SpecBundle(Frozen):
    """Everything that a bundle says, in the order of its files."""

    dialect: str
    title: str
    slug: str
    requirements: tuple[SpecRequirement, ...] = ()
    outcomes: tuple[SpecRequirement, ...] = ()
    """Measurable outcomes, ``SC-001``."""
    stories: tuple[SpecStory, ...] = ()
    entities: tuple[SpecEntity, ...] = ()
    tasks: tuple[SpecTask, ...] = ()
    principles: tuple[str, ...] = ()
    """Titles of the constitution's principles."""
    clarifications: tuple[str, ...] = ()
    """Open questions."""
    answered: tuple[tuple[str, str], ...] = ()
    """Questions with their answers."""
    unfilled: tuple[str, ...] = ()
    """Files that still are the dialect's unfilled template."""
    files: tuple[str, ...] = ()
    """The files that were read, relative to the folder, sorted."""
