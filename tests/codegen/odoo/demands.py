"""Requirements made by hand, one function a kind of demand."""

from collections.abc import Sequence
from typing import Any

from opsroom_dagster.documents.model import Location
from opsroom_dagster.requirements.model import (
    Constraint,
    Entity,
    Evidence,
    Field,
    Permission,
    Relationship,
    Requirement,
    Requirements,
    Role,
    Transition,
    Workflow,
)

AUTHOR = "Odoo Community Association (OCA)"
SURE = (Evidence(rule="test", confidence=0.9, block="0.1", location=Location(file="a.md", line_start=1, line_end=1)),)
UNSURE = (Evidence(rule="test", confidence=0.4, block="0.1", location=Location(file="a.md", line_start=1, line_end=1)),)


def field(name: str, kind: Any = "string", **changes: Any) -> Field:
    """A field that is surely meant."""
    label = changes.pop("label", name.replace("_", " ").title())
    return Field(name=name, label=label, type=kind, evidence=changes.pop("evidence", SURE), **changes)


def entity(name: str, *fields: Field, **changes: Any) -> Entity:
    """An entity that is surely meant."""
    label = changes.pop("label", name)
    evidence = changes.pop("evidence", SURE)
    return Entity(name=name, label=label, id=f"KE-{name.lower()}", fields=fields, evidence=evidence, **changes)


def flow(entity: str, *states: str, moves: Sequence[tuple[str, str, str | None]] = (), **changes: Any) -> Workflow:
    """A life cycle; ``moves`` are (from, to, role)."""
    transitions = tuple(Transition(source=source, target=target, role=role) for source, target, role in moves)
    return Workflow(entity=entity, states=states, transitions=transitions, evidence=SURE, **changes)


def role(name: str, *permissions: Permission) -> Role:
    """A role that is surely meant."""
    return Role(name=name, permissions=permissions, evidence=SURE)


def relation(source: str, target: str, cardinality: Any) -> Relationship:
    """A relationship that is surely meant."""
    return Relationship.model_validate(
        {"from": source, "to": target, "cardinality": cardinality, "evidence": [e.model_dump() for e in SURE]}
    )


def every_field() -> Requirements:
    """One entity with a field of every type, with and without what may be stated of it."""
    kinds = ("string", "text", "integer", "decimal", "money", "boolean", "date", "datetime", "time", "email", "phone",
             "url", "file", "image", "json", "uuid")  # fmt: skip
    plain = [field(f"a_{kind}", kind) for kind in kinds]
    required = [field(f"needed_{kind}", kind, required=True) for kind in kinds]
    stated = [
        field("colour", "selection", values=("Deep Red", "blue", "2 tone"), default="blue"),
        field("mood", "selection", required=True, values=("good", "bad")),
        field("unlisted", "selection"),
        field("quantity", "integer", default="3"),
        field("share", "decimal", default="0.5"),
        field("is_open", "boolean", default="true"),
        field("day", "date", default="today"),
        field("partner_id", "reference", target="res.partner", required=True),
        field("user_id", "reference", target="res.users"),
        field("tag_ids", "reference", target="Tag", many=True),
        field("code_value", "string", unique=True),
    ]
    return Requirements(
        title="Every Field", entities=(entity("Sample", *plain, *required, *stated), entity("Tag", field("name")))
    )


