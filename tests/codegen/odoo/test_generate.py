"""What is generated from each demand: accepted by every judge, the same bytes each time, and nobody else's code."""

import ast
import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from opsroom_dagster.codegen.odoo.design import AddonDesign
from opsroom_dagster.codegen.odoo.generate import generate
from opsroom_dagster.codegen.odoo.verify import dropped, linter, manifest, python, references, xml
from opsroom_dagster.codegen.odoo.verify.external_ids import defined_ids
from opsroom_dagster.codegen.odoo.verify.finding import Finding
from opsroom_dagster.codegen.odoo.verify.tree import AddonTree
from opsroom_dagster.errors import InputError
from opsroom_dagster.requirements.model import Entity, Requirements
from tests.codegen.odoo.conftest import SERIES
from tests.codegen.odoo.demands import AUTHOR, DEMANDS, SURE, UNSURE, entity, field, flow, relation

JUDGES = (python, manifest, xml, references, dropped)
MAY_IMPORT = {"odoo", "psycopg2", "datetime"}
MAY_MAKE = {
    "res.groups",
    "ir.module.category",
    "ir.rule",
    "ir.sequence",
    "ir.ui.view",
    "ir.ui.menu",
    "ir.actions.act_window",
}
NEVER_CALLED = {"eval", "exec", "compile", "open", "system", "popen", "__import__", "globals", "setattr", "run"}


@pytest.fixture(params=DEMANDS)
def addon(request: pytest.FixtureRequest, tree_of: Callable[[str], AddonTree]) -> AddonTree:
    """The addon of each demand in turn."""
    return tree_of(request.param)


@pytest.fixture
def booking(tree_of: Callable[[str], AddonTree]) -> AddonTree:
    return tree_of("booking")


@pytest.fixture
def extension(tree_of: Callable[[str], AddonTree]) -> AddonTree:
    return tree_of("extension")


def build(tmp_path: Path, *entities: Entity, **more: object) -> AddonDesign:
    """The design of an addon with these entities."""
    requirements = Requirements.model_validate({"title": "Small", "entities": entities, **more})
    return generate(requirements, slug="small", series=SERIES, author=AUTHOR, output=tmp_path)


def source(addon: AddonTree, path: str) -> str:
    return (addon.root / path).read_text(encoding="utf-8")


def elements(addon: AddonTree, path: str, xpath: str) -> list[dict[str, str]]:
    """Attributes of the elements that an XPath finds."""
    return [dict(node.attrib) for node in addon.xml[path].xpath(xpath)]


def test_every_judge_accepts_it(addon: AddonTree) -> None:
    found: list[Finding] = [finding for judge in JUDGES for finding in judge.check(addon)]
    assert not found, "\n".join(map(str, found))


def test_the_linter_accepts_it(addon: AddonTree) -> None:
    assert linter.check(addon, AUTHOR) == []


@pytest.mark.parametrize("demand", DEMANDS)
def test_two_generations_give_the_same_bytes(demand: str, addon_of: Callable[[str], Path], tmp_path: Path) -> None:
    slug = demand.replace("_", "-")
    again = (
        tmp_path / generate(DEMANDS[demand](), slug=slug, series=SERIES, author=AUTHOR, output=tmp_path).technical_name
    )
    first = addon_of(demand)

    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file()) == files
    assert [name for name in files if (first / name).read_bytes() != (again / name).read_bytes()] == []


# What a document writes is data, wherever it stands.


def test_python_imports_odoo_only(addon: AddonTree) -> None:
    for path, module in addon.python.items():
        for node in ast.walk(module):
            if isinstance(node, ast.Import):
                assert {alias.name.split(".")[0] for alias in node.names} <= MAY_IMPORT, path
            elif isinstance(node, ast.ImportFrom) and not node.level:
                assert (node.module or "").split(".")[0] in MAY_IMPORT, path


def test_hostile_texts_call_nothing(tree_of: Callable[[str], AddonTree]) -> None:
    harmless = {name for demand in ("booking", "every_field", "limits") for name in _called(tree_of(demand))}
    assert {*_called(tree_of("hostile"))} <= harmless
    assert harmless.isdisjoint(NEVER_CALLED)


