"""A document that tries to be code, markup, a formula or a path, wherever a document may put a name or a text."""

import ast
import csv
import json
from pathlib import Path
from typing import Any

from lxml import etree

from tests.end_to_end.conftest import Opsroom

DOCUMENT = '''\
# {{ 7 * 7 }} "); import os; os.system("touch pwned") # `${HOME}`

**FR-001**: The system must greet </field><record id="evil" model="res.users"/> politely.

- **FR-002**: The system MUST keep {% for x in ().__class__.__mro__ %}{{ x }}{% endfor %} and ]]> and <!-- out.
- **FR-003**: A ticket MUST name =HYPERLINK("http://evil.example","x") and '; DROP TABLE res_users; -- as text.

## Roles

- **=cmd|' /C calc'!A0**: may create and update tickets
- **"""; raise SystemExit #**: may read tickets

## Data model

### Ticket

| Field | Type | Required | Notes |
| --- | --- | --- | --- |
| name | string | yes | """ + __import__("os").getcwd() + """ |
| ../../etc/passwd | string | no | {{ config }} |
| __class__ | string | no | %(name)s %s {0} |
| kind | enum: `=1+1`, `"><script>alert(1)</script>`, `{{x}}`, `'); DROP` | yes | |
| amount | decimal | no | </record></odoo> |

Ticket workflow states: `new` -> `{{ done }}` -> `</list>`

A ticket's amount must be greater than 0.
'''


def test_it_is_built_and_stays_text(ops: Opsroom, tmp_path: Path) -> None:
    source = tmp_path / "hostile.md"
    source.write_text(DOCUMENT, encoding="utf-8")

    report = ops.build(source)

    assert {c["name"]: c["summary"] for c in report["checks"] if c["status"] == "failed" and c["blocking"]} == {}
    (addon,) = (path for path in (ops.home / "artifacts/hostile/odoo_addon").iterdir() if path.is_dir())
    _python_is_ours(addon)
    _xml_is_ours(addon)
    _csv_is_ours(addon)
    assert {path.suffix for path in addon.rglob("*") if path.is_file()} <= {".py", ".xml", ".csv", ".md", ".png"}
    assert not list(tmp_path.rglob("pwned")) and not Path("pwned").exists()
    assert ops("proofs", "verify", report["proof_bundle"]).returncode == 0


def test_its_specification_defines_only_what_it_states(ops: Opsroom, tmp_path: Path) -> None:
    source = tmp_path / "hostile.md"
    source.write_text(DOCUMENT, encoding="utf-8")
    ops.build(source)

    read = json.loads(ops("spec", "read", ops.home / "artifacts/hostile/spec_bundle", "--json").stdout)

    bundle: dict[str, Any] = read[0] if isinstance(read, list) else read
    stated = {item["id"] for item in bundle["requirements"]}
    assert {"FR-001", "FR-002", "FR-003"} <= stated
    assert [entity["name"] for entity in bundle["entities"]] == ["Ticket"]


def _python_is_ours(addon: Path) -> None:
    for path in addon.rglob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        imported = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
        assert {str(name).partition(".")[0] for name in imported} <= {"None", "datetime", "odoo", "psycopg2"}, path
        assert not any(isinstance(node, ast.Import) for node in nodes), path
        names = {node.id for node in nodes if isinstance(node, ast.Name)}
        assert not names & {"__import__", "eval", "exec", "open", "compile", "os", "SystemExit"}, path


def _xml_is_ours(addon: Path) -> None:
    models = {
        "ir.module.category", "res.groups", "ir.rule", "ir.sequence", "ir.ui.view", "ir.actions.act_window",
        "hostile.ticket",
    }  # fmt: skip
    for path in addon.rglob("*.xml"):
        root = etree.fromstring(path.read_bytes())
        assert {record.get("model") for record in root.iter("record")} <= models, path
        assert not list(root.iter("script")) and "evil" not in {node.get("id") for node in root.iter()}, path


def _csv_is_ours(addon: Path) -> None:
    for path in addon.rglob("*.csv"):
        for row in csv.reader(path.read_text(encoding="utf-8").splitlines()):
            assert len(row) == 8 and not any(cell.startswith(("=", "+", "-", "@")) for cell in row), row
