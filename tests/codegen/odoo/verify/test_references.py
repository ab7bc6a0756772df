"""Names that lead nowhere: in models, views, actions, rules, access rights, menus and data."""

from collections.abc import Callable

import pytest

from opsroom_dagster.codegen.odoo.verify import references
from opsroom_dagster.codegen.odoo.verify.tree import AddonTree
from tests.codegen.odoo.verify.faults import Fault, must_find, name_of

MODEL, LINE, VIEWS = "models/booking.py", "models/booking_line.py", "views/booking_views.xml"
CSV, RULES, DEMO, MANIFEST = "security/ir.model.access.csv", "security/rules.xml", "demo/demo.xml", "__manifest__.py"
EXTENSION = "views/hr_expense_views.xml"
NOTES = "    notes = fields.Text()\n"
METHOD = "    def _move("
MINE = "[('user_id', '=', uid)]"


def field(name: str, code: str, says: str) -> Fault:
    """Another field of the model."""
    return Fault(name, MODEL, NOTES, f"{NOTES}    extra = {code}\n", says)


def method(name: str, code: str, says: str) -> Fault:
    """Another method of the model."""
    return Fault(name, MODEL, METHOD, f"    {code}\n\n{METHOD}", says)


def sheet(name: str, added: str, says: str) -> Fault:
    """Something in the form's sheet."""
    return Fault(name, VIEWS, "<sheet>", f"<sheet>{added}", says)


def action(name: str, field: str, text: str, says: str) -> Fault:
    """A field of the action."""
    mode = '<field name="view_mode">list,form</field>'
    return Fault(name, VIEWS, mode, f'{mode}<field name="{field}">{text}</field>', says)


