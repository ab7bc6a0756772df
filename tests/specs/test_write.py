"""Bundles that are written."""

import random
import re
from pathlib import Path

import pytest

from opsroom_dagster.requirements.model import Entity, Field, Requirements
from opsroom_dagster.specs.model import SpecBundle
from opsroom_dagster.specs.read import read_bundle
from opsroom_dagster.specs.tasks import plan_tasks
from opsroom_dagster.specs.verify import differences, gaps
from opsroom_dagster.specs.write import bundle_files
from tests.specs.examples import HOSTILE, KENNEL, PROJECT, hostile


def write(folder: Path, requirements: Requirements) -> dict[str, Path]:
    paths: dict[str, Path] = {}
    for name, text in bundle_files(PROJECT, requirements).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        paths[path.name] = path
    return paths


def round_trip(folder: Path, requirements: Requirements) -> SpecBundle:
    write(folder, requirements)
    return read_bundle(folder)


def test_the_kennel_is_complete_and_reads_back(tmp_path: Path) -> None:
    files = write(tmp_path, KENNEL)
    assert gaps(KENNEL, files) == []
    assert differences(KENNEL, read_bundle(tmp_path)) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_forge_nothing(tmp_path: Path, text: str) -> None:
    requirements = hostile(text)
    files = write(tmp_path, requirements)
    assert gaps(requirements, files) == []
    bundle = read_bundle(tmp_path)
    assert differences(requirements, bundle) == []
    assert not [item for item in bundle.requirements if "77" in item.id]
    assert not [task for task in bundle.tasks if task.id == "T777777"]
    assert [entity.name for entity in bundle.entities] == ["Dog"]
    assert len(bundle.clarifications) == 1
    assert not any("<!--" in path.read_text(encoding="utf-8") for path in files.values())


def test_empty_requirements_still_make_a_complete_bundle(tmp_path: Path) -> None:
    assert gaps(Requirements(), write(tmp_path, Requirements())) == []
    assert differences(Requirements(), read_bundle(tmp_path)) == []


def test_equal_requirements_give_equal_bytes() -> None:
    copy = Requirements.model_validate_json(KENNEL.model_dump_json(by_alias=True))
    assert bundle_files(PROJECT, KENNEL) == bundle_files(PROJECT, copy)


def test_questions_stand_where_they_concern() -> None:
    spec = bundle_files(PROJECT, KENNEL)["specs/kennel/spec.md"]
    assert "- **FR-002**: The system MUST be friendly. [NEEDS CLARIFICATION: How friendly?]" in spec
    assert re.search(r"\*\*Stay\*\*[^\n]*\n  - Fields[^\n]*\n  - \[NEEDS CLARIFICATION: How long is a stay\?\]", spec)
    assert "## Clarifications\n\n- [NEEDS CLARIFICATION: Who pays?]" in spec


def test_nothing_in_a_bundle_comes_from_a_clock() -> None:
    assert not [n for n, text in bundle_files(PROJECT, KENNEL).items() if re.search(r"\b20\d\d-\d\d|\bCreated\b", text)]


def test_states_are_a_mermaid_diagram_of_plain_words() -> None:
    model = bundle_files(PROJECT, hostile('a"; click x "javascript:alert(1)" -->'))["specs/kennel/data-model.md"]
    diagram = model.split("```mermaid")[1].split("```")[0]
    assert 'state "a click x javascript alert 1 --" as s0' in diagram
    assert "[*] --> s0" in diagram


def test_a_lost_definition_is_a_gap(tmp_path: Path) -> None:
    files = write(tmp_path, KENNEL)
    spec = files["spec.md"]
    spec.write_text(spec.read_text(encoding="utf-8").replace("- **FR-001**:", "- FR-001:"), encoding="utf-8")
    assert gaps(KENNEL, files) == ["FR-001 is defined 0 times in spec.md"]
    assert "requirement FR-001 was not read back" in differences(KENNEL, read_bundle(tmp_path))


def test_a_changed_text_is_a_difference(tmp_path: Path) -> None:
    spec = write(tmp_path, KENNEL)["spec.md"]
    spec.write_text(spec.read_text(encoding="utf-8").replace("Lists open in 2 s.", "Lists open."), encoding="utf-8")
    assert differences(KENNEL, read_bundle(tmp_path)) == ["requirement NFR-001 reads 'Lists open.'"]


def test_a_missing_section_is_a_gap(tmp_path: Path) -> None:
    files = write(tmp_path, KENNEL)
    files["plan.md"].write_text("# Implementation Plan: [FEATURE]\n\n## Summary\n\nx\n", encoding="utf-8")
    found = gaps(KENNEL, files)
    assert "plan.md has no section '## Constitution Check'" in found
    assert "plan.md is an unfilled template" in found


def test_task_ids_outlive_edits_elsewhere() -> None:
    before = {task.text: task.id for task in plan_tasks(KENNEL) if task.text.startswith(("Model", "List"))}
    more = Entity(name="Box", label="Box", id="KE-box", fields=(Field(name="size", label="Size"),))
    grown = KENNEL.model_copy(update={"entities": (more, *KENNEL.entities), "user_stories": ()})
    after = {task.text: task.id for task in plan_tasks(grown)}
    assert len(before) == 4
    assert before.items() <= after.items()


def test_tasks_come_after_what_they_depend_on() -> None:
    entities = [
        Entity(
            name=f"E{i}", label=f"E{i}", id=f"KE-e{i}", fields=(Field(name="r", label="R", target=f"E{(i * 7) % 40}"),)
        )
        for i in range(40)
    ]
    random.Random(4).shuffle(entities)
    tasks = plan_tasks(KENNEL.model_copy(update={"entities": tuple(entities)}))
    seen: set[str] = set()
    for task in tasks:
        assert seen.issuperset(task.depends_on)
        assert task.id not in seen
        seen.add(task.id)


def test_a_requirement_without_an_entity_is_a_question_for_people() -> None:
    by_id = {item: task for task in plan_tasks(KENNEL) for item in task.implements}
    assert by_id["FR-002"].step == "pull_request"
    assert by_id["FR-001"].step == "odoo_addon"
    assert by_id["US-000001"].text == "Try each acceptance scenario on the generated addon"
    assert by_id["US-000002"].text == "Decide how it is met: it names no entity that is built"
