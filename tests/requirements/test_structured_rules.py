"""Each notation of a data model is read, with types, flags and exact places."""

import pytest

from tests.requirements.reading_text import entity, read, types


@pytest.mark.parametrize("level", ["##", "###", "#####"])
@pytest.mark.parametrize(
    "header",
    ["| Field | Type | Notes |", "| 項目 | 型 | 説明 |", "| Attribute | Data type | Remarks |", "| Campo | Tipo | |"],
)
def test_a_typed_table_is_read_by_its_content_under_any_heading(level: str, header: str) -> None:
    found = read(
        f"# Kennel\n\n{level} Boarding Stay\n\n{header}\n|---|---|---|\n| dog_name | varchar(80) | not null |\n"
        "| check_in | timestamptz | |\n| daily_rate | numeric(8,2) | default 20 |\n| vip | boolean | nullable |\n"
    )
    assert types(found, "BoardingStay") == {
        "dog_name": "string",
        "check_in": "datetime",
        "daily_rate": "decimal",
        "vip": "boolean",
    }
    fields = entity(found, "BoardingStay").fields
    assert [field.required for field in fields] == [True, False, False, False]
    assert fields[2].default == "20"
    assert fields[0].evidence[0].location.line_start == 7


def test_a_table_without_types_or_names_is_no_entity() -> None:
    found = read(
        "## Milestones\n\n| Phase | Duration | Owner |\n|---|---|---|\n| Alpha | 2 weeks | Ann |\n"
        "| Beta | 3 weeks | Bo |\n"
        "\n## Environment variables\n\n| Name | Value |\n|---|---|\n| PORT | 8080 |\n| HOST | localhost |\n"
    )
    assert found.entities == ()


def test_a_required_column_says_yes_and_no() -> None:
    found = read(
        "## Ticket\n| Name | Type | Required |\n|---|---|---|\n| subject | string | Yes |\n| note | text | No |\n"
        "| level | enum: low, high | ✓ |\n"
    )
    fields = {field.name: field for field in entity(found, "Ticket").fields}
    assert [field.required for field in fields.values()] == [True, False, True]
    assert fields["level"].values == ("low", "high")


def test_an_entity_table_lists_key_fields_in_a_cell() -> None:
    found = read(
        "## Data dictionary\n| Entity | Key fields |\n|---|---|\n| **Dog** | `Name`, `Breed`, `BirthDate` |\n"
        "| **Owner** | full name, phone, email |\n"
    )
    assert types(found, "Dog") == {"name": "string", "breed": "string", "birth_date": "date"}
    assert types(found, "Owner") == {"full_name": "string", "phone": "phone", "email": "email"}


def test_bullets_with_types_and_arrows() -> None:
    found = read(
        "## Schema `core`\n\n### `core.kennel`\n- `id` UUID PK\n- `name` text, unique per tenant\n\n### `core.stay`\n"
        "- `id` UUID PK, `number` text, `notes`\n- `kennel_id` UUID nullable → `core.kennel.id`\n"
        "- `state` enum: `booked | active | over` (FR-3)\n- `price` numeric(14,2) (per night)\n"
    )
    stay = {field.name: field for field in entity(found, "Stay").fields}
    assert list(stay) == ["id", "number", "notes", "kennel_id", "state", "price"]
    assert (stay["kennel_id"].type, stay["kennel_id"].target) == ("reference", "Kennel")
    assert stay["state"].values == ("booked", "active", "over")
    assert stay["price"].type == "decimal"
    assert not any(field.unique for field in entity(found, "Kennel").fields if field.name == "name")
    assert [(r.source, r.target, r.cardinality) for r in found.relationships] == [("Stay", "Kennel", "n:1")]


@pytest.mark.parametrize("label", ["**Fields**:", "Attributes:", "**Key Fields**", "- **Fields**"])
def test_a_label_announces_bare_field_names(label: str) -> None:
    indent = "  " if label.startswith("-") else ""
    found = read(
        f"### Trainer\n\n{label}\n{indent}- Full name\n{indent}- Hired on\n{indent}- Certified (a Y/N field)\n"
    )
    assert types(found, "Trainer") == {"full_name": "string", "hired_on": "date", "certified": "boolean"}


def test_plain_bullets_with_types() -> None:
    found = read(
        "## Data model\n\n### Walk\n- route: string (required)\n- started: datetime\n- dog: reference to Dog\n"
    )
    walk = entity(found, "Walk").fields
    assert [(field.name, field.type, field.required) for field in walk] == [
        ("route", "string", True),
        ("started", "datetime", False),
        ("dog", "reference", False),
    ]