MODELS = (
    Fault("no description", MODEL, '    _description = "Booking"\n', "", "has no _description"),
    Fault("unknown parent", MODEL, '"mail.activity.mixin"', '"mail.activity.mixing"', "inherits mail.activity.mixing"),
    Fault("parent of another module", MODEL, '"mail.activity.mixin"', '"portal.mixin"', "needs another dependency"),
    Fault("unknown record name", MODEL, '_rec_name = "number"', '_rec_name = "title"', "names the field 'title'"),
    Fault("unknown order", MODEL, '_order = "start_date', '_order = "date_start', "names the field 'date_start'"),
    Fault("model twice", "models/skill.py", '"booking.skill"', '"booking.equipment"', "as another class does",
          at="models/equipment.py"),
    field("unknown comodel", 'fields.Many2one("res.nobody")', "extra refers to res.nobody"),
    field("comodel of another module", 'fields.Many2one(comodel_name="hr.employee")', "extra refers to hr.employee"),
    field("no comodel", "fields.Many2one()", "extra refers to None"),
    field("unknown class", "fields.Number()", "fields.Number is no class of fields"),
    field("unknown parameter", "fields.Char(requird=True)", "'requird' is no parameter of fields.Char"),
    field("parameter of another class", 'fields.Char(currency_field="x")', "'currency_field' is no parameter"),
    field("states of a field", "fields.Char(states={})", "'states' is no parameter"),
    field("label of another field", 'fields.Char(string="Notes")', "extra has the label 'Notes' of notes"),
    field("label of an inherited field", 'fields.Char(string="Messages")', "has the label 'Messages' of an inherited"),
    field("label that Odoo uses", 'fields.Char("Created by")', "has the label 'Created by'"),
    field("unknown default", 'fields.Selection([("a", "A")], default="b")', "the default 'b' is none of a"),
    field("value twice", 'fields.Selection([("a", "A"), ("a", "B")])', "the value 'a' stands there twice"),
    field("unknown group", 'fields.Char(groups="booking.group_ghost")', "the group booking.group_ghost does not exist"),
    field("missing compute", 'fields.Char(compute="_compute_extra")', "compute='_compute_extra' is no method"),
    field("missing inverse", 'fields.Char(inverse="_inverse_extra")', "inverse='_inverse_extra' is no method"),
    field("missing search", 'fields.Char(search="_search_extra")', "search='_search_extra' is no method"),
    field("unknown related field", 'fields.Char(related="user_id.nick")', "res.users has no field 'nick'"),
    field("related past the end", 'fields.Char(related="number.name")', "'number' in 'number.name' refers to no model"),
    field("money without currency", 'fields.Monetary(currency_field="euro")', "euro is no currency"),
    field("required but set null", 'fields.Many2one("res.users", required=True, ondelete="set null")', "set null"),
    field("compute that assigns nothing", 'fields.Char(compute="_fill")\n\n    def _fill(self):\n        pass\n',
          "_fill does not assign it"),
    Fault("tracking without messages", "models/skill.py", "required=True,", "required=True, tracking=True,",
          "'tracking' needs a model that inherits from mail.thread"),
    Fault("wrong inverse", MODEL, 'inverse_name="booking_id"', 'inverse_name="quantity"', "does not lead back"),
    Fault("missing inverse field", LINE, "    booking_id = ", "    order_id = ",
          "booking.booking_line.booking_id does not lead back", at=MODEL),
    Fault("lines of another model", MODEL, '"booking.booking_line"', '"booking.skill"', "does not lead back"),
    Fault("unknown constrained field", MODEL, '@api.constrains("start_date"', '@api.constrains("begin"', "'begin'"),
    Fault("constraint over a path", MODEL, '@api.constrains("start_date"', '@api.constrains("user_id.name"',
          "api.constrains takes fields of the model itself"),
    method("unknown dependency", '@api.depends("user_id.nick")\n    def x(self):\n        pass', "no field 'nick'"),
    method("unknown change", '@api.onchange("nick")\n    def x(self):\n        pass', "no field 'nick'"),
    Fault("column of nobody", MODEL, '"UNIQUE(number)"', '"UNIQUE(numero)"', "the column 'numero'"),
    Fault("constraint without sense", MODEL, '"UNIQUE(number)"', '"UNIQUE number"', "is no constraint of SQL"),
    Fault("broken check", LINE, "quantity > 0", "quantity >", "is no constraint of SQL"),
    Fault("missing sequence", "data/sequences.xml", ">booking.booking<", ">booking.order<",
          "no sequence with the code 'booking.booking'", at=MODEL),
    Fault("undeclared import", MODEL, "from odoo import", "from odoo.addons.crm.models import lead\nfrom odoo import",
          "imports from crm"),
    Fault("test that imports undeclared", "tests/common.py", "from datetime",
          "from odoo.addons.account.tests import common\nfrom datetime", "imports from account"),
)  # fmt: skip
VIEW_FAULTS = (
    sheet("unknown field", '<field name="colour" />', "booking.booking has no field 'colour'"),
    Fault("unknown field in a list", VIEWS, "<list decoration", '<list default_order="colour" decoration', "'colour'"),
    Fault("unknown field of a line", VIEWS, '<field name="quantity" />', '<field name="weight" />',
          "booking.booking_line has no field 'weight'"),
    Fault("unknown searched field", VIEWS, '<search>\n                <field name="number"',
          '<search>\n                <field name="colour"', "has no field 'colour'"),
    Fault("unknown field in a filter", VIEWS, MINE, "[('owner_id', '=', uid)]", "has no field 'owner_id'"),
    Fault("path past the end in a filter", VIEWS, MINE, "[('number.x', '=', uid)]", "refers to no model"),
    Fault("unknown group by", VIEWS, "{'group_by': 'user_id'}", "{'group_by': 'owner_id'}", "no field 'owner_id'"),
    Fault("unknown date", VIEWS, '<filter name="state_draft"', '<filter name="by_day" string="Day" date="day" />'
          '<filter name="state_draft"', "no field 'day'"),
    Fault("unknown field in a decoration", VIEWS, 'decoration-muted="state', 'decoration-muted="status', "'status'"),
    sheet("unknown field in invisible", '<field name="notes" invisible="status == 1" />', "has no field 'status'"),
    sheet("unknown field in readonly", '<field name="notes" readonly="status" />', "has no field 'status'"),
    sheet("unknown field in required", '<field name="notes" required="status" />', "has no field 'status'"),
    sheet("JavaScript", '<field name="notes" invisible="true" />', "has no field 'true'"),
    sheet("unknown field in a context", '<field name="user_id" context="{\'a\': status}" />', "has no field 'status'"),
    sheet("unknown field in a domain", '<field name="user_id" domain="[(\'nick\', \'=\', 1)]" />',
          "res.users has no field 'nick'"),
    sheet("unknown field beside a domain", '<field name="user_id" domain="[(\'name\', \'=\', nick)]" />',
          "booking.booking has no field 'nick'"),
    sheet("domain of a text", '<field name="notes" domain="[(\'id\', \'=\', 1)]" />', "notes refers to no model"),
    sheet("unknown label", '<label for="colour" />', "<label for='colour'> is for nothing in the view"),
    sheet("label of what is not shown", '<label for="create_date" />', "is for nothing in the view"),
    sheet("unknown widget", '<field name="notes" widget="sparkline" />', "no widget 'sparkline'"),
    sheet("widget of another module", '<field name="user_id" widget="project_state_selection" />', "no widget"),
    sheet("unknown widget of a view", '<widget name="week_day" />', "no widget 'week_day' for views"),
    Fault("unknown js_class", VIEWS, "<form>", '<form js_class="booking_form">', "no js_class 'booking_form'"),
    sheet("unknown method", '<button name="action_fly" type="object" string="x" />', "gets no method 'action_fly'"),
    sheet("private method", '<button name="_move" type="object" string="x" />', "_move of booking.booking is private"),
    sheet("unknown action", '<button name="%(fly_action)d" type="action" string="x" />', "fly_action does not exist"),
    sheet("unknown full action", '<button name="booking.fly" type="action" string="x" />', "booking.fly does not ex"),
    sheet("view as an action", '<button name="booking.booking_view_form" type="action" string="x" />',
          "is no ir.actions."),
    sheet("unknown group", '<field name="notes" groups="booking.group_ghost" />', "group_ghost does not exist"),
    sheet("view as a group", '<field name="notes" groups="booking.booking_view_list" />', "is no res.groups"),
    sheet("parent outside of a list", '<field name="notes" invisible="parent.state" />', "read outside of a list"),
    Fault("unknown field of the parent", VIEWS, '<field name="quantity" />',
          '<field name="quantity" readonly="parent.colour" />', "booking.booking has no field 'colour'"),
    Fault("column hidden by its row", VIEWS, '<field name="quantity" />',
          '<field name="quantity" column_invisible="price" />', "'price' has another value in each row"),
    Fault("method that takes arguments", MODEL, "def action_approved(self):", "def action_approved(self, when):",
          "takes arguments, which no button gives", at=VIEWS),
    Fault("chatter without messages", "views/skill_views.xml", "</form>", "<chatter /></form>",
          "<chatter> needs a model that inherits from mail.thread"),
    Fault("view of an unknown model", VIEWS, '<field name="model">booking.booking<',
          '<field name="model">booking.order<', "is a view of booking.order"),
    Fault("unknown parent view", EXTENSION, "hr_expense.hr_expense_view_form", "hr_expense.hr_expense_view_fort",
          "hr_expense.hr_expense_view_fort does not exist", demand="extension"),
    Fault("parent view of another module", EXTENSION, "hr_expense.hr_expense_view_form", "crm.crm_lead_view_form",
          "needs crm, which the addon does not depend on", demand="extension"),
    Fault("parent is no view", EXTENSION, "hr_expense.hr_expense_view_form", "extension.group_user",
          "is no ir.ui.view", demand="extension"),
    Fault("missing dependency", MANIFEST, '"hr_expense"', '"hr"', "needs hr_expense", at=EXTENSION,
          demand="extension"),
)  # fmt: skip
DATA_FAULTS = (
    Fault("view mode", VIEWS, ">list,form<", ">tree,form<", "view_mode names 'tree'"),
    Fault("view mode with a space", VIEWS, ">list,form<", ">list, form<", "view_mode names ' form'"),
    Fault("view mode of Enterprise", VIEWS, ">list,form<", ">list,gantt<", "view_mode names 'gantt'"),
    Fault("action of an unknown model", VIEWS, '"res_model">booking.booking<', '"res_model">booking.order<', "opens "),
    action("unknown field in an action's domain", "domain", "[('owner_id', '=', uid)]", "has no field 'owner_id'"),
    action("bad domain of an action", "domain", "[('state', '=', 'draft')", "is no Python expression"),
    action("bad context of an action", "context", "{'default_state': ", "is no Python expression"),
    action("unknown filter", "context", "{'search_default_mine': 1}", "no search view of booking.booking has"),
    action("unknown default", "context", "{'default_owner_id': uid}", "has no field 'owner_id'"),
    action("unknown field of an action", "view_types", "form", "has no field 'view_types'"),
    Fault("unknown action of a menu", "views/menus.xml", 'action="skill_action"', 'action="skills_action"',
          "skills_action does not exist"),
    Fault("view as an action of a menu", "views/menus.xml", 'action="skill_action"', 'action="skill_view_list"',
          "is no ir.actions."),
    Fault("unknown parent of a menu", "views/menus.xml", 'parent="menu_root"', 'parent="menu_top"', "does not exist"),
    Fault("unknown group of a menu", "views/menus.xml", 'groups="group_user"', 'groups="group_users"', "group_users"),
    Fault("icon that is not there", "views/menus.xml", "description/icon.png", "description/logo.png",
          "shows the icon static/description/logo.png"),
    Fault("model that nobody may read", "models/skill.py", '"booking.skill"', '"booking.ability"',
          "grants nobody anything on booking.ability", at=CSV),
    Fault("right on an unknown model", CSV, "model_booking_skill", "model_booking_skills", "does not exist"),
    Fault("right of an unknown group", CSV, ",group_desk_clerk,", ",group_clerk,", "group_clerk does not exist"),
    Fault("right of everybody", CSV, ",group_user,1,0,0,0", ",,1,1,1,1", "names no group"),
    Fault("right that is no bit", CSV, ",1,0,0,0", ",1,0,0,yes", "four times 0 or 1"),
    Fault("short line", CSV, ",1,0,0,0", ",1,0,0", "four times 0 or 1"),
    Fault("other columns", CSV, "perm_unlink", "perm_delete", "the columns are not id, name,"),
    Fault("no rights at all", CSV, None, "", "grants nobody anything on booking.booking"),
    Fault("rule on an unknown model", RULES, "model_booking_booking", "model_booking_order", "does not exist"),
    Fault("rule on a group", RULES, 'ref="model_booking_booking"', 'ref="group_member"', "is no ir.model"),
    Fault("rule of an unknown group", RULES, "ref('group_member')", "ref('group_members')", "does not exist"),
    Fault("unknown field in a rule", RULES, "('user_id', '=', user.id)", "('owner_id', '=', user.id)", "'owner_id'"),
    Fault("unknown path in a rule", RULES, "'booking_id.user_id'", "'booking_id.owner_id'",
          "booking.booking has no field 'owner_id'"),
    Fault("rule without a term", RULES, "['|', ('create_uid', '=', user.id), ", "['|', ", "lacks 1 terms"),
    Fault("category of 19.0", "security/groups.xml", 'name="category_id"', 'name="privilege_id"', "no field 'privi"),
    Fault("unknown implied group", "security/groups.xml", "ref('base.group_user')", "ref('base.group_staff')",
          "base.group_staff does not exist"),
    Fault("record of an unknown model", "data/sequences.xml", '"ir.sequence"', '"ir.sequences"', "a record of ir.seq"),
    Fault("unknown field of a record", "data/sequences.xml", '"padding"', '"pad"', "ir.sequence has no field 'pad'"),
    Fault("demonstration of nothing", DEMO, 'ref="demo_equipment_1"', 'ref="demo_equipment_9"', "does not exist"),
    Fault("demonstration without a value", DEMO, '<field name="end_date">2031-01-10</field>', "",
          "gives no value for 'end_date', which is required"),
)  # fmt: skip