def test_python_holds_nothing_but_what_the_templates_write(addon: AddonTree) -> None:
    statements = (ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef, ast.Assign)
    for path, module in addon.python.items():
        if path != "__manifest__.py":
            assert all(isinstance(node, statements) for node in module.body), path
        for node in ast.walk(module):
            assert not isinstance(node, ast.JoinedStr) or path == "tests/common.py" or "member_" in ast.unparse(node)


def test_data_files_make_only_records_of_known_models(addon: AddonTree) -> None:
    own = {str(value) for module in addon.python.values() for value in _assigned(module, "_name")}
    for path, root in addon.xml.items():
        for node in root.iter("record"):
            assert node.get("model") in (own if path.startswith("demo/") else MAY_MAKE), path
        assert {str(node.tag) for node in root} <= {"record", "menuitem"}, path


def test_cells_are_no_formulas(addon: AddonTree) -> None:
    for path in addon.root.rglob("*.csv"):
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.reader(stream, strict=True):
                assert all(re.fullmatch(r"[a-z0-9_. ]+(:id)?", cell) for cell in row), row


def test_nothing_is_written_outside_of_the_addon(addon: AddonTree) -> None:
    assert [path.name for path in addon.root.parent.iterdir()] == [addon.name]
    for path in addon.root.rglob("*"):
        assert re.fullmatch(r"[a-z0-9_]+(\.[a-z.]+)?|README\.md|__manifest__\.py", path.name), path
        assert not path.is_symlink()


def test_ids_and_technical_names_are_plain(addon: AddonTree) -> None:
    for path in addon.data_files:
        for identifier, _ in defined_ids(addon, path):
            assert re.fullmatch(r"[a-z0-9_.]+", identifier), f"{path}: {identifier}"
    for path, module in addon.python.items():
        for name in ("_name", "_inherit", "_rec_name", "_order"):
            for value in _assigned(module, name):
                assert re.fullmatch(r"[a-z0-9_., ]+", value), f"{path}: {value}"
        for node in ast.walk(module):
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                assert re.fullmatch(r"[A-Za-z0-9_]+", node.name), path
                assert len(node.name) <= 110, path


def test_texts_are_not_read_as_templates(tree_of: Callable[[str], AddonTree]) -> None:
    hostile = tree_of("hostile")
    descriptions = [text for module in hostile.python.values() for text in _assigned(module, "_description")]

    assert '""" Import Os Os.system("x") """' in descriptions
    assert "{{ 77 }}{% For X In () %}" in descriptions, "asterisks are Markdown; nothing is computed"
    labels = [node.get("string", "") for root in hostile.xml.values() for node in root.iter("filter", "button")]
    assert "%%(name)s %%s {0} ${x}" in labels, "Odoo would replace %(name)s by a record's number"


def test_requirement_ids_stay_in_their_comment(tmp_path: Path) -> None:
    hostile = 'FR-1\n    """\n    import os'
    build(
        tmp_path,
        entity("Item", field("name")),
        requirements=[{"id": hostile, "text": "x", "entities": ["Item"], "evidence": SURE}],
    )
    assert '# Serves KE-item, FR-1 """ import os\n' in (tmp_path / "small/models/item.py").read_text(encoding="utf-8")


def _called(addon: AddonTree) -> Iterator[str]:
    for module in addon.python.values():
        calls = (node.func for node in ast.walk(module) if isinstance(node, ast.Call))
        yield from (call.attr if isinstance(call, ast.Attribute) else ast.unparse(call) for call in calls)


def _assigned(module: ast.Module, name: str) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            values = node.value.elts if isinstance(node.value, ast.List) else [node.value]
            yield from (str(value.value) for value in values if isinstance(value, ast.Constant))


# States, roles and rights.


def test_the_state_is_shown_as_a_bar_with_a_button_for_each_move(booking: AddonTree) -> None:
    form = "//form/header/"
    (bar,) = elements(booking, "views/booking_views.xml", f"{form}field[@name='state']")
    buttons = elements(booking, "views/booking_views.xml", f"{form}button")

    assert bar["widget"] == "statusbar"
    assert bar["statusbar_visible"] == "draft,requested,approved,returned,cancelled"
    assert [(b["name"], b["invisible"], b.get("groups")) for b in buttons] == [
        ("action_requested", "state != 'draft'", "booking.group_member"),
        ("action_approved", "state != 'requested'", "booking.group_desk_clerk"),
        ("action_returned", "state != 'approved'", "booking.group_desk_clerk"),
        ("action_cancelled", "state not in ('draft', 'requested')", None),
    ]