def test_prose_bullets_are_no_fields() -> None:
    found = read(
        "## Checkout\n- Cart: the shopper reviews it\n- Payment: a card is charged\n- Link: opens the receipt\n"
    )
    assert found.entities == ()


def test_key_entities_give_the_fields_of_their_richest_clause() -> None:
    found = read(
        "### Key Entities\n\n- **Kennel Booking**: A stay of a dog; has arrival date, departure date, "
        "and status (open/closed). "
        "Linked to the invoice.\n- **主人（Owner）**: Person with name, phone, and email\n"
        "- **Site / Yard / Pen**: Places.\n"
    )
    booking = {field.name: field for field in entity(found, "KennelBooking").fields}
    assert list(booking) == ["arrival_date", "departure_date", "status"]
    assert booking["status"].values == ("open", "closed")
    assert list(types(found, "Owner")) == ["name", "phone", "email"]
    assert {"Site", "Yard", "Pen"} <= {entity.name for entity in found.entities}


def test_odoo_models_keep_their_technical_name_and_conventions() -> None:
    found = read(
        "## Data\n\n* `hr.leave.claim`\n\n"
        "  * `employee_id`, `date`, `amount`, `line_ids` (one2many to `acme.kennel.line`), `state`.\n"
        "* `acme.kennel.line`\n\n  * `claim_id`, `note`.\n\nSee `config.prod.json` and `app.main.py`.\n"
    )
    claim = entity(found, "LeaveClaim")
    assert claim.odoo_model == "hr.leave.claim"
    assert types(found, "LeaveClaim")["amount"] == "money"
    fields = {field.name: field for field in claim.fields}
    assert fields["employee_id"].target == "hr.employee"
    assert (fields["line_ids"].target, fields["line_ids"].many) == ("KennelLine", True)
    assert [e.name for e in found.entities] == ["LeaveClaim", "KennelLine"]


def test_sql_tables() -> None:
    found = read(
        "# DB\n\n```sql\nCREATE TYPE pace AS ENUM ('slow', 'fast');\nCREATE TABLE dogs (\n  id UUID PRIMARY KEY,\n"
        "  name VARCHAR(40) NOT NULL,\n  owner_id UUID NOT NULL REFERENCES owners(id),\n  gait pace DEFAULT 'slow',\n"
        "  size TEXT CHECK (size IN ('s', 'm')),\n  weight NUMERIC(6,2)\n);\n"
        "CREATE TABLE owners (id SERIAL PRIMARY KEY, email TEXT UNIQUE)\n```\n"
    )
    dog = {field.name: field for field in entity(found, "Dog").fields}
    assert {name: field.type for name, field in dog.items()} == {
        "id": "uuid",
        "name": "string",
        "owner_id": "reference",
        "gait": "selection",
        "size": "selection",
        "weight": "decimal",
    }
    assert dog["owner_id"].target == "Owner"
    assert dog["gait"].values == ("slow", "fast")
    assert dog["gait"].default == "slow"
    assert dog["name"].required
    assert dog["name"].evidence[0].location.line_start == 7
    assert types(found, "Owner") == {"id": "integer", "email": "email"}
    assert entity(found, "Owner").fields[1].unique


def test_typescript_and_csharp_types() -> None:
    found = read(
        "```ts\ntype Size = 'small' | 'large';\nexport interface Dog {\n  name: string; // call name\n  size: Size;\n"
        "  mood?: 'happy' | 'sad';\n  weight: number;\n  owner: Owner;\n}\n"
        "interface DogCardProps { title: string; open: boolean }\n"
        "interface Owner {\n  email: string;\n  vip: boolean;\n}\ninterface DogService {\n"
        "  find(id: string): Dog;\n  all(): Dog[];\n}\n```\n\n"
        "```csharp\npublic class Vet\n{\n    public string Name { get; set; }\n"
        "    public DateTime Licensed { get; set; }\n}\n```\n"
    )
    assert types(found, "Dog") == {
        "name": "string",
        "size": "selection",
        "mood": "selection",
        "weight": "decimal",
        "owner": "reference",
    }
    assert entity(found, "Dog").fields[1].values == ("small", "large")
    assert types(found, "Vet") == {"name": "string", "licensed": "datetime"}
    assert {entity.name for entity in found.entities} == {"Dog", "Owner", "Vet"}


