"""Kinds of users are read from lists, tables, headings and matrices, with what each may do."""

import pytest

from opsroom_dagster.requirements.model import Role
from opsroom_dagster.requirements.rules._permissions import permissions_in
from tests.requirements.reading_text import read


def _roles(text: str) -> dict[str, Role]:
    return {role.name: role for role in read(text).roles}


def _may(text: str) -> list[tuple[str, str, bool]]:
    return [(p.entity, " ".join(p.actions), p.own_only) for p in permissions_in(text)]


@pytest.mark.parametrize(
    ("phrase", "granted"),
    [
        ("Creates and edits boarding stays.", [("BoardingStay", "create read update", False)]),
        ("Create/edit own claims, pets.", [("Claim", "create read update", True), ("Pet", "create read update", True)]),
        ("Full access to the kennel catalog", [("KennelCatalog", "create read update delete", False)]),
        ("Reads all stays, edits own stays", [("Stay", "read", False), ("Stay", "update", True)]),
        ("Approves claims of their team", [("Claim", "read approve", False)]),
        ("can see all kennels (and cages), cannot edit kennels", [("Kennel", "read", False)]),
        ("Read-only access to all entities", [("*", "read", False)]),
        ("full access to everything, prices included", [("*", "create read update delete approve", False)]),
        ("Monitors stays and sets the policy", [("Stay", "read", False)]),
        ("Greets guests and keeps customer records tidy", []),
    ],
)  # fmt: skip
def test_phrases_grant_what_they_say(phrase: str, granted: list[tuple[str, str, bool]]) -> None:
    assert _may(phrase) == granted


def test_bullets_with_nested_descriptions() -> None:
    roles = _roles(
        "## 3. Personas & Key Use Cases\n\n1. **Kennel Hand / Carer**\n\n   * Creates feeding logs.\n"
        "   * Tracks stays.\n\n2. **Vet**: approves treatments\n"
    )
    assert list(roles) == ["Kennel Hand", "Vet"]
    assert [p.entity for p in roles["Kennel Hand"].permissions] == ["FeedingLog", "Stay"]
    assert roles["Kennel Hand"].evidence[0].location.line_start == 3


def test_a_label_announces_roles_that_are_nested_in_it() -> None:
    roles = _roles(
        "## Security\n\n- **Roles**\n  - **Front Desk**\n    - can see all stays\n  - **Guests** -\n    - nothing\n"
    )
    assert list(roles) == ["Front Desk", "Guest"]


def test_tables_and_subheadings() -> None:
    assert list(_roles("## People\n\n| Persona | Need |\n|---|---|\n| Vets | Treatment plans |\n")) == ["Vet"]
    found = _roles(
        "### Roles\n\n#### 1.1 Kennel Owner\n- Full CRUD access on all entities\n\n#### 1.2 Background\n- Why\n"
    )
    assert [(name, role.permissions[0].entity) for name, role in found.items()] == [("Kennel Owner", "*")]


@pytest.mark.parametrize(
    "table",
    [
        "| Role | Stays | Claims |\n|---|---|---|\n| Vet | R | CRUD |\n| Carer | CRU | - |\n",
        "| Entity | Vet | Carer |\n|---|---|---|\n| Stays | read-only | read/write |\n| Claims | ✓ | |\n",
    ],
)
def test_a_matrix_gives_permissions(table: str) -> None:
    roles = _roles(f"## Permissions\n\n{table}")
    assert {(p.entity, len(p.actions)) for p in roles["Vet"].permissions} == {("Stay", 1), ("Claim", 4)}
    assert {(p.entity, len(p.actions)) for p in roles["Carer"].permissions} == {("Stay", 3)}


@pytest.mark.parametrize(
    "text",
    [
        "## Roles\n- **System**: sends mail\n- **The app**: shows a map\n",
        "## Authentication\n- **Vet**: nothing of roles here\n",
        "| System | Domain | Role |\n|---|---|---|\n| Odoo | ERP | ledger |\n",
        "## Users\n- Users can log in with e-mail\n",
    ],
)
def test_what_is_no_role(text: str) -> None:
    assert read(text).roles == ()


def test_bare_names_of_kinds_of_users_count_under_such_a_heading_only() -> None:
    items = "- kennel managers\n- AP analysts\n- vets who treat dogs\n- Users may log in\n"
    assert list(_roles(f"## Users\n\n### Primary users\n{items}")) == ["Kennel Manager", "AP Analyst"]
    assert _roles(f"## Goals\n{items}") == {}


@pytest.mark.parametrize(
    "text",
    [
        "The system MUST know a fixed role set — Vet, Kennel Hand, Admin — and pin every move to one.",
        "Staff roles: Vet, Kennel Hand and Admin.",
        "The roles are Vet, Kennel Hand, and Admin.",
    ],
)
def test_roles_that_a_sentence_enumerates(text: str) -> None:
    assert list(_roles(f"## Notes\n\n- {text}\n")) == ["Vet", "Kennel Hand", "Admin"]
