"""Bundles that others wrote."""

import re
from pathlib import Path

import pytest

from opsroom_dagster.errors import InputError
from opsroom_dagster.specs.read import find_bundles, read_bundle

CORPUS = Path(__file__).parents[2] / "../shared/corpus"

SPEC = """# Feature Specification: Boat rental

**Feature Branch**: `001-boats`
**Status**: Draft

## Clarifications

### Session 2025-01-01

- Q: How many boats? → A: Twelve.

## User Scenarios & Testing *(mandatory)*

### User Story 1 - Rent a boat (Priority: P1) 🎯 MVP

A visitor rents a boat.

**Why this priority**: Money.

**Acceptance Scenarios**:

1. **Given** a boat, **When** I pay, **Then** it is mine
2. **Given** rain, **When** I look, **Then** I stay

### User Scenario 2 - Return it

## Requirements

### Functional Requirements

- **FR-001**: System MUST rent boats. [NEEDS CLARIFICATION: by the hour?]
- **FR-002**: System MUST bill.
<!-- - **FR-003**: System MUST be hidden -->

### Key Entities

- **Boat（小船）**: floats
- **Pier / Slip**: where boats lie

## Success Criteria

- **SC-001**: 90 % return dry
"""
TASKS = """# Tasks

```text
- [ ] T900 an example
```

## Phase 1: Setup

- [X] T001 Make the project
- [ ] T002 [P] Configure `app/config.py` (depends on T001)

## Phase 2: User Story 1 (Priority: P1)

- [ ] T003 [P] [US1] Model in app/models/boat.py (depends on T001, T002)
  - [ ] and its tests
- [ ] T003 a second use of the id
- [ ] T1234 long ids are fine
"""


