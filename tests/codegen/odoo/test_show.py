"""What people see of an addon."""

from opsroom_dagster.codegen.odoo.addon import design_addon
from opsroom_dagster.codegen.odoo.show import addon_page
from opsroom_dagster.documents.model import Location
from opsroom_dagster.requirements.model import (
    Entity,
    Evidence,
    Field,
    Permission,
    Requirements,
    Role,
    Transition,
    Workflow,
)

PLACE = Location(file="prd.md", line_start=1, line_end=1)
SURE = (Evidence(rule="typed_tables", confidence=0.9, block="0.1", location=PLACE),)
STATES = Field(name="state", label="State", type="selection", values=("draft", "done"), type_stated=True, evidence=SURE)
NAME = Field(name="name", label="Name", evidence=SURE)
DOG = Entity(name="Dog", label="Dog", id="KE-dog", fields=(NAME, STATES), evidence=SURE)


def shown(*moves: Transition) -> str:
    own = Permission(entity="Dog", actions=("read", "update"), own_only=True)
    found = Requirements(
        title="Kennel",
        entities=(DOG,),
        roles=(Role(name="Keeper", permissions=(own,), evidence=SURE),),
        workflows=(Workflow(entity="Dog", states=("draft", "done"), transitions=moves, evidence=SURE),),
    )
    addon = design_addon(found, slug="kennel", series="18.0", author="Us")
    return addon_page(addon, [("kennel/__init__.py", 1234)])


def test_models_fields_states_access_and_files_are_there() -> None:
    page = shown(Transition(source="draft", target="done", role="Keeper"))

    assert "| `kennel.dog` | Dog |" in page
    assert "| `state` | Selection: draft, done | State |" in page
    assert "### `kennel.dog.state`\n\n![The states and their buttons](data:image/svg+xml;base64," in page
    assert "The documents state no move" not in page
    assert "| Keeper | `kennel.dog` | read" in page
    assert "| `kennel/__init__.py` | 1,234 |" in page


def test_assumed_moves_are_told() -> None:
    assert "The documents state no move: these follow from the order of the states." in shown()


def test_a_rule_stays_in_its_cell() -> None:
    rule = next(line for line in shown().splitlines() if "only where" in line)
    assert "create_uid" in rule
    assert rule.replace("\\|", "").count("|") == 4