def booking() -> Requirements:
    """Roles, permissions, a life cycle with roles, lines, constraints, dates and money."""
    return Requirements(
        title="Equipment Booking",
        entities=(
            entity(
                "Booking",
                field("number", required=True, unique=True),
                field("user_id", "reference", target="res.users", required=True),
                field("equipment_id", "reference", target="Equipment", required=True),
                field("start_date", "date", required=True),
                field("end_date", "date", required=True),
                field("deposit", "money"),
                field("notes", "text"),
                description="A reservation of one piece of equipment.",
            ),
            entity("BookingLine", field("booking_id", "reference", target="Booking", required=True),
                   field("quantity", "integer", required=True), field("price", "money")),
            entity("Equipment", field("name", required=True), field("serial", unique=True), field("active", "boolean"),
                   field("condition", "selection", values=("new", "worn"))),
            entity("Skill", field("name")),
        ),
        relationships=(relation("Booking", "BookingLine", "1:n"), relation("Equipment", "Skill", "n:m")),
        roles=(
            role("Member", Permission(entity="Booking", actions=("create", "read", "update"), own_only=True)),
            role("Desk Clerk", Permission(entity="Booking", actions=("create", "read", "update", "approve"))),
            role("Administrator", Permission(entity="*", actions=("create", "read", "update", "delete"))),
            role("User"),
        ),
        workflows=(
            flow("Booking", "draft", "requested", "approved", "returned", "cancelled",
                 moves=(("draft", "requested", "Member"), ("requested", "approved", "Desk Clerk"),
                        ("approved", "returned", "Desk Clerk"), ("draft", "cancelled", None),
                        ("requested", "cancelled", "Member"), ("requested", "cancelled", "Desk Clerk"))),
        ),
        constraints=(
            Constraint(id="C-1", text="Quantity must be positive", entity="BookingLine", fields=("quantity",),
                       kind="check", expression="quantity > 0", evidence=SURE),
            Constraint(id="C-2", text="A booking ends on or after its start", entity="Booking",
                       fields=("end_date", "start_date"), kind="check", expression="end_date >= start_date",
                       evidence=SURE),
            Constraint(id="C-3", text="One booking per equipment and day", entity="Booking",
                       fields=("equipment_id", "start_date"), kind="unique", evidence=SURE),
        ),
        requirements=(Requirement(id="FR-001", text="Bookings are approved", entities=("Booking",), evidence=SURE),),
    )  # fmt: skip


def extension() -> Requirements:
    """Models that Odoo has, with fields it has, fields it lacks, and new models beside them."""
    return Requirements(
        title="Expense Parity",
        entities=(
            entity("Expense", field("name", required=True), field("total_amount", "money"), field("status", "selection",
                   values=("new", "old")), field("risk_level", "selection", values=("low", "high"), required=True),
                   field("advance_id", "reference", target="CashAdvance"), field("limit_amount", "money"),
                   field("messages", "text"), odoo_model="hr.expense"),
            entity("Partner", field("tier", required=True), field("loyalty_points", "integer", required=True),
                   odoo_model="res.partner"),
            entity("Account", field("standing", label="Tier"), field("points", label="Loyalty Points"),
                   odoo_model="res.users"),
            entity("CashAdvance", field("employee_id", "reference", target="hr.employee", required=True),
                   field("amount", "money", required=True), field("move_id", "reference", target="account.move"),
                   field("unknown_id", "reference", target="x.not.there")),
        ),
        workflows=(flow("CashAdvance", "draft", "submitted", "approved", "settled"),),
        roles=(role("Finance"),),
    )  # fmt: skip


def core_references() -> Requirements:
    """References, required, to models of other modules."""
    targets = ("res.users", "res.company", "res.currency", "res.country", "hr.employee", "hr.department",
               "project.project", "project.task", "product.product", "account.account", "account.journal",
               "account.move", "account.payment", "account.tax", "account.analytic.account", "uom.uom",
               "stock.warehouse", "stock.location", "stock.lot", "ir.attachment", "mail.message", "fleet.vehicle",
               "sale.order", "purchase.order", "crm.lead", "mail.thread", "base.language.install")  # fmt: skip
    entities = tuple(
        entity(f"Note{index}", field("name"), field("about_id", "reference", target=target, required=True))
        for index, target in enumerate(targets)
    )
    return Requirements(title="References", entities=entities)


