"""A real Odoo installs the addon without a warning, and the addon's tests pass."""

import re
from typing import NamedTuple

from opsroom_dagster.codegen.odoo.verify.finding import Finding
from opsroom_dagster.codegen.odoo.verify.server import LogLine, OdooServer
from opsroom_dagster.codegen.odoo.verify.tree import AddonTree
from opsroom_dagster.errors import MissingToolError

SHOWN_CHARACTERS = 400
_RESULT = re.compile(r"(?P<failed>\d+) failed, (?P<errors>\d+) error\(s\) of (?P<tests>\d+) tests")


class Installation(NamedTuple):
    """What came of it: findings (none: all is well), the number of tests that ran, and the server's version."""

    findings: list[Finding]
    tests: int
    version: str


def install(addon: AddonTree, server: OdooServer) -> Installation:
    """Install the addon into a new database and run its tests there.

    Odoo's exit status is not believed alone: it is 0 for an addon that it does not find, for tests that nobody
    imports, and for most of what it logs as a warning or an error.

    Raises:
        MissingToolError: the server does not run, or is not of the addon's series.
        OpsroomError: the dependencies cannot be installed, or Odoo did not end in time.
    """
    if not re.search(rf"\b{re.escape(addon.series)}\b", server.version):
        how = f"Set OPSROOM_ODOO_BIN to an Odoo {addon.series}; it is {server.version}."
        raise MissingToolError(f"An Odoo {addon.series}", how)
    depends = [str(name) for name in addon.manifest.get("depends", [])] or ["base"]
    with server.database_with(depends) as database:
        status, log = server.run(
            database, "-i", addon.name, "--test-enable", "--test-tags", f"/{addon.name}", addons=addon.root.parent
        )
        state = server.module_state(database, addon.name)
    tests, findings = 0, [_finding(line) for line in log if line.level in ("WARNING", "ERROR", "CRITICAL")]
    results = [found for line in log if line.logger == "odoo.tests.result" and (found := _RESULT.search(line.text))]
    if results:
        tests = int(results[-1]["tests"])
    if state != "installed":
        findings.append(Finding(addon.name, 0, f"is {state or 'unknown to Odoo'}, not installed"))
    if not tests:
        findings.append(Finding("tests", 0, "no test ran"))
    if status and not findings:
        findings.append(Finding(addon.name, 0, f"Odoo ended with {status}"))
    return Installation(findings, tests, server.version)


def _finding(line: LogLine) -> Finding:
    text = line.text.strip()
    if len(text) > 2 * SHOWN_CHARACTERS:  # a traceback says where at its beginning and what at its end
        text = f"{text[:SHOWN_CHARACTERS]} … {text[-SHOWN_CHARACTERS:]}"
    return Finding(line.logger, 0, f"{line.level}: {text}")
