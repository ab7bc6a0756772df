"""What is known of Odoo 18.0."""

import pytest

from opsroom_dagster.codegen.odoo.knowledge import Knowledge, knowledge
from opsroom_dagster.errors import InputError


@pytest.fixture(scope="module")
def facts() -> Knowledge:
    return knowledge("18.0")


def test_a_model_belongs_to_the_module_that_defines_it(facts: Knowledge) -> None:
    models = ("res.partner", "hr.expense", "account.move", "not.there")
    assert [facts.module_of(model) for model in models] == ["base", "hr_expense", "account", None]


def test_a_field_belongs_to_the_first_module_that_defines_it(facts: Knowledge) -> None:
    partner = facts.fields_of("res.partner")
    assert partner["name"].module == "base", "account defines it again"
    assert partner["property_account_payable_id"].module == "account"
    assert "property_account_payable_id" not in facts.fields_of("res.partner", ["base"])


def test_fields_with_an_annotation_and_of_delegation_are_known(facts: Knowledge) -> None:
    partner = facts.fields_of("res.partner", ["base"])
    assert (partner["country_id"].comodel, partner["company_id"].comodel) == ("res.country", "res.company")
    assert "name" in facts.fields_of("ir.cron", ["base"]), "of the server action that it delegates to"
    assert "list_price" in facts.fields_of("product.product"), "of the template"


def test_a_field_that_only_changes_an_inherited_one_keeps_its_model(facts: Knowledge) -> None:
    assert facts.fields_of("hr.employee")["department_id"].comodel == "hr.department"


def test_every_model_has_the_fields_of_every_model(facts: Knowledge) -> None:
    assert {"id", "create_uid", "display_name"} <= set(facts.fields_of("not.there"))


def test_only_lasting_models_keep_records(facts: Knowledge) -> None:
    kept = [facts.keeps_records(model) for model in ("res.partner", "mail.thread", "base.language.install", "x.y")]
    assert kept == [True, False, False, False]


def test_dependencies_are_followed_to_their_end(facts: Knowledge) -> None:
    assert {"base", "mail", "hr", "account", "product"} <= facts.depends_closure(["hr_expense"])
    assert facts.depends_closure([]) == {"base"}
    assert "unknown" in facts.depends_closure(["unknown"])


def test_records_that_files_and_methods_make_are_known(facts: Knowledge) -> None:
    assert facts.model_of_xml_id("base.group_user") == "res.groups"
    assert facts.model_of_xml_id("hr_expense.hr_expense_view_form") == "ir.ui.view"
    assert facts.model_of_xml_id("stock.stock_location_stock") == "", "made by a method"
    assert facts.model_of_xml_id("base.nothing") is None
    assert facts.module_of_xml_id("base.group_user") == "base"


def test_the_main_view_is_of_the_models_own_module(facts: Knowledge) -> None:
    assert facts.main_view("res.partner", "form") == "base.view_partner_form"
    assert facts.has_sheet("base.view_partner_form")
    assert facts.main_view("mail.thread", "form") is None


def test_labels_are_those_of_all_fields(facts: Knowledge) -> None:
    assert {"messages", "followers", "created on", "id"} <= facts.labels_of("mail.thread")


def test_parameters_are_those_of_the_class_and_its_parents(facts: Knowledge) -> None:
    assert {"string", "required", "size", "trim", "translate"} <= facts.parameters_of("Char")
    assert {"comodel_name", "inverse_name", "domain"} <= facts.parameters_of("One2many")
    assert "currency_field" not in facts.parameters_of("Char") and not facts.parameters_of("Number")


def test_widgets_come_with_their_module(facts: Knowledge) -> None:
    assert facts.bring((), "field_widgets", "statusbar"), "the web client is always there"
    assert facts.bring((), "field_widgets", "daterange"), "registered in a chain"
    assert facts.bring(["mail"], "field_widgets", "many2one_avatar_user")
    assert not facts.bring(["mail"], "field_widgets", "account-tax-totals-field")
    assert facts.bring((), "view_widgets", "web_ribbon")
    assert facts.bring(["project"], "view_classes", "project_project_kanban")


def test_an_unknown_series_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"Known series: .*18\.0"):
        knowledge("../18.0")