HOSTILE = (
    "{{ 7*7 }}{% for x in () %}", '"""\nimport os\nos.system("x")\n"""', "'; DROP TABLE res_users; --",
    "</field><record id='x' model='res.users'/>", "]]>&lt;<!-- -->", "=cmd|' /C calc'!A0", "../../etc/passwd",
    "a,b\nc,d", "\x00\x07\u202e\ud800", "%(name)s %s {0} ${x}", "名前", "class", "None", "self", "\\", "1st", "",
)  # fmt: skip


def hostile() -> Requirements:
    """Names and texts that try to be code, markup, paths or formulas wherever a document may put one."""
    entities = tuple(
        entity(
            text or "Empty", field(text or "empty", label=text, help=text, default=text, required=True, unique=True),
            field(f"pick {index}", "selection", label=text, values=(text, f"{text} ", "ok"), default=text, help=text),
            field("name", label=text), label=text, description=text, odoo_model=text if index % 2 else None,
        )
        for index, text in enumerate(HOSTILE)
    )  # fmt: skip
    flows = tuple(
        Workflow(
            entity=text or "Empty", field=text or "state", states=("draft", text, "done"), labels={"draft": text},
            transitions=(Transition(source="draft", target="done", action=text, role=text),), evidence=SURE,
        )
        for text in HOSTILE
    )  # fmt: skip
    return Requirements(
        title=HOSTILE[1] + HOSTILE[0], entities=entities, workflows=flows,
        roles=tuple(Role(name=text, description=text, evidence=SURE,
                         permissions=(Permission(entity="*", actions=("read", "update"), own_only=True),))
                    for text in HOSTILE),
        constraints=tuple(Constraint(id=f"C-{index}", text=text, entity=text or "Empty", fields=("name",),
                                     kind="unique", expression=text, evidence=SURE)
                          for index, text in enumerate(HOSTILE)),
        requirements=tuple(Requirement(id=text, text=text, entities=(text,), evidence=SURE) for text in HOSTILE),
    )  # fmt: skip


def colliding() -> Requirements:
    """Names that fall together, are reserved somewhere, or are very long."""
    reserved = ("id", "env", "create_date", "write_uid", "display_name", "_name", "__init__", "search", "message_post",
                "activity_schedule", "toggle_active", "filtered_domain", "concat", "order", "user", "select", "class",
                "lambda", "company_id", "currency_id", "active", "parent_path", "state", "message_ids", "x" * 200,
                "2fa", "tableoid", "ctid", "xmin", "init", "flush", "sequence", "company", "customer", "customer_id",
                "Customer")  # fmt: skip
    long = "Very" * 20 + "Long"
    return Requirements(
        title="Collisions",
        entities=(
            entity("Thing", *(field(name) for name in reserved), field("price", "money"), field("currency")),
            entity("thing", field("name")),
            entity("Thing_", field("name")),
            entity(long, field("name"), field("others_ids", "reference", target=long + "Too", many=True)),
            entity(long + "Too", field("name"), field("messages"), field("created_on_x", label="Created on"),
                   field("followers", label="Followers"), field("one", label="Same"), field("two", label="Same"),
                   field("three", label="ID"), field("four", label="Display Name")),
            entity("Test", field("name")), entity("Models", field("name")), entity("Common", field("name")),
            entity("HrExpense", field("name")), entity("Expense", field("extra"), odoo_model="hr.expense"),
            entity("Claim", field("more"), odoo_model="hr.expense"),
        ),
        workflows=(flow(long + "Too", "new", "old"), flow("Thing", "new", "old", field="active")),
        roles=(role("User"), role("Manager"), role("Administrator"), role("administrator"), role("Admin"),
               role("manager")),
    )  # fmt: skip


def unique(entity: str, *fields: str) -> Constraint:
    """No two records have the same."""
    text = f"One {entity} for each {' and '.join(fields)}"
    return Constraint(id=text, text=text, entity=entity, fields=fields, kind="unique", evidence=SURE)


