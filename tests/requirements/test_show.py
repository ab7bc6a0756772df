"""What people see of the requirements."""

from collections import Counter
from itertools import pairwise

import pytest
from markdown_it import MarkdownIt

from opsroom_dagster.documents.model import Location
from opsroom_dagster.requirements.model import (
    Clarification,
    Constraint,
    Coverage,
    Entity,
    Evidence,
    Field,
    Relationship,
    Requirement,
    Requirements,
    Transition,
    Unread,
    UserStory,
    Workflow,
)
from opsroom_dagster.requirements.show import MOST, UNREAD, requirements_page


def evidence(line: int) -> tuple[Evidence, ...]:
    place = Location(file="a_b.md", line_start=line, line_end=line)
    return (Evidence(rule="typed_tables", confidence=0.9, block="0.1", location=place),)


def test_a_field_says_what_is_known_and_where_it_stands() -> None:
    fields = (
        Field(name="tag", label="Tag", required=True, unique=True, type_stated=True, evidence=evidence(7)),
        Field(name="owner_id", label="Owner", type="reference", target="Person", many=True, type_stated=True),
        Field(name="size", label="Size", type="selection", values=("s", "l"), default="s", type_stated=True),
        Field(name="born", label="Born", type="date"),
    )
    page = requirements_page(Requirements(entities=(Entity(name="Dog", label="Dog", fields=fields),)))

    assert "**1** entity, **4** fields" in page
    assert "| tag | string | required, unique | 0.90 | a\\_b.md:7 |" in page
    assert "| owner\\_id | reference → Person (many) |" in page
    assert "| size | selection: s, l | default s |" in page
    assert "| born | date (guessed) |" in page


def test_rules_are_shown_as_they_are_taken() -> None:
    rules = (
        Constraint(id="C-1", text="Tags are unique.", entity="Dog", fields=("tag", "year"), kind="unique"),
        Constraint(id="C-2", text="…", entity="Dog", fields=("age",), kind="check", expression="age >= 0"),
        Constraint(id="C-3", text="Dogs sleep at night."),
    )
    page = requirements_page(Requirements(constraints=rules))

    assert "| C-1 | Dog | unique: tag, year |" in page
    assert "| C-2 | Dog | age \\>= 0 |" in page
    assert "| C-3 |  | Dogs sleep at night. |" in page


def test_entities_and_life_cycles_are_drawn() -> None:
    found = Requirements(
        entities=(Entity(name="Dog", label="Dog"), Entity(name="Kennel", label="Kennel")),
        relationships=(Relationship(source="Dog", target="Kennel"),),
        workflows=(
            Workflow(
                entity="Dog",
                states=("in", "out"),
                transitions=(Transition(source="in", target="out", action="adopt", role="Keeper"),),
            ),
            Workflow(entity="Kennel", field="phase", states=("open", "closed")),
        ),
    )
    page = requirements_page(found)

    assert page.count("](data:image/svg+xml;base64,") == 2
    assert "### Dog.state" in page
    assert "### Kennel.phase\n\nopen · closed\n\nNo move between them is stated." in page


HOSTILE = ["## Forged\n\n| a |", "![x](http://example.org/x.png)", "[x](http://example.org)", "<b>x</b>", "`x` **y**"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    found = Requirements(
        requirements=(Requirement(id="FR-1", text=text),),
        user_stories=(UserStory(id="US-1", title="t", want=text),),
        entities=(Entity(name="Dog", label="Dog", description=text),),
        clarifications=(Clarification(question=text),),
    )
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(requirements_page(found))
    kinds = Counter(inner.type for token in tokens for inner in (token, *(token.children or ())))

    assert not {"link_open", "image", "html_inline", "html_block", "code_inline"} & set(kinds)
    headings = [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]
    assert headings == ["Entities", "Dog", "Requirements", "User stories", "Open questions"]
    assert kinds["tr_open"] == 2


def test_long_lists_are_cut_and_say_so() -> None:
    stated = tuple(Requirement(id=f"FR-{number}", text="x") for number in range(MOST + 5))
    place = Location(file="a.md", line_start=1, line_end=1)
    unread = tuple(Unread(block=str(n), kind="paragraph", text=f"p{n}", location=place) for n in range(UNREAD + 3))
    about = Unread(block="x", kind="table", text="fields", location=place, data_model=True)
    page = requirements_page(
        Requirements(requirements=stated, coverage=Coverage(blocks=99, used=75, unread=(*unread, about)))
    )

    assert "… and 5 more in `requirements.json`" in page
    assert "… and 4 more in `requirements.json`" in page
    assert "## Not read\n\n- a.md:1 **about data** fields" in page
    assert requirements_page(Requirements()) == "Nothing was found. 0 of 0 blocks were used.\n"
