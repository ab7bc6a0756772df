"""OCA's linter has nothing to say."""

import json
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version

from opsroom_dagster.codegen.odoo.verify.finding import Finding
from opsroom_dagster.codegen.odoo.verify.tree import AddonTree
from opsroom_dagster.errors import MissingToolError, OpsroomError

TIMEOUT_SECONDS = 120


def tool_versions() -> dict[str, str]:
    """Name → version of what judges."""
    return {name: version(name) for name in ("pylint", "pylint-odoo")}


def check(addon: AddonTree, author: str) -> list[Finding]:
    """Messages of pylint-odoo with every one of its checks on.

    Args:
        addon: the addon.
        author: who must be among the authors in the manifest.

    Raises:
        MissingToolError: pylint-odoo is not installed.
        OpsroomError: it did not end well.
    """
    command = [
        sys.executable, "-m", "pylint", "--rcfile", os.devnull, "--load-plugins=pylint_odoo", "--disable=all",
        "--enable=odoolint", f"--valid-odoo-versions={addon.series}", f"--manifest-required-authors={author}",
        "--output-format=json2", "--score=n", str(addon.root),
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as cache:
        env = {**os.environ, "PYLINTHOME": cache, "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, cwd=cache, env=env, timeout=TIMEOUT_SECONDS,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise OpsroomError(f"pylint-odoo did not end within {TIMEOUT_SECONDS} s.") from error
    if "No module named pylint" in done.stderr:
        raise MissingToolError("pylint-odoo", "Install it with: pip install pylint-odoo")
    try:
        messages = json.loads(done.stdout)["messages"]
    except (ValueError, KeyError) as error:
        raise OpsroomError(f"pylint-odoo ended with {done.returncode}: {done.stderr.strip()[-300:]}") from error
    return [
        Finding(
            _relative(message["absolutePath"], addon),
            int(message["line"] or 0),
            f"{message['messageId']} {message['symbol']}: {' '.join(message['message'].split())}",
        )
        for message in messages
    ]


def _relative(path: str, addon: AddonTree) -> str:
    prefix = f"{addon.root.resolve()}{os.sep}"
    return path.removeprefix(prefix)