@pytest.mark.parametrize("fault", (*MODELS, *VIEW_FAULTS, *DATA_FAULTS), ids=name_of)
def test_it_finds(fault: Fault, alter: Callable[..., AddonTree]) -> None:
    must_find(references.check(alter(fault)), fault)


GOOD = (
    field("positional comodel", 'fields.Many2one("res.partner", "Guest")', ""),
    field("positional label", 'fields.Char("Remark", size=3)', ""),
    field("computed", 'fields.Char(compute="_fill", search="_find")\n\n'
          '    def _fill(self):\n        self.extra = "x"\n\n    def _find(self):\n        return []', ""),
    field("related", 'fields.Char("Mail", related="user_id.partner_id.email")', ""),
    field("group", 'fields.Char(groups="base.group_system,booking.group_member")', ""),
    field("added values", 'fields.Selection(selection_add=[("a", "A")])', ""),
    method("dependency", '@api.depends("user_id.name", "booking_line_ids.price")\n    def x(self):\n        pass', ""),
    Fault("check with a function", MODEL, '"UNIQUE(number)"', "\"CHECK(length(number) > 2 AND state <> 'x')\"", ""),
    sheet("field of the client", '<field name="notes" invisible="uid == 1 or not context.get(\'x\')" />', ""),
    sheet("own and other widgets", '<field name="user_id" widget="many2one_avatar_user" />', ""),
    sheet("label by id", '<div id="here"><label for="here" string="Here" /></div>', ""),
    sheet("action", '<button name="%(skill_action)d" type="action" string="x" />', ""),
    sheet("domain", '<field name="equipment_id" domain="[(\'condition\', \'=\', notes), (\'id\', \'>\', 0)]" />', ""),
    Fault("parent in a list", VIEWS, '<field name="quantity" />',
          '<field name="quantity" readonly="parent.state == \'draft\'" column_invisible="parent.notes" />', ""),
    action("filters and defaults", "context", "{'search_default_my_user_id': 1, 'default_user_id': uid, 'x': 1}", ""),
    action("domain of an action", "domain", "[('user_id.partner_id.name', '!=', False)]", ""),
    Fault("line in an inherited form", EXTENSION, "</xpath>", "</xpath><xpath expr=\"//field[@name='tax_ids']/list\" "
          'position="inside"><field name="amount" /></xpath>', "", demand="extension"),
)  # fmt: skip


@pytest.mark.parametrize("change", GOOD, ids=name_of)
def test_it_accepts(change: Fault, alter: Callable[..., AddonTree]) -> None:
    assert [str(finding) for finding in references.check(alter(change))] == []
