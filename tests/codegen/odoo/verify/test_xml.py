"""Data files and views that do not parse, that Odoo refuses, or that it shows wrongly without a word."""

from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from opsroom_dagster.codegen.odoo.verify import xml
from opsroom_dagster.codegen.odoo.verify.declared import declared
from opsroom_dagster.codegen.odoo.verify.tree import AddonTree
from tests.codegen.odoo.demands import DEMANDS
from tests.codegen.odoo.verify.faults import Fault, must_find, name_of

RNG = Path(__file__).parents[5] / "shared/odoo-rng/18.0"
"""Odoo's own schemas; they are no part of this project."""
VIEWS, EXTENSION = "views/booking_views.xml", "views/hr_expense_views.xml"
CSV = "security/ir.model.access.csv"
LIST, FORM, SEARCH = "<list decoration", "<form>", "<search>"
IN_LIST, IN_SEARCH = (
    '<field name="number" readonly="1" />',
    '<field name="number" />\n                <field name="user_id"',
)
FILTER = '<filter name="my_user_id" string="Mine as User"'


def beside(name: str, added: str, says: str) -> Fault:
    """Something that is put into the form's sheet."""
    return Fault(name, VIEWS, "<sheet>", f"<sheet>{added}", says)


def view(name: str, arch: str, says: str) -> Fault:
    """A view of another kind."""
    record = (
        f'<record id="booking_view_{name.replace(" ", "_")}" model="ir.ui.view"><field name="name">x</field>'
        f'<field name="model">booking.booking</field><field name="arch" type="xml">{arch}</field></record>'
    )
    return Fault(name, VIEWS, "</odoo>", f"{record}</odoo>", says)


REFUSED = (
    Fault("unknown attribute of a list", VIEWS, LIST, '<list colour="red" decoration', "<list> takes no 'colour'"),
    Fault("editable wrong", VIEWS, LIST, '<list editable="True" decoration', "'True' is none of top, bottom"),
    Fault("group in a list", VIEWS, IN_LIST, f"<group>{IN_LIST}</group>", "<group> does not belong into <list>"),
    Fault("page in a list", VIEWS, IN_LIST, f'<page name="x">{IN_LIST}</page>', "does not belong into <list>"),
    Fault("filter without name", VIEWS, FILTER, '<filter string="Mine as User"', "<filter> needs 'name'"),
    Fault("unknown attribute of a filter", VIEWS, FILTER, f'{FILTER} colour="red"', "<filter> takes no 'colour'"),
    Fault("notebook in a search", VIEWS, SEARCH, f"{SEARCH}<notebook />", "does not belong into <search>"),
    Fault("sheet in a search", VIEWS, SEARCH, f"{SEARCH}<sheet />", "does not belong into <search>"),
    Fault("limit is no number", VIEWS, LIST, '<list limit="many" decoration', "limit='many' is no number"),
    view("graph with a group", '<graph><group><field name="state" /></group></graph>', "does not belong into <graph>"),
    view("pivot with a filter", '<pivot><filter name="x" /></pivot>', "<filter> does not belong into <pivot>"),
    view("calendar with a group", '<calendar date_start="start_date"><group /></calendar>', "does not belong into <"),
    view("activity without a title", '<activity><field name="state" /></activity>', "<activity> needs 'string'"),
)  # fmt: skip
"""Views that break Odoo's schemas."""

