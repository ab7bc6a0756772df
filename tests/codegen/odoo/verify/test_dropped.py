"""Constructs that Odoo 18.0 has dropped, most of which install without an error and do nothing."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from opsroom_dagster.codegen.odoo.verify import dropped
from opsroom_dagster.codegen.odoo.verify.tree import AddonTree, load_addon
from tests.codegen.odoo.verify.faults import Fault, must_find, name_of

MODEL, VIEWS = "models/booking.py", "views/booking_views.xml"
CREATE = "    @api.model_create_multi\n    def create(self, vals_list):"


def method(name: str, code: str, says: str) -> Fault:
    """A method of the model."""
    return Fault(name, MODEL, "    def _move(", f"    {code}\n\n    def _move(", says)


def record(name: str, model: str, field: str, says: str) -> Fault:
    """A record with one field."""
    added = f'<record id="x" model="{model}"><field name="{field}">x</field></record></odoo>'
    return Fault(name, VIEWS, "</odoo>", added, says)


FAULTS = (
    Fault("tree", VIEWS, "<sheet>", '<sheet><field name="booking_line_ids"><tree /></field>', "<tree> is <list>"),
    Fault("view mode", VIEWS, ">list,form<", ">tree,form<", "view_mode 'tree' is 'list'"),
    Fault("view mode behind a space", VIEWS, ">list,form<", ">form, tree<", "view_mode 'tree' is 'list'"),
    Fault("mode of a field", VIEWS, '<field name="booking_line_ids">', '<field name="booking_line_ids" mode="tree">',
          "mode 'tree' is 'list'"),
    Fault("view in a context", VIEWS, '<field name="equipment_id" />',
          '<field name="equipment_id" context="{\'tree_view_ref\': \'x.y\'}" />', "tree_view_ref is list_view_ref"),
    Fault("attrs", VIEWS, "<sheet>", "<sheet attrs=\"{'invisible': []}\">", "attrs= is gone"),
    Fault("states", VIEWS, 'invisible="state != \'draft\'"', 'states="draft"', "states= is gone"),
    Fault("chatter as a div", VIEWS, "<chatter />", '<div class="oe_chatter" />', "write <chatter />"),
    Fault("kanban-box", VIEWS, "<sheet>", '<sheet><kanban><t t-name="kanban-box" /></kanban>', "kanban-box is card"),
    Fault("t-raw", VIEWS, "<sheet>", '<sheet><span t-raw="x" />', "t-raw is t-out"),
    Fault("action tag", VIEWS, "</odoo>", '<act_window id="x" /></odoo>', "this tag is passed over"),
    Fault("old root", "views/skill_views.xml", None, "<openerp><data /></openerp>", "<openerp> is <odoo>"),
    record("numbercall", "ir.cron", "numbercall", "scheduled actions have no such field"),
    record("view_type", "ir.actions.act_window", "view_type", "view_type is gone"),
    method("name_get", "def name_get(self):\n        return []", "name_get: is never called"),
    method("fields_view_get", "def fields_view_get(self):\n        return {}", "fields_view_get: is never called"),
    method("rights", 'def x(self):\n        self.check_access_rights("read")', "check_access_rights: is gone"),
    method("rules", 'def x(self):\n        self.check_access_rule("read")', "check_access_rule: is gone"),
    method("underscore", 'def x(self):\n        return _("Text")', "_: write self.env._"),
    method("cache", "def x(self):\n        self.invalidate_cache()", "invalidate_cache: is gone"),
    method("multi", "@api.multi\n    def x(self):\n        pass", "api.multi: is gone"),
    Fault("create of one", MODEL, CREATE, "    @api.model\n    def create(self, vals):", "@api.model_create_multi"),
    Fault("create without a word", MODEL, CREATE, "    def create(self, vals):", "@api.model_create_multi"),
    Fault("group_operator", "models/booking_line.py", "fields.Integer(", 'fields.Integer(group_operator="sum",',
          "group_operator: is aggregator"),
    Fault("track_visibility", MODEL, "fields.Text()", 'fields.Text(track_visibility="always")', "is gone"),
    Fault("old columns", MODEL, "    _description", "    _columns = {}\n    _description", "an API that is gone"),
    Fault("constraint of 19.0", MODEL, "    _rec_name", '    _x = models.Constraint("CHECK(id > 0)")\n    _rec_name',
          "comes with 19.0"),
    Fault("SavepointCase", "tests/test_booking.py", "from odoo.tests import TransactionCase",
          "from odoo.tests.common import SavepointCase\nfrom odoo.tests import TransactionCase", "SavepointCase: is"),
    Fault("old package", MODEL, "from odoo import", "import openerp\nfrom odoo import", "openerp: is gone"),
)  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=name_of)
def test_it_finds(fault: Fault, alter: Callable[..., AddonTree]) -> None:
    must_find(dropped.check(alter(fault)), fault)


def test_what_comes_later_is_judged_by_the_series(addon_of: Callable[[str], Path], tmp_path: Path) -> None:
    copy = tmp_path / "booking"
    shutil.copytree(addon_of("booking"), copy)
    addon = load_addon(copy, "18.0")
    object.__setattr__(addon, "series", "19.0")

    found = {str(finding).partition(": ")[2] for finding in dropped.check(addon)}
    assert any("_sql_constraints: makes no constraint since 19.0" in said for said in found)
    assert "is privilege_id since 19.0" in found and "is user_ids since 19.0" in found
