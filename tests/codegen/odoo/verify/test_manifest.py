"""Manifests that say too little, too much, or in the wrong order."""

from collections.abc import Callable

import pytest

from opsroom_dagster.codegen.odoo.verify import manifest
from opsroom_dagster.codegen.odoo.verify.tree import AddonTree
from tests.codegen.odoo.verify.faults import Fault, must_find, name_of

FILE = "__manifest__.py"
VIEWS = '        "views/booking_views.xml",\n'
FAULTS = (
    Fault("no manifest", FILE, None, None, "is not there, or is no dictionary"),
    Fault("broken manifest", FILE, "{", "{{", "is not there, or is no dictionary"),
    Fault("computed manifest", FILE, "{", "dict() or {", "is not there, or is no dictionary"),
    Fault("no licence", FILE, '    "license": "AGPL-3",\n', "", "has no 'license'"),
    Fault("unknown licence", FILE, "AGPL-3", "MIT", "license 'MIT' is none that Odoo knows"),
    Fault("no name", FILE, '    "name": "Equipment Booking",\n', "", "has no 'name'"),
    Fault("no author", FILE, '    "author": "Odoo Community Association (OCA)",\n', "", "has no 'author'"),
    Fault("another series", FILE, "18.0.1.0.0", "17.0.1.0.0", "version '17.0.1.0.0' is not 18.0.x.y.z"),
    Fault("short version", FILE, "18.0.1.0.0", "1.0.0", "version '1.0.0' is not 18.0.x.y.z"),
    Fault("unknown key", FILE, '"license"', '"installable": True,\n    "license"', "has the key 'installable'"),
    Fault("unknown dependency", FILE, '"mail",', '"mail",\n        "web_studio",', "depends on 'web_studio'"),
    Fault("dependency twice", FILE, '"mail",', '"mail",\n        "mail",', "names a dependency twice"),
    Fault("missing data file", "security/rules.xml", None, None, "loads security/rules.xml, which is not there",
          at=FILE),
    Fault("missing access rights", "security/ir.model.access.csv", None, None,
          "loads security/ir.model.access.csv, which is not there", at=FILE),
    Fault("missing demonstration data", "demo/demo.xml", None, None, "loads demo/demo.xml, which is not there",
          at=FILE),
    Fault("unlisted data file", FILE, VIEWS, "", "is not loaded by the manifest", at="views/booking_views.xml"),
    Fault("unlisted table", FILE, '        "security/ir.model.access.csv",\n', "", "is not loaded by the manifest",
          at="security/ir.model.access.csv"),
    Fault("file twice", FILE, VIEWS, VIEWS * 2, "loads views/booking_views.xml twice"),
    Fault("menu before its action", FILE, VIEWS, '"views/menus.xml",' + VIEWS,
          "names booking_action, which is defined later", at="views/menus.xml"),
    Fault("access before its group", FILE, '"security/groups.xml",\n        "security/ir.model.access.csv",',
          '"security/ir.model.access.csv", "security/groups.xml",', "names group_user, which is defined later",
          at="security/ir.model.access.csv"),
    Fault("menu before its parent", "views/menus.xml", "<odoo>",
          '<odoo><menuitem id="early" parent="late" action="skill_action" />\n<menuitem id="late" name="Late" />',
          "names late, which is defined later"),
    Fault("button before its action", "views/booking_views.xml", "<header>",
          '<header><button type="action" name="%(skill_action)d" string="Skills" />',
          "names skill_action, which is defined later"),
    Fault("action named by a text", "views/booking_views.xml", "<p>A reservation",
          "<p>%(skill_action)d. A reservation", "names skill_action, which is defined later"),
    Fault("missing icon", "static/description/icon.png", None, None, "has no icon", at=FILE),
)  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=name_of)
def test_it_finds(fault: Fault, alter: Callable[..., AddonTree]) -> None:
    must_find(manifest.check(alter(fault)), fault)