FAULTS = (
    *REFUSED,
    # Files.
    Fault("not well formed", VIEWS, "</form>", "</from>", "does not parse"),
    Fault("undefined entity", VIEWS, "<p>A ", "<p>&nbsp;A ", "does not parse"),
    Fault("document type", VIEWS, "<odoo>", "<!DOCTYPE odoo><odoo>", "a document type is not allowed"),
    Fault("external entity", VIEWS, "<odoo>", '<!DOCTYPE odoo [<!ENTITY x SYSTEM "file:///etc/passwd">]><odoo>',
          "a document type is not allowed"),
    Fault("table with a broken quote", CSV, "access_booking_booking_user,", '"access"x,', "does not parse"),
    Fault("wrong root", "data/sequences.xml", "<odoo noupdate", "<openerp noupdate", "does not parse"),
    Fault("record in a record", VIEWS, "</record>", '<record id="x" model="ir.rule" /></record>',
          "<record> does not belong into <record>"),
    Fault("action tag", VIEWS, "</odoo>", '<act_window id="x" name="X" res_model="booking.booking" /></odoo>',
          "<act_window> does not belong into <odoo>"),
    Fault("report tag", VIEWS, "</odoo>", '<report id="x" /></odoo>', "<report> does not belong into <odoo>"),
    Fault("duplicate id", VIEWS, 'id="booking_view_form"', 'id="booking_view_list"', "is defined in views/booking_v"),
    Fault("id of another file", "views/skill_views.xml", "skill_action", "booking_action", "is defined in views/boo"),
    Fault("id of a table", CSV, "access_booking_booking_member", "access_booking_booking_user", "is defined in secur"),
    Fault("record without an id", VIEWS, ' id="booking_action"', "", "has no id: each update makes it anew"),
    Fault("bad eval", "security/rules.xml", 'eval="True"', 'eval="True and"', "eval='True and' is no Python"),
    Fault("bad eval in demonstration data", "demo/demo.xml", 'eval="100.0"', 'eval="100.0 EUR"', "is no Python"),
    # Views.
    Fault("tree", VIEWS, LIST, "<tree decoration", "does not parse"),
    view("tree view", '<tree><field name="state" /></tree>', "<tree> is no view of Odoo 18.0"),
    view("two roots", '<form><field name="state" /></form><list />', "<list> stands beside the view"),
    Fault("architecture as a text", VIEWS, ' type="xml"', "", "has no type='xml'"),
    Fault("view of nothing", VIEWS, '<field name="model">booking.booking</field>', "", "the view names no model"),
    Fault("page outside a notebook", VIEWS, "<notebook>", '<page name="x" string="X" /><notebook>',
          "<page> stands in <sheet>, not in notebook"),
    Fault("header in a sheet", VIEWS, "<sheet>", "<sheet><header />", "<header> stands in <sheet>"),
    Fault("chatter in a sheet", VIEWS, "<sheet>", "<sheet><chatter />", "<chatter> stands in <sheet>"),
    beside("unknown element", "<grupo />", "<grupo> is no element of a form"),
    beside("field without a name", '<field string="x" />', "<field> has no name"),
    beside("label without for", '<label string="x" />', "<label> names no field"),
    beside("button without a type", '<button name="action_approved" string="x" />', "<button> needs a name and a type"),
    beside("button without a name", '<button type="object" string="x" />', "<button> needs a name and a type"),
    beside("button of another type", '<button name="x" type="workflow" />', "<button> needs a name and a type"),
    beside("special button", '<button special="close" />', "<button> cannot be special='close'"),
    beside("action without its module", '<button name="booking_action" type="action" />', "without its module"),
    beside("bad invisible", '<field name="notes" invisible="state = 1" />', "is no Python expression"),
    beside("bad readonly", '<field name="notes" readonly="state ==" />', "is no Python expression"),
    beside("bad required", '<field name="notes" required="!state" />', "is no Python expression"),
    beside("bad options", '<field name="notes" options="{no}}" />', "is no Python expression"),
    beside("bad context", '<field name="notes" context="{" />', "is no Python expression"),
    beside("colspan is no number", '<group colspan="all" />', "colspan='all' is no number"),
    beside("group for groups", '<group group="base.group_user" />', "the attribute is groups="),
    beside("directive in a form", '<span t-if="state" />', "outside of a card"),
    beside("tooltip", '<span data-tooltip="x">x</span>', "data-tooltip= is forbidden"),
    beside("image without alt", '<img src="x" />', "<img> has no alt"),
    beside("icon without a title", '<i class="fa fa-car" />', "shows an icon without a title"),
    beside("alert without a role", '<div class="alert alert-info">x</div>', "an alert needs role="),
    beside("link as a button", '<a class="btn btn-primary">x</a>', "needs role='button'"),
    beside("hidden role", '<div role="presentation">x</div>', "hides the element"),
    beside("menu without a role", '<ul class="dropdown-menu"><li>x</li></ul>', "needs role='menu'"),
    Fault("bad decoration", VIEWS, "state in (", "state not on (", "is no Python"),
    Fault("bad domain", VIEWS, "[('user_id', '=', uid)]", "[('user_id', '=', uid)", "is no Python expression"),
    Fault("domain with a word", VIEWS, "[('user_id', '=', uid)]", "['or', ('user_id', '=', uid)]", "is no operator"),
    Fault("domain without a term", VIEWS, "[('user_id', '=', uid)]", "['|', ('user_id', '=', uid)]", "lacks 1 terms"),
    Fault("term of two", VIEWS, "[('user_id', '=', uid)]", "[('user_id', uid)]", "is no term of three parts"),
    Fault("unknown operator", VIEWS, "[('user_id', '=', uid)]", "[('user_id', '==', uid)]", "compares with '=='"),
    Fault("search of nothing", "views/skill_views.xml", '<search>\n                <field name="name" />', "<search>",
          "<search> holds no field"),
    Fault("list in a form", VIEWS, '<list editable="bottom">', '<list editable="yes">', "'yes' is none of top, bottom"),
    view("calendar without a start", '<calendar><field name="state" /></calendar>', "<calendar> has no date_start"),
    view("kanban without a card", '<kanban><templates><t t-name="box" /></templates></kanban>', "no template named ca"),
    view("kanban with a handler", '<kanban><templates><t t-name="card" t-on-click="x" /></templates></kanban>',
         "t-on-click= is forbidden"),
    # Views that change others.
    Fault("found by string", EXTENSION, 'expr="//sheet"', "expr=\"//group[@string='x']\"", "not found by its string",
          demand="extension"),
    Fault("found by class", EXTENSION, 'expr="//sheet"', "expr=\"//div[@class='x']\"", "write hasclass",
          demand="extension"),
    Fault("bad xpath", EXTENSION, 'expr="//sheet"', 'expr="//sheet["', "is no XPath", demand="extension"),
    Fault("xpath without expr", EXTENSION, ' expr="//sheet"', "", "<xpath> has no expr", demand="extension"),
    Fault("stray attribute", EXTENSION, "<group name", '<attribute name="invisible">1</attribute><group name',
          "stands where no position='attributes' is", demand="extension"),
    Fault("page in a group", EXTENSION, "</group>", '<page name="x" /></group>', "<page> stands in <group>",
          demand="extension"),
)  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=name_of)
def test_it_finds(fault: Fault, alter: Callable[..., AddonTree]) -> None:
    must_find(xml.check(alter(fault)), fault)


