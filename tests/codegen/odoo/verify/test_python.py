"""Python that does not compile, or that nobody imports."""

from collections.abc import Callable

import pytest

from opsroom_dagster.codegen.odoo.verify import python
from opsroom_dagster.codegen.odoo.verify.tree import AddonTree
from tests.codegen.odoo.verify.faults import Fault, must_find, name_of

FAULTS = (
    Fault("syntax error", "models/booking.py", "class Booking", "class class Booking", "does not parse"),
    Fault("misplaced return", "models/skill.py", "    _name", "    return\n    _name", "'return' outside function"),
    Fault("null byte", "models/skill.py", "class", "\0class", "does not parse"),
    Fault("unimported model", "models/__init__.py", "from . import skill\n", "",
          "is not imported by models/__init__.py", at="models/skill.py"),
    Fault("unimported test", "tests/__init__.py", "from . import test_skill\n", "",
          "is not imported by tests/__init__.py", at="tests/test_skill.py"),
    Fault("models not imported", "__init__.py", "from . import models\n", "", "is not imported by __init__.py",
          at="models/__init__.py"),
    Fault("import of nothing", "models/__init__.py", "skill\n", "skill\nfrom . import gone\n",
          "imports gone, which is not there"),
    Fault("import from nothing", "__init__.py", "models\n", "models\nfrom .gone import x\n",
          "imports gone, which is not there"),
    Fault("unimported wizard", "wizard/ask.py", None, "from odoo import models\n",
          "is not imported by wizard/__init__.py"),
    Fault("no package file", "models/__init__.py", None, None, "is not imported by models/__init__.py",
          at="models/booking.py"),
    Fault("manifest is no Python", "__manifest__.py", "{", "{{", "does not parse"),
)  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=name_of)
def test_it_finds(fault: Fault, alter: Callable[..., AddonTree]) -> None:
    must_find(python.check(alter(fault)), fault)


def test_migrations_are_found_by_odoo_itself(alter: Callable[..., AddonTree]) -> None:
    script = "def migrate(cr, version):\n    pass\n"
    addon = alter(Fault("", "migrations/18.0.1.0.1/post-fill.py", None, script, ""))
    assert python.check(addon) == []


def test_packages_in_packages_are_followed(alter: Callable[..., AddonTree]) -> None:
    nested = (
        Fault("", "models/deep/part.py", None, "from odoo import models\n", ""),
        Fault("", "models/deep/__init__.py", None, "from . import part\n", ""),
    )
    hidden = alter(*nested)
    assert [str(finding) for finding in python.check(hidden)] == [
        "models/deep/__init__.py: is not imported by models/__init__.py"
    ]
