"""The change set of a real document: complete, traced, and without two things of one name."""

import json
from pathlib import Path

import pytest

from opsroom_dagster.codegen.odoo.generate import generate
from opsroom_dagster.digests import digest_tree, tree_files
from opsroom_dagster.errors import ConflictError
from opsroom_dagster.requirements.model import Requirements
from opsroom_dagster.runtime.context import StageContext
from opsroom_dagster.stages import change_set
from tests.stages.document_context import built
from tests.stages.specified import specified, stage_context

DOCUMENT = """\
# Kennel

## Data Model

### Dog

| Field | Type | Required |
| --- | --- | --- |
| name | string | yes |
| weight | decimal | no |

### Walk

| Field | Type | Required |
| --- | --- | --- |
| dog | reference to Dog | yes |
| minutes | integer | no |

## Requirements

- **FR-001**: The system MUST keep each dog with its weight.
"""


@pytest.fixture
def context(tmp_path: Path) -> StageContext:
    """The stage ``change_set``, run on what the real generators wrote."""
    return assembled(tmp_path)


def assembled(root: Path) -> StageContext:
    root.mkdir(exist_ok=True)
    _, read = built(root, DOCUMENT)
    requirements = Requirements.model_validate_json((read.output / "requirements.json").read_bytes())
    specified(root, requirements)
    generate(requirements, slug="kennel", series="18.0", author="A", output=root / "odoo_addon")
    (root / "plan").mkdir()
    (root / "plan" / "plan.json").write_text("{}", encoding="utf-8")
    context = stage_context(root, "change_set")
    change_set.run(context)
    return context


def test_it_holds_every_part(context: StageContext) -> None:
    names = set(tree_files(context.output))
    assert {
        ".gitignore",
        ".specify/memory/constitution.md",
        "README.md",
        "kennel/__manifest__.py",
        "kennel/models/dog.py",
        "plan.json",
        "specs/kennel/spec.md",
        "traceability.json",
    } <= names
    assert change_set.traceable(context).status == "passed", change_set.traceable(context).summary
    shown = change_set.describe(context)
    assert "prd.md:5" in shown and "`kennel/models/dog.py`" in shown


def test_the_trace_leads_from_the_document_to_files_that_exist(context: StageContext) -> None:
    traced = json.loads((context.output / "traceability.json").read_text(encoding="utf-8"))
    dog = next(model for model in traced["models"] if model["model"] == "kennel.dog")
    assert {"name", "weight"} <= set(dog["fields"])
    for model in traced["models"]:
        assert model["files"] and all((context.output / name).is_file() for name in model["files"])
        assert all(model["fields"].values()), "a field that only Odoo needs serves what its model serves"


def test_the_same_document_gives_the_same_bytes(context: StageContext, tmp_path: Path) -> None:
    assert digest_tree(assembled(tmp_path / "again").output) == digest_tree(context.output)


def test_what_was_generated_without_a_requirement_is_found(context: StageContext) -> None:
    models = context.output / "kennel" / "models" / "dog.py"
    models.write_text(
        models.read_text(encoding="utf-8") + '\n\nclass Cat(models.Model):\n    _name = "kennel.cat"\n'
        "    nine = fields.Integer()\n",
        encoding="utf-8",
    )
    verdict = change_set.traceable(context)
    assert verdict.status == "failed"
    assert "kennel.cat" in verdict.summary and "kennel.cat/nine" in verdict.summary


def test_a_trace_with_holes_is_found(context: StageContext) -> None:
    path = context.output / "traceability.json"
    traced = json.loads(path.read_text(encoding="utf-8"))
    traced["models"][0]["requirements"] = ["FR-999"]
    traced["models"][0]["fields"]["name"] = []
    del traced["models"][0]["fields"]["weight"]
    traced["requirements"] = [entry for entry in traced["requirements"] if not entry["id"].startswith("KE-")]
    path.write_text(json.dumps(traced), encoding="utf-8")
    found = change_set.traceable(context).evidence
    assert "KE-dog" in found["requirements are left out"]
    assert "FR-999" in found["ids are unknown"]
    assert any(name.endswith("/name") for name in found["models or fields name no requirement"])
    assert any(name.endswith("/weight") for name in found["generated models or fields are not traced"])


def test_two_parts_of_one_name_are_refused(context: StageContext, tmp_path: Path) -> None:
    (tmp_path / "odoo_addon" / "specs").mkdir()
    again = stage_context(tmp_path, "change_set")
    for path in sorted(again.output.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    with pytest.raises(ConflictError, match="'specs'"):
        change_set.run(again)
