"""OCA's linter."""

from collections.abc import Callable

import pytest

from opsroom_dagster.codegen.odoo.verify import linter
from opsroom_dagster.codegen.odoo.verify.tree import AddonTree
from tests.codegen.odoo.demands import AUTHOR
from tests.codegen.odoo.verify.faults import Fault, must_find, name_of

MANIFEST, MODEL = "__manifest__.py", "models/booking.py"
MOVE = "    def _move("
FAULTS = (
    Fault("another author", MANIFEST, AUTHOR, "Somebody", "C8101 manifest-required-author"),
    Fault("superfluous key", MANIFEST, '"license"', '"installable": True,\n    "license"', "C8116"),
    Fault("write without return", MODEL, MOVE, f"    def write(self, vals):\n        super().write(vals)\n\n{MOVE}",
          "W8110 missing-return"),
    Fault("commit", MODEL, MOVE, f"    def x(self):\n        self.env.cr.commit()\n\n{MOVE}", "E8102 invalid-commit"),
    Fault("SQL from texts", MODEL, MOVE,
          f'    def x(self, n):\n        self.env.cr.execute("SELECT %s" % n)\n\n{MOVE}', "E8103 sql-injection"),
    Fault("label that repeats the name", MODEL, "fields.Text()", 'fields.Text(string="Notes")', "W8113"),
    Fault("print", MODEL, MOVE, f'    def x(self):\n        print("x")\n\n{MOVE}', "W8116 print-used"),
    Fault("raise in unlink", MODEL, MOVE, f'    def unlink(self):\n        raise UserError("x")\n\n{MOVE}', "E8140"),
)  # fmt: skip


def test_it_finds_each_fault_at_its_place(alter: Callable[..., AddonTree]) -> None:
    """One run for all of them: starting the linter takes longer than judging."""
    found = linter.check(alter(*FAULTS), AUTHOR)
    for fault in FAULTS:
        must_find(found, fault)
    assert all(finding.line > 0 for finding in found)


@pytest.mark.parametrize("fault", FAULTS[:1], ids=name_of)
def test_the_author_is_the_one_that_is_asked_for(fault: Fault, alter: Callable[..., AddonTree]) -> None:
    assert linter.check(alter(fault), "Somebody") == []


def test_the_tools_are_named_with_their_versions() -> None:
    assert set(linter.tool_versions()) == {"pylint", "pylint-odoo"}