def test_prisma_models() -> None:
    found = read(
        "```prisma\nenum Size {\n  SMALL\n  LARGE\n}\nmodel Dog {\n"
        "  id Int @id @default(autoincrement())\n  name String @unique\n"
        "  size Size\n  born DateTime?\n  owner Owner @relation(fields: [ownerId], references: [id])\n"
        "  ownerId Int\n}\n"
        "model Owner {\n  id Int @id\n  email String\n  dogs Dog[]\n}\n```\n"
    )
    dog = {field.name: field for field in entity(found, "Dog").fields}
    assert list(dog) == ["id", "name", "size", "born", "owner"]
    assert dog["size"].values == ("SMALL", "LARGE")
    assert dog["owner"].target == "Owner"
    assert (dog["name"].unique, dog["name"].required, dog["born"].required) == (True, True, False)


def test_mermaid_entities_relations_and_states() -> None:
    found = read(
        "## Model\n```mermaid\nerDiagram\n  OWNER ||--o{ DOG : keeps\n  OWNER {\n    uuid id PK\n"
        "    string email\n  }\n"
        "  DOG {\n    uuid id PK\n    date born\n  }\n```\n\n## Dog states\n```mermaid\n"
        "stateDiagram-v2\n  [*] --> Waiting\n"
        "  Waiting --> Adopted: adopt\n  Adopted --> [*]\n```\n"
    )
    assert types(found, "Dog")["born"] == "date"
    assert [(r.source, r.target, r.cardinality) for r in found.relationships] == [("Dog", "Owner", "n:1")]
    (flow,) = found.workflows
    assert (flow.entity, flow.states) == ("Dog", ("waiting", "adopted"))
    assert [(t.source, t.target, t.action) for t in flow.transitions] == [("waiting", "adopted", "adopt")]
    assert types(found, "Dog")["state"] == "selection"


def test_convex_tables() -> None:
    found = read(
        "```ts\nexport default defineSchema({\n  dogs: defineTable({\n    name: v.string(),\n"
        '    ownerId: v.id("owners"),\n'
        '    size: v.union(v.literal("s"), v.literal("l")),\n    note: v.optional(v.string()),\n  }),\n'
        "  owners: defineTable({ \n    email: v.string(),\n    vip: v.boolean(),\n  }),\n});\n```\n"
    )
    dog = {field.name: field for field in entity(found, "Dog").fields}
    assert (dog["owner_id"].type, dog["owner_id"].target) == ("reference", "Owner")
    assert dog["size"].values == ("s", "l")
    assert (dog["name"].required, dog["note"].required) == (True, False)


def test_brace_blocks() -> None:
    found = read(
        "## Data model\n\n```\nKennel { id, name, plan (free/paid) }\nDog {\n  id\n  name\n  kennel_id\n}\n```\n"
    )
    assert list(types(found, "Kennel")) == ["id", "name", "plan"]
    assert types(found, "Dog")["kennel_id"] == "reference"


@pytest.mark.parametrize(
    "sentence",
    [
        "Create dogs with name, breed and birth date.",
        "Dog fields shall include: name, breed, birth date.",
        "Maintain dogs with: name, breed, birth date.",
        "Maintain a list of dogs (name, breed, birth date).",
    ],
)
def test_fields_in_a_sentence(sentence: str) -> None:
    found = read(f"# Kennel\n\n- {sentence}\n")
    assert types(found, "Dog") == {"name": "string", "breed": "string", "birth_date": "date"}
    assert entity(found, "Dog").confidence == 0.6


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("A dog belongs to an owner.", ("Dog", "Owner", "n:1")),
        ("Owner has many dogs.", ("Dog", "Owner", "n:1")),
        ("Owner 与 Dog 是一对多关系", ("Dog", "Owner", "n:1")),
        ("Many-to-many between Dog and Owner", ("Dog", "Owner", "n:m")),
    ],
)
def test_relations_in_words(sentence: str, expected: tuple[str, str, str]) -> None:
    found = read(f"```\nDog {{ name, breed }}\nOwner {{ name, email }}\n```\n\n{sentence}\n")
    assert [(r.source, r.target, r.cardinality) for r in found.relationships] == [expected]


def test_a_glossary_term_alone_is_a_question() -> None:
    found = read("## 术语表\n\n- **读者（Reader）**: 图书馆的注册用户\n")
    assert found.entities == ()
    assert "Reader" in found.clarifications[0].question
