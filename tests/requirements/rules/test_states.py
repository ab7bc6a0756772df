"""Life cycles are read from arrows, lists and tables; other arrows are none."""

import pytest

from opsroom_dagster.requirements.model import Workflow
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules.states import find
from tests.requirements.reading_text import documents, read


def _found(text: str) -> list[Workflow]:
    return [fact for fact in find(Reading(documents(text))) if isinstance(fact, Workflow)]


def _moves(workflow: Workflow) -> list[str]:
    return [f"{move.source}>{move.target}" for move in workflow.transitions]


@pytest.mark.parametrize(
    "text",
    [
        "## Life cycle of a stay\n\n`booked` -> `checked_in` -> `paid`\n",
        "- Workflow states: Booked → Checked-in → Paid.\n",
        "- Check-in\n  - Status changes:\n\n    - Booked → Checked in → Paid\n",
        "The stay moves through states *Booked* ➜ *Checked in* ➜ *Paid* when the owner comes.\n",
        "**Transitions**:\n\n```text\nbooked → checked_in → paid\n```\n",
    ],
)
def test_chains_of_arrows(text: str) -> None:
    (workflow,) = _found(text)
    assert workflow.states == ("booked", "checked_in", "paid")
    assert _moves(workflow) == ["booked>checked_in", "checked_in>paid"]
    assert workflow.confidence >= 0.85


def test_alternatives_returns_and_roles() -> None:
    (workflow,) = _found(
        "**Transitions**:\n\n```\nnew → booked → active → booked | ended → paid   (late)\n"
        "new | booked → cancelled    (Kennel Manager or Admin only)\n```\n"
    )
    assert _moves(workflow) == [
        "new>booked", "booked>active", "active>booked", "active>ended", "ended>paid",
        "new>cancelled", "booked>cancelled",
    ]  # fmt: skip
    assert [move.role for move in workflow.transitions][-2:] == ["Kennel Manager", "Kennel Manager"]
    assert workflow.transitions[0].role is None


def test_pairs_in_a_sentence() -> None:
    (workflow,) = _found("A stay can also move from `booked` -> `cancelled` and from `active` -> `cancelled`.\n")
    assert _moves(workflow) == ["booked>cancelled", "active>cancelled"]


def test_a_list_after_states_and_a_state_field() -> None:
    (workflow,) = _found("A stay has the states booked, checked-in, and paid, and MUST be locked when paid.\n")
    assert (workflow.states, workflow.transitions) == (("booked", "checked_in", "paid"), ())
    (workflow,) = _found("- **`billing_state`**: `pending` / `billed` / `failed`\n")
    assert (workflow.field, workflow.states) == ("billing_state", ("pending", "billed", "failed"))


def test_a_table_of_moves() -> None:
    (workflow,) = _found("| From | To | Action | Role |\n|---|---|---|---|\n| Draft | Booked | Confirm | Clerk |\n")
    (move,) = workflow.transitions
    assert (move.source, move.target, move.action, move.role) == ("draft", "booked", "Confirm", "Clerk")


def test_the_entity_is_that_of_the_heading() -> None:
    found = read(
        "## Dog Stay\n\n| Field | Type |\n|---|---|\n| name | string |\n| nights | integer |\n\n"
        "## Life cycle of a dog stay\n\n`booked` -> `active` -> `paid`\n"
    )
    assert [(w.entity, w.field) for w in found.workflows] == [("DogStay", "state")]
    assert [f.values for f in found.entities[0].fields if f.name == "state"] == [("booked", "active", "paid")]


@pytest.mark.parametrize(
    "text",
    [
        "Data flow: `Telegram -> n8n -> Odoo`\n",
        "Open Settings → Users → Invite.\n",
        "- Approval workflow:\n  - Employee → Manager → Finance (optional).\n",
        "Log every transition from submission -> audit -> posting.\n",
        "Category → asset (e.g. \"Camera\" → \"Body 001\").\n",
        "- `vendor_id` UUID → `core.vendor.id`\n",
        "- [ ] T007 → T008 → T009\n",
        "Deploy pipeline: built → tested → production → mirror\n",
        "Status: TODO | DONE\n",
        "Receive only orders in states approved, sent, or open.\n",
        "Stay in `returned`, `scrapped`, or `closed` state.\n",
    ],
)  # fmt: skip
def test_no_life_cycles(text: str) -> None:
    assert _found(text) == []