def bundle(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / f"{name.replace('_', '-')}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_a_spec_kit_bundle(tmp_path: Path) -> None:
    bundle(tmp_path / "specs/001-boats", spec=SPEC, tasks=TASKS)
    bundle(tmp_path / ".specify/memory", constitution="# [PROJECT_NAME] Constitution\n\n## Core Principles\n")
    found = read_bundle(tmp_path)
    assert (found.dialect, found.slug, found.title) == ("spec-kit", "001-boats", "Boat rental")
    assert {item.id: item.text for item in found.requirements} == {
        "FR-001": "System MUST rent boats.",
        "FR-002": "System MUST bill.",
    }
    assert found.clarifications == ("by the hour?",)
    assert found.answered == (("How many boats?", "Twelve."),)
    assert [(s.id, s.title, s.priority, len(s.criteria)) for s in found.stories] == [
        ("US1", "Rent a boat", "P1", 2),
        ("US2", "Return it", None, 0),
    ]
    assert [entity.name for entity in found.entities] == ["Boat", "Pier", "Slip"]
    assert found.unfilled == ("constitution.md",)
    assert found.principles == ()


def test_tasks_with_ids_markers_and_dependencies(tmp_path: Path) -> None:
    tasks = read_bundle(bundle(tmp_path, spec=SPEC, tasks=TASKS)).tasks
    assert [task.id for task in tasks if not task.derived] == ["T001", "T002", "T003", "T1234"]
    assert len({task.id for task in tasks}) == len(tasks) == 6
    first, second, third, nested, reused, _ = tasks
    assert first.done and not second.done
    assert (second.parallel, second.path, second.depends_on) == (True, "app/config.py", ("T001",))
    assert (third.story, third.path, third.depends_on) == ("US1", "app/models/boat.py", ("T001", "T002"))
    assert third.text == "Model in app/models/boat.py"
    assert third.phase == "Phase 2: User Story 1 (Priority: P1)"
    assert nested.parent == "T003"
    assert reused.derived


LEGACY_TASKS = """# Tasks

## [ ] Phase 1: Contracts
- [x] T1.1: Write it
- [ ] RG-02: Check it
- [ ] W5.1 — Show it
- [ ] 2.1 Ship it
- [ ] No id here
- [ ] UTF-8 everywhere
- ✅ Done long ago
- ⏳ Waiting

### T-007 — A heading

- Status: done
- Depends on: T-001
"""


def test_a_legacy_bundle(tmp_path: Path) -> None:
    prd = (
        "# PRD — Boats\n\n## Functional Requirements\n\n### FR-1: Rent\n\n- by the hour\n\n"
        "## Key Features\n\n1. Fast\n2. Cheap\n"
    )
    constitution = "# Constitution\n\n## Core Invariants\n\n### 1. Safe first\n\n### 2. Dry second\n\n## Governance\n"
    bundle(tmp_path / "spec/boats", prd=prd, tasks=LEGACY_TASKS, constitution=constitution)
    found = read_bundle(tmp_path)
    assert (found.dialect, found.slug, found.title) == ("legacy", "boats", "Boats")
    assert [(item.id, item.text) for item in found.requirements if not item.derived] == [("FR-1", "Rent")]
    assert [item.text for item in found.requirements if item.derived] == ["Fast", "Cheap"]
    assert found.principles == ("Safe first", "Dry second")
    assert [task.id for task in found.tasks if not task.derived] == ["T1.1", "RG-02", "W5.1", "2.1", "T-007"]
    assert [task.text for task in found.tasks if task.derived] == [
        "No id here",
        "UTF-8 everywhere",
        "Done long ago",
        "Waiting",
    ]
    assert [task.done for task in found.tasks] == [True, False, False, False, False, False, True, False, True]
    assert found.tasks[0].phase == "Phase 1: Contracts"
    assert found.tasks[-1].depends_on == ("T-001",)


def test_derived_ids_outlive_edits_elsewhere(tmp_path: Path) -> None:
    before = read_bundle(bundle(tmp_path / "a", prd="# PRD\n", tasks="# T\n\n## P\n\n- [ ] one\n- [ ] two\n"))
    after = read_bundle(
        bundle(tmp_path / "b", prd="# PRD\n", tasks="# T\n\n## P\n\n- [ ] zero\n- [x] two\n- [ ] one\n")
    )
    ids = {task.text: task.id for task in after.tasks}
    assert {task.text: task.id for task in before.tasks}.items() <= ids.items()


def test_a_folder_without_or_with_several_bundles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no spec bundle"):
        read_bundle(tmp_path)
    bundle(tmp_path / "specs/one", spec=SPEC)
    bundle(tmp_path / "spec/two", prd="# PRD\n")
    with pytest.raises(InputError, match="Name one: one, two"):
        read_bundle(tmp_path)
    assert read_bundle(tmp_path, "two").dialect == "legacy"
    assert list(find_bundles(tmp_path)) == ["one", "two"]


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    bundle(tmp_path, spec=SPEC)
    (tmp_path / "tasks.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"tasks\.md"):
        read_bundle(tmp_path)


def _bundles() -> list[Path]:
    places = [*CORPUS.glob("spec/*"), CORPUS / "documents/speckit-point-of-sale"]
    return sorted(place for place in places if place.is_dir())


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real bundles is not beside this clone")
def test_every_task_line_of_real_bundles_is_read() -> None:
    counted: dict[str, tuple[int, int]] = {}
    for folder in _bundles():
        found, tasks = read_bundle(folder), folder / "tasks.md"
        assert found.title
        assert len({task.id for task in found.tasks}) == len(found.tasks)
        if tasks.exists():
            text = re.sub(r"```.*?```", "", tasks.read_text(encoding="utf-8"), flags=re.DOTALL)
            counted[folder.name] = (len(re.findall(r"^\s*[-*] \[[ xX]\] ", text, re.MULTILINE)), len(found.tasks))
    assert counted
    assert not {name: pair for name, pair in counted.items() if pair[1] < pair[0]}
