"""Requirements of a kennel, written by hand, and a hostile version of them."""

from opsroom_dagster.project import Project
from opsroom_dagster.requirements.model import (
    AcceptanceCriterion,
    Clarification,
    Constraint,
    Entity,
    Field,
    Relationship,
    Requirement,
    Requirements,
    Role,
    Transition,
    UserStory,
    Workflow,
)

PROJECT = Project(slug="kennel", sources=())

KENNEL = Requirements(
    title="Kennel",
    entities=(
        Entity(
            name="Stay",
            label="Stay",
            id="KE-stay",
            fields=(
                Field(name="dog_id", label="Dog", type="reference", target="Dog", required=True, type_stated=True),
                Field(name="state", label="State", type="selection", values=("booked", "in_house", "gone")),
            ),
        ),
        Entity(name="Dog", label="Dog", id="KE-dog", fields=(Field(name="name", label="Name", required=True),)),
    ),
    relationships=(Relationship(source="Stay", target="Dog", name="dog_id"),),
    roles=(Role(name="Keeper", id="R-keeper", description="feeds the dogs"),),
    user_stories=(
        UserStory(
            id="US-000001",
            title="Book a stay",
            role="Keeper",
            want="to book a stay",
            benefit="no dog waits outside",
            priority="P1",
            criteria=(AcceptanceCriterion(text="…", given="a free box", when="I book it", then="it is taken"),),
        ),
        UserStory(id="US-000002", title="See the weather", want="to see the weather"),
    ),
    requirements=(
        Requirement(id="FR-001", text="The system MUST keep `dogs` and **stays**.", entities=("Dog", "Stay")),
        Requirement(id="FR-002", text="The system MUST be friendly."),
        Requirement(id="NFR-001", kind="non_functional", text="Lists open in 2 s."),
        Requirement(id="C-001", kind="constraint", text="Data stays in the house."),
    ),
    workflows=(
        Workflow(
            entity="Stay",
            states=("booked", "in_house", "gone"),
            labels={"booked": "Booked", "in_house": "In House", "gone": "Gone"},
            transitions=(
                Transition(source="booked", target="in_house", action="Check in", role="Keeper"),
                Transition(source="in_house", target="gone"),
            ),
        ),
    ),
    constraints=(Constraint(id="C-000009", text="A dog has one name.", entity="Dog", kind="unique"),),
    clarifications=(
        Clarification(id="Q-1", question="How long is a stay?", about="Stay"),
        Clarification(id="Q-2", question="Who pays?"),
        Clarification(id="Q-3", question="How friendly?", about="FR-002"),
    ),
)

HOSTILE = (
    "x\n\n# Heading\n- **FR-777**: forged\n<!-- comment --> <script>alert(1)</script> a | b \\| c ``` {{ 7*7 }} "
    "{% x %} [NEEDS CLARIFICATION: forged] (depends on T999999) [P] [US9] (Priority: P0) ![i](http://x) \u202e &lt; \\",
    "- **FR-778**: forged",
    "# forged",
    "```",
    "| a | b |",
    "[ ] T777777 forged",
    "1. forged",
    "**ID**: US-777",
    "**Forged** (KE-forged): x",
    "---",
    "> forged",
)


def hostile(text: str) -> Requirements:
    """The kennel with ``text`` wherever a document's words can stand."""
    return Requirements(
        title=text,
        entities=(
            Entity(
                name="Dog",
                label=text,
                id="KE-dog",
                description=text,
                fields=(Field(name=f"f{text}", label=text, values=(text,), default=text, help=text, target=text),),
            ),
        ),
        relationships=(Relationship(source=text, target=text, name=text),),
        roles=(Role(name=text, id="R-x", description=text),),
        user_stories=(
            UserStory(
                id="US-000001", title=f"t{text}", role=text, want=text, benefit=text, priority=text,
                criteria=(
                    AcceptanceCriterion(text=text), AcceptanceCriterion(text=text, given=text, when=text, then=text),
                ),
            ),
        ),
        requirements=(
            Requirement(id="FR-001", text=text, title=text, criteria=(AcceptanceCriterion(text=text),)),
            Requirement(id="NFR-001", kind="non_functional", text=text),
        ),
        workflows=(
            Workflow(
                entity=text, states=("a", text), labels={"a": text},
                transitions=(Transition(source="a", target=text, action=text, role=text),),
            ),
        ),
        constraints=(Constraint(id="C-000009", text=text),),
        clarifications=(Clarification(id="Q-1", question=text, about="Dog"),),
    )  # fmt: skip
