"""The main job on the demo document, through the command line."""

import json
import shutil
from pathlib import Path

from tests.end_to_end.conftest import DEMO, Opsroom, edited

STAGES = [
    "document", "requirements", "spec_bundle", "plan", "odoo_addon", "change_set", "pull_request", "proof_bundle",
]  # fmt: skip


def test_the_demo_becomes_a_verified_addon_in_a_pull_request(ops: Opsroom) -> None:
    report = ops.build(DEMO)

    assert report["project"] == "repair-desk"
    assert [asset["key"] for asset in report["assets"]] == STAGES
    assert not [check for check in report["checks"] if check["status"] == "failed"]
    assert {check["name"] for check in report["checks"] if check["status"] == "inconclusive"} == {"odoo_install"}
    assert report["pull_request"]["number"] == 1
    assert report["clarifications"] >= 1
    addon = ops.home / "artifacts/repair-desk/odoo_addon/repair_desk"
    assert (addon / "__manifest__.py").exists()
    assert ops("proofs", "verify", report["proof_bundle"]).returncode == 0


def test_an_unchanged_project_is_not_built_again(ops: Opsroom) -> None:
    first = ops.build(DEMO)
    again = ops("build", DEMO, "--json")

    second = json.loads(again.stdout)
    assert "Nothing has changed" in again.stderr
    assert all(asset["reused"] for asset in second["assets"])
    assert second["run_id"] == first["run_id"]
    assert second["pull_request"] == first["pull_request"]


def test_a_change_rebuilds_what_depends_on_it_and_keeps_every_id(ops: Opsroom, tmp_path: Path) -> None:
    source = Path(shutil.copy(DEMO, tmp_path / "repair-desk.md"))
    ops.build(source)
    requirements = ops.home / "artifacts/repair-desk/requirements/requirements.json"
    before = json.loads(requirements.read_text(encoding="utf-8"))
    edited(
        source, source, lambda text: text.replace("## Roles", "## Background\n\nThe shop opened in 1998.\n\n## Roles")
    )

    report = ops.build(source)

    after = json.loads(requirements.read_text(encoding="utf-8"))
    for kind in ("requirements", "user_stories", "entities", "constraints", "clarifications"):
        assert [fact["id"] for fact in after[kind]] == [fact["id"] for fact in before[kind]], kind
    assert {asset["key"] for asset in report["assets"] if not asset["reused"]} >= {"document", "requirements"}
    assert report["pull_request"]["number"] == 1, "the open pull request is updated"


def test_a_new_field_reaches_the_open_pull_request(ops: Opsroom, tmp_path: Path) -> None:
    source = Path(shutil.copy(DEMO, tmp_path / "repair-desk.md"))
    first = ops.build(source)
    edited(
        source,
        source,
        lambda text: text.replace(
            "| electric | boolean | no | |", "| electric | boolean | no | |\n| colour | string | no | |"
        ),
    )

    second = ops.build(source)

    assert second["pull_request"]["number"] == first["pull_request"]["number"]
    assert second["pull_request"]["commit"] != first["pull_request"]["commit"]
    assert "colour" in ops("pr", "diff", "repair-desk", "1").stdout


def test_a_damaged_artifact_is_built_again(ops: Opsroom) -> None:
    ops.build(DEMO)
    manifest = ops.home / "artifacts/repair-desk/odoo_addon/repair_desk/__manifest__.py"
    original = manifest.read_bytes()
    manifest.write_bytes(original + b"# tampered\n")

    report = ops.build(DEMO)

    assert manifest.read_bytes() == original
    assert "odoo_addon" in {asset["key"] for asset in report["assets"] if not asset["reused"]}