def test_the_methods_of_moves_ask_for_the_role_themselves(booking: AddonTree) -> None:
    code = source(booking, "models/booking.py")

    assert '"requested": "booking.group_member,booking.group_desk_clerk"' in code
    assert '"draft": ""' in code, "no role is stated for this move"
    assert "raise AccessError" in code and "raise UserError" in code


def test_permissions_become_access_lines(booking: AddonTree) -> None:
    rows = [row for row in booking.csv["security/ir.model.access.csv"] if row[2] == "model_booking_booking"]

    assert [(row[3], "".join(row[4:])) for row in rows] == [
        ("group_user", "1000"),
        ("group_member", "1110"),
        ("group_desk_clerk", "1110"),
        ("group_administrator", "1111"),
    ]


def test_a_role_with_its_own_records_only_gets_a_rule_and_the_others_see_all(booking: AddonTree) -> None:
    rules = {
        str(node.get("id")): "".join(node.xpath("field[@name='domain_force']/text()"))
        for node in booking.xml["security/rules.xml"].iter("record")
    }

    assert rules["rule_booking_member_own"] == "['|', ('create_uid', '=', user.id), ('user_id', '=', user.id)]"
    assert "('booking_id.user_id', '=', user.id)" in rules["rule_booking_line_member_own"]
    assert rules["rule_booking_desk_clerk_all"] == rules["rule_booking_administrator_all"] == "[(1, '=', 1)]"
    assert not any("equipment" in identifier for identifier in rules)


def test_states_without_moves_follow_one_another_and_the_reader_is_told(extension: AddonTree) -> None:
    code = source(extension, "models/cash_advance.py")

    assert 'self._move(("submitted",), "approved")' in code
    assert "no transition is stated" in source(extension, "README.md")


def test_a_state_named_like_a_method_of_odoo_overrides_nothing(tree_of: Callable[[str], AddonTree]) -> None:
    assert "def action_archive(" not in source(tree_of("limits"), "models/card.py")


# Fields, lines and constraints.


def test_a_number_comes_from_a_sequence(booking: AddonTree) -> None:
    code = source(booking, "models/booking.py")

    assert 'next_by_code("booking.booking")' in code
    assert ">booking.booking</field>" in source(booking, "data/sequences.xml")
    (number,) = elements(booking, "views/booking_views.xml", "//form//h1/field")
    assert number == {"name": "number", "readonly": "1"}


def test_lines_are_edited_in_the_form_of_what_they_belong_to(booking: AddonTree) -> None:
    code = source(booking, "models/booking.py")
    lines = "//form//page/field[@name='booking_line_ids']/list"

    assert 'inverse_name="booking_id"' in code
    assert 'ondelete="cascade"' in source(booking, "models/booking_line.py")
    assert elements(booking, "views/booking_views.xml", lines) == [{"editable": "bottom"}]
    shown = [node["name"] for node in elements(booking, "views/booking_views.xml", f"{lines}/field")]
    assert shown == ["quantity", "price", "currency_id"]


def test_money_has_a_currency(booking: AddonTree) -> None:
    code = source(booking, "models/booking.py")

    assert re.search(r'deposit = fields\.Monetary\(\s+currency_field="currency_id"', code)
    assert "default=lambda self: self.env.company.currency_id" in code


def test_constraints_become_those_of_the_table_and_of_python(booking: AddonTree) -> None:
    code = source(booking, "models/booking.py")

    assert '"UNIQUE(number)"' in code and '"UNIQUE(equipment_id, start_date)"' in code
    assert '@api.constrains("start_date", "end_date")' in code
    assert '"CHECK(quantity > 0)"' in source(booking, "models/booking_line.py")


def test_every_bound_of_a_number_is_kept_and_what_is_no_bound_is_told(tree_of: Callable[[str], AddonTree]) -> None:
    limits = tree_of("limits")
    reading, card = source(limits, "models/reading.py"), source(limits, "models/card.py")

    assert '"CHECK(value >= 0)"' in reading and reading.count('"CHECK(value <= 100)"') == 1
    assert '"CHECK(percent <> 50)"' in card and "UNIQUE(state)" not in card
    assert "weight" not in card.partition("_sql_constraints")[2]
    readme = source(limits, "README.md")
    for rule in ("weight \\> inf", "weight \\> nan", "name \\> 3", "weight \\> depth", "day \\<= start"):
        assert rule in readme
    assert "value \\>= 0" not in readme.partition("Not generated")[2]


