"""Names and what they say of types."""

import pytest

from opsroom_dagster.requirements.names import entity_name, guess_type, plural, singular, snake_case


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("work orders", "WorkOrder"),
        ("WORK_ORDER", "WorkOrder"),
        ("purchaseOrders", "PurchaseOrder"),
        ("Categories", "Category"),
        ("GL Accounts", "GlAccount"),
        ("Addresses", "Address"),
        ("Boxes", "Box"),
        ("User IDs", "UserId"),
        ("Status", "Status"),
        ("顧客", ""),
        ("2024 plan", ""),
    ],
)
def test_entity_names_are_pascal_case_and_singular(text: str, name: str) -> None:
    assert entity_name(text) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [("Serial Number", "serial_number"), ("tenantID", "tenant_id"), ("address1", "address1"), ("Prénom", "prenom")],
)
def test_field_names_are_snake_case(text: str, name: str) -> None:
    assert snake_case(text) == name


@pytest.mark.parametrize("word", ["category", "box", "class", "order", "address", "person", "invoice", "status"])
def test_plural_and_singular_are_inverse(word: str) -> None:
    assert singular(plural(word)) == word


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("customer_id", "reference"),
        ("approved_by", "reference"),
        ("id", "string"),
        ("is_active", "boolean"),
        ("created_at", "datetime"),
        ("hired_on", "date"),
        ("total_amount", "money"),
        ("work_email", "email"),
        ("mobile", "phone"),
        ("description", "text"),
        ("state", "selection"),
        ("quantity", "decimal"),
        ("title", "string"),
    ],
)
def test_types_guessed_from_names(name: str, kind: str) -> None:
    assert guess_type(name) == kind
