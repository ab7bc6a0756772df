"""Installing addons: what Odoo says of them, and what it forgets to say."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import URL

from opsroom_dagster.codegen.odoo.verify.installation import SHOWN_CHARACTERS, install
from opsroom_dagster.codegen.odoo.verify.server import OdooServer
from opsroom_dagster.codegen.odoo.verify.tree import AddonTree
from opsroom_dagster.errors import MissingToolError
from opsroom_dagster.home import Home
from opsroom_dagster.postgres.guest import guest_url
from tests.codegen.odoo.demands import DEMANDS
from tests.codegen.odoo.verify.faults import Fault, name_of
from tests.codegen.odoo.verify.pretended_odoo import log, pretended_odoo

PASSED = log("INFO", "odoo.tests.result", "0 failed, 0 error(s) of 21 tests when loading database 'x'")
FAILED = log("ERROR", "odoo.tests.result", "1 failed, 2 error(s) of 21 tests when loading database 'x'")
MODEL, MANIFEST = "models/skill.py", "__manifest__.py"


@pytest.fixture
def booking(tree_of: Callable[[str], AddonTree]) -> AddonTree:
    return tree_of("booking")


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({"says": [PASSED], "state": "installed"}, []),
        ({"says": [], "state": "installed"}, ["tests: no test ran"]),
        ({"says": [PASSED], "state": "uninstallable"}, ["booking: is uninstallable, not installed"]),
        ({"says": [PASSED], "state": "installed", "status": 1}, ["booking: Odoo ended with 1"]),
        (
            {"says": [log("WARNING", "odoo.models", "no access rules"), PASSED], "state": "installed"},
            ["odoo.models: WARNING: no access rules"],
        ),
        (
            {"says": [FAILED], "state": "installed", "status": 1},
            ["odoo.tests.result: ERROR: 1 failed, 2 error(s) of 21 tests when loading database 'x'"],
        ),
        (
            {"says": [log("CRITICAL", "odoo.service.server", "no registry"), "  File", "KeyError: 'x'", PASSED],
             "state": "installed"},
            ["odoo.service.server: CRITICAL: no registry \n  File\nKeyError: 'x'"],
        ),
    ],
)  # fmt: skip
def test_the_exit_status_is_not_believed_alone(
    told: dict[str, object], found: list[str], booking: AddonTree, tmp_path: Path, server_url: URL
) -> None:
    server = pretended_odoo(tmp_path, server_url.render_as_string(hide_password=False), **told)

    done = install(booking, server)

    assert [str(finding) for finding in done.findings] == found
    assert done.tests == (21 if told["says"] else 0)
    assert done.version == "Odoo Server 18.0-20250506"


def test_a_module_that_odoo_does_not_know_is_not_installed(
    tree_of: Callable[[str], AddonTree], tmp_path: Path, server_url: URL
) -> None:
    url = server_url.render_as_string(hide_password=False)
    done = install(tree_of("limits"), pretended_odoo(tmp_path, url, says=[PASSED], state="installed"))
    assert [str(finding) for finding in done.findings] == ["limits: is unknown to Odoo, not installed"]


def test_a_long_message_keeps_its_beginning_and_its_end(booking: AddonTree, tmp_path: Path, server_url: URL) -> None:
    says = [log("ERROR", "odoo", "begins"), *(f"  line {number} of a traceback" for number in range(200)), "ends"]
    url = server_url.render_as_string(hide_password=False)
    done = install(booking, pretended_odoo(tmp_path, url, says=[*says, PASSED], state="installed"))

    message = done.findings[0].message
    assert message.startswith("ERROR: begins") and message.endswith("ends")
    assert len(message) < 2 * SHOWN_CHARACTERS + 50


def test_an_odoo_of_another_series_is_not_asked(booking: AddonTree, tmp_path: Path) -> None:
    with pytest.raises(MissingToolError, match=r"An Odoo 18\.0 is missing.* it is Odoo Server 17\.0"):
        install(booking, pretended_odoo(tmp_path, version="Odoo Server 17.0-20250506"))


# A real Odoo, where one is given.


@pytest.fixture(scope="module")
def odoo(make_server_home: Callable[[], Home]) -> OdooServer:
    """The Odoo of OPSROOM_ODOO_BIN with a database server of its own."""
    program = os.environ.get("OPSROOM_ODOO_BIN")
    if not program:
        pytest.skip("OPSROOM_ODOO_BIN names no Odoo")
    python = os.environ.get("OPSROOM_ODOO_PYTHON") or shutil.which("python3") or "python3"
    url = guest_url(make_server_home()).render_as_string(hide_password=False)
    return OdooServer(Path(program), Path(python), url)


@pytest.mark.odoo
@pytest.mark.timeout(900)
@pytest.mark.parametrize("demand", DEMANDS)
def test_odoo_installs_it_without_a_warning_and_its_tests_pass(
    demand: str, odoo: OdooServer, tree_of: Callable[[str], AddonTree]
) -> None:
    addon = tree_of(demand)

    done = install(addon, odoo)

    assert done.findings == [], "\n".join(map(str, done.findings[:3]))
    assert done.tests >= sum(name.startswith("tests/test_") for name in addon.python)


BROKEN = (
    Fault("failing test", "tests/test_skill.py", "self.assertTrue(record.display_name)", "self.assertEqual(1, 2)",
          "TestSkill.test_create"),
    Fault("error in a test", "tests/test_skill.py", "self.assertTrue(record.display_name)", "record.fly()",
          "has no attribute 'fly'"),
    Fault("warning", MODEL, '    _description = "Skill"\n', "", "has no _description"),
    Fault("missing access rights", MANIFEST, '        "security/ir.model.access.csv",\n', "", "have no access rules"),
    Fault("another series", MANIFEST, "18.0.1.0.0", "17.0.1.0.0", "not installed"),
    Fault("unknown field in a view", "views/skill_views.xml", '<field name="name" />', '<field name="nick" />',
          'Field "nick" does not exist'),
    Fault("tests that nobody imports", "tests/__init__.py", None, "", "no test ran"),
    Fault("constraint that cannot be made", MODEL, "    name = ",
          '    _sql_constraints = [("x", "CHECK(nick > 0)", "No")]\n    name = ', "unable to add constraint"),
)  # fmt: skip


@pytest.mark.odoo
@pytest.mark.timeout(900)
@pytest.mark.parametrize("fault", BROKEN, ids=name_of)
def test_odoo_is_heard_on_a_broken_addon(fault: Fault, odoo: OdooServer, alter: Callable[..., AddonTree]) -> None:
    done = install(alter(fault), odoo)
    assert any(fault.says in str(finding) for finding in done.findings), "\n".join(map(str, done.findings))