def test_a_default_that_a_rule_refuses_or_takes_only_once_is_none(tree_of: Callable[[str], AddonTree]) -> None:
    code = source(tree_of("limits"), "models/card.py")

    assert "serial = fields.Char()" in code and "limit_value = fields.Integer()" in code


def test_a_number_called_name_stays_a_number(tree_of: Callable[[str], AddonTree]) -> None:
    code = source(tree_of("limits"), "models/numbered.py")

    assert "name = fields.Integer(" in code and '"CHECK(name > 3)"' in code
    assert '_rec_name = "name_2"' in code


def test_dates_are_ordered_strictly_where_the_document_says_so(tree_of: Callable[[str], AddonTree]) -> None:
    code = source(tree_of("limits"), "models/attendance.py")

    assert "def _check_end_value_after_start(" in code and "later <= earlier" in code
    assert "def _check_reviewed_not_before_end_value(" in code and "later < earlier" in code
    assert "_not_before_start(self)" in code and "_check_end_value_not_before_end_value" not in code


def test_a_field_of_every_type_is_built(tree_of: Callable[[str], AddonTree]) -> None:
    code = source(tree_of("every_field"), "models/sample.py")
    kinds = dict(re.findall(r"    (\w+) = fields\.(\w+)\(", code))

    assert {name.removeprefix("a_"): kind for name, kind in kinds.items() if name.startswith("a_")} == {
        "string": "Char", "text": "Text", "integer": "Integer", "decimal": "Float", "money": "Monetary",
        "boolean": "Boolean", "date": "Date", "datetime": "Datetime", "time": "Float", "email": "Char",
        "phone": "Char", "url": "Char", "file": "Binary", "image": "Image", "json": "Text", "uuid": "Char",
    }  # fmt: skip
    assert kinds["partner_id"] == "Many2one" and kinds["tag_ids"] == "Many2many" and kinds["unlisted"] == "Char"
    assert '("deep_red", "Deep Red")' in code and '("2_tone", "2 Tone")' in code and 'default="blue"' in code
    assert "default=3" in code and "default=0.5" in code and "default=fields.Date.context_today" in code


def test_records_that_require_one_another_can_be_made(tree_of: Callable[[str], AddonTree]) -> None:
    addon = tree_of("circles")

    assert "required=True" not in source(addon, "models/department.py").partition("head_id")[2]
    assert "required=True" in source(addon, "models/person.py").partition("department_id")[2]
    required = [name for name in ("egg", "hen", "chick") if "required=True" in source(addon, f"models/{name}.py")]
    assert len(required) == 3, "the one whose link is left open has a name instead"
    assert "name = fields.Char(" in source(addon, "models/category.py"), "a parent that may be empty names nothing"
    assert "because the two need each other" in source(addon, "README.md")
    assert {str(node.get("id")) for node in addon.xml["demo/demo.xml"].iter("record")} >= {
        "demo_egg_1",
        "demo_person_2",
    }


def test_no_currency_names_a_record(booking: AddonTree) -> None:
    assert '_rec_name = "booking_id"' in source(booking, "models/booking_line.py")


# Odoo's own models.


def test_a_model_of_odoo_is_extended_and_its_fields_are_used(extension: AddonTree) -> None:
    code = source(extension, "models/hr_expense.py")

    assert '_inherit = "hr.expense"' in code and "    _name" not in code
    assert re.findall(r"    (\w+) = fields", code) == [
        "status", "risk_level", "advance_id", "limit_amount", "messages",
    ]  # fmt: skip
    assert "required" not in code, "records that are there already have no value"


def test_an_extension_shows_its_fields_in_inherited_views_and_depends_on_their_module(extension: AddonTree) -> None:
    (form,) = elements(extension, "views/hr_expense_views.xml", "//record[1]/field[@name='inherit_id']")

    assert form["ref"] == "hr_expense.hr_expense_view_form"
    assert elements(extension, "views/hr_expense_views.xml", "//xpath[1]/group/field[1]") == [{"name": "status"}]
    assert extension.depends == ["hr_expense"], "account, hr and mail come with it"
    granted = {row[2] for row in extension.csv["security/ir.model.access.csv"][1:]}
    assert granted == {"model_extension_cash_advance"}, "Odoo's own models have their rights"