def limit(entity: str, expression: str) -> Constraint:
    """A comparison that holds for every record."""
    return Constraint(
        id=f"{entity} {expression}", text=f"It holds that {expression}", entity=entity, kind="check",
        fields=(expression.split()[0],), expression=expression, evidence=SURE,
    )  # fmt: skip


def limits() -> Requirements:
    """Constraints of every kind, and some that cannot be built or say nothing."""
    return Requirements(
        title="Limits",
        entities=(
            entity("Profile", field("user_id", "reference", target="res.users", required=True, unique=True)),
            entity("Meter", field("name", required=True), field("rank", "integer", required=True, unique=True)),
            entity("Reading", field("meter_id", "reference", target="Meter", required=True),
                   field("day", "date", required=True), field("value", "decimal"), field("cost", "money", unique=True)),
            entity("Attendance", field("employee_id", "reference", target="hr.employee", required=True),
                   field("day", "date", required=True), field("start", "datetime"), field("end", "datetime"),
                   field("reviewed", "datetime")),
            entity("Price", field("size", "selection", values=("small", "large"), required=True),
                   field("colour", "selection", values=("red", "blue"), required=True)),
            entity("Card", field("name", required=True), field("depth", "integer", required=True, unique=True),
                   field("percent", "decimal", default="nan"), field("weight", "integer", default="1e99"),
                   field("serial", unique=True, default="none"), field("limit_value", "integer", default="0")),
            entity("Numbered", field("name", "integer")),
        ),
        workflows=(flow("Card", "new", "archive"),),
        roles=(role("Clerk", Permission(entity="*", actions=("create", "read", "update"), own_only=True)),),
        constraints=(
            unique("Reading", "meter_id", "day"), unique("Attendance", "employee_id", "day", "day"),
            unique("Price", "size", "colour"), unique("Card", "state"), unique("Card", "nothing"), unique("Card"),
            limit("Numbered", "name > 3"), limit("Card", "limit_value > 5"), limit("Reading", "value >= 0"),
            limit("Reading", "value <= 100"), limit("Reading", "value <= 100"),
            limit("Card", "depth < 0"), limit("Card", "percent != 50"), limit("Card", "percent >= 12.5"),
            limit("Card", "weight > inf"), limit("Card", "weight > nan"), limit("Card", f"weight < {'9' * 400}"),
            limit("Card", "name > 3"), limit("Card", "nothing > 3"), limit("Card", "weight > depth"),
            limit("Attendance", "end > start"), limit("Attendance", "end >= start"), limit("Attendance", "end >= end"),
            limit("Attendance", "reviewed >= end"), limit("Attendance", "start <= reviewed"),
            limit("Attendance", "day <= start"),
        ),
    )  # fmt: skip


def circles() -> Requirements:
    """Entities that require one another, or themselves."""
    return Requirements(
        title="Circles",
        entities=(
            entity("Department", field("name"), field("head_id", "reference", target="Person", required=True)),
            entity("Person", field("name"), field("department_id", "reference", target="Department", required=True)),
            entity("Category", field("parent_id", "reference", target="Category", required=True)),
            entity("Egg", field("hen_id", "reference", target="Hen", required=True)),
            entity("Hen", field("chick_id", "reference", target="Chick", required=True)),
            entity("Chick", field("egg_id", "reference", target="Egg", required=True), field("weight", "decimal")),
        ),
        relationships=(relation("Department", "Person", "1:n"), relation("Category", "Category", "1:n"),
                       relation("Person", "Hen", "n:m"), relation("Hen", "Person", "n:m"),
                       relation("Egg", "Chick", "1:1")),
        workflows=(flow("Person", "new", "known", moves=(("new", "known", "Stranger"),)),),
    )  # fmt: skip


DEMANDS = {
    demand.__name__: demand
    for demand in (every_field, booking, extension, core_references, hostile, colliding, limits, circles)
}
"""All of them, by name."""