GOOD = (
    beside("icon with a text", '<span><i class="fa fa-car" /> Car</span>', ""),
    beside("icon with a title", '<i class="fa fa-car" title="Car" />', ""),
    beside("alert with a role", '<div class="alert alert-info" role="status">x</div>', ""),
    beside("label of a text", '<label class="o_form_label" string="x" />', ""),
    beside("save", '<button special="save" string="Save" />', ""),
    Fault("domain in prefix form", VIEWS, "[('user_id', '=', uid)]",
          "['|', '!', ('state', '=', 'draft'), '&amp;', ('state', '=', 'x'), ('user_id', '=', uid), (1, '=', 1)]", ""),
    Fault("computed domain", VIEWS, "[('user_id', '=', uid)]", "[('user_id', '=', uid)] + []", ""),
    Fault("several changes", EXTENSION, "</xpath>",
          '</xpath><xpath expr="//field[@name=\'name\']" position="attributes"><attribute name="string">x</attribute>'
          "</xpath>", "", demand="extension"),
    Fault("place by name", EXTENSION, "</xpath>",
          '</xpath><field name="name" position="after"><field name="status" /></field>', "", demand="extension"),
    view("calendar", '<calendar date_start="start_date" string="x"><field name="state" /></calendar>', ""),
    view("graph", '<graph string="x"><field name="state" /><field name="deposit" type="measure" /></graph>', ""),
    view("pivot", '<pivot string="x"><field name="state" type="row" /></pivot>', ""),
    view("kanban", '<kanban default_group_by="state"><templates><t t-name="card"><field name="number" />'
         '<t t-if="record.state.raw_value"><field name="state" /></t></t></templates></kanban>', ""),
)  # fmt: skip


@pytest.mark.parametrize("change", GOOD, ids=name_of)
def test_it_accepts(change: Fault, alter: Callable[..., AddonTree]) -> None:
    assert xml.check(alter(change)) == []


# Odoo's own schemas say the same.


@pytest.fixture(scope="module")
def schemas() -> dict[str, etree.RelaxNG]:
    """Element of a view → Odoo's schema of it."""
    if not RNG.is_dir():
        pytest.skip("Odoo's schemas are not beside this repository")
    files = {path.stem.removesuffix("_view"): path for path in RNG.glob("*_view.rng")}
    return {name: etree.RelaxNG(etree.parse(str(path))) for name, path in files.items()}


def broken(addon: AddonTree, schemas: dict[str, etree.RelaxNG]) -> list[str]:
    """What Odoo's schemas say of the addon's views."""
    found: list[str] = []
    for record, root in declared(addon).views():
        if root.tag in schemas and record.value("inherit_id") is None:
            arch = etree.fromstring(etree.tostring(root, with_tail=False))
            schema = schemas[str(root.tag)]
            found += [] if schema.validate(arch) else [f"{record.id}: {error}" for error in schema.error_log]
    return found


@pytest.mark.parametrize("demand", DEMANDS)
def test_views_follow_the_schemas_of_odoo(
    demand: str, tree_of: Callable[[str], AddonTree], schemas: dict[str, etree.RelaxNG]
) -> None:
    addon = tree_of(demand)
    judged = [root.tag for _, root in declared(addon).views() if root.tag in schemas]
    assert {"list", "search"} <= set(judged)
    assert broken(addon, schemas) == []


@pytest.mark.parametrize("fault", REFUSED, ids=name_of)
def test_the_schemas_of_odoo_refuse_the_same(
    fault: Fault, alter: Callable[..., AddonTree], schemas: dict[str, etree.RelaxNG]
) -> None:
    assert broken(alter(fault), schemas)


@pytest.mark.parametrize("change", GOOD, ids=name_of)
def test_the_schemas_of_odoo_accept_the_same(
    change: Fault, alter: Callable[..., AddonTree], schemas: dict[str, etree.RelaxNG]
) -> None:
    assert broken(alter(change), schemas) == []