def test_labels_stay_apart_from_those_of_an_extended_model_that_is_delegated_to(extension: AddonTree) -> None:
    code = source(extension, "models/res_users.py")

    assert "standing = fields.Char()" in code, "partners have a Tier, and users are partners"
    assert "points = fields.Char()" in code


def test_a_reference_to_what_does_not_exist_is_left_out_and_told(extension: AddonTree) -> None:
    assert "unknown_id" not in source(extension, "models/cash_advance.py")
    assert "Unknown of CashAdvance" in source(extension, "README.md").replace("Cash Advance", "CashAdvance")


def test_modules_of_referenced_models_are_depended_on(tree_of: Callable[[str], AddonTree]) -> None:
    addon = tree_of("core_references")

    assert {"fleet", "stock", "crm", "purchase"} <= addon.closure
    assert not any("mail.thread" in source(addon, path) for path in addon.python), "abstract models keep no records"


# Names that fall together.


def test_colliding_names_stay_apart(tree_of: Callable[[str], AddonTree]) -> None:
    addon = tree_of("colliding")
    models = [value for path, module in addon.python.items() for value in _assigned(module, "_name")]

    assert len(models) == len(set(models)) == 9, "two entities that extend one model become one"
    assert all(len(model) <= 60 for model in models)
    thing = source(addon, "models/thing.py")
    fields = re.findall(r"    (\w+) = fields", thing)
    assert len(fields) == len(set(fields))
    assert "customer" in fields and {"env", "create_date", "search", "order", "lambda"}.isdisjoint(fields)


def test_no_two_groups_have_the_same_name(tree_of: Callable[[str], AddonTree]) -> None:
    root = tree_of("colliding").xml["security/groups.xml"]
    names = [node.text for node in root.xpath("//record[@model='res.groups']/field[@name='name']")]

    assert len(names) == len(set(names))
    assert [node.get("id") for node in root.xpath("//record[@model='res.groups']")].count("group_administrator") == 1


def test_what_is_hardly_believed_is_not_built(tmp_path: Path) -> None:
    design = build(
        tmp_path,
        entity("Sure", field("name"), field("guess", evidence=UNSURE)),
        entity("Guess", field("name"), evidence=UNSURE),
        entity("Bare"),
    )

    assert [model.model for model in design.models] == ["small.sure"]
    assert [f.name for f in design.models[0].fields] == ["name"]
    assert "Bare: nothing is stated about its fields." in design.not_generated


def test_a_relationship_that_no_field_carries_becomes_one(tmp_path: Path) -> None:
    design = build(
        tmp_path,
        entity("Author", field("name")),
        entity("Book", field("name")),
        relationships=[relation("Author", "Book", "1:n")],
    )
    book, author = design.model("small.book"), design.model("small.author")

    assert book and (link := book.field("author_id")) and link.comodel == "small.author"
    assert author and (lines := author.field("book_ids")) and lines.inverse == "author_id"


def test_an_entity_with_states_only_gets_a_number(tmp_path: Path) -> None:
    design = build(tmp_path, entity("Ticket"), workflows=[flow("Ticket", "open", "closed")])

    assert design.models[0].sequence_field == "name"
    assert design.models[0].order == "name, id"


def test_a_name_that_odoo_uses_is_not_taken(tmp_path: Path) -> None:
    requirements = Requirements(title="", entities=(entity("Lead", field("name")),))
    names = {
        slug: generate(requirements, slug=slug, series=SERIES, author=AUTHOR, output=tmp_path).technical_name
        for slug in ("crm", "test", "002-repair-desk", "42", "名前")
    }

    assert names == {
        "crm": "crm_addon", "test": "test_addon", "002-repair-desk": "repair_desk", "42": "n42",
        "名前": "project_addon",
    }  # fmt: skip


def test_an_unknown_series_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'7\.0' is not known\. Known series: .*18\.0"):
        generate(DEMANDS["booking"](), slug="x", series="7.0", author=AUTHOR, output=tmp_path)
