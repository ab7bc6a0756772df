"""Subheadings below "Core Entities"."""

from tests.requirements.reading_text import entity, read, types

TEXT = """\
# Riding school

## 3.1 Core Entities

The system keeps these:

### 3.1.1 Riders

- Create rider records

### 3.1.2 Lesson Slots

- Create lesson slots with date, time and multiple riders

### Relationships

- A slot has riders
"""


def test_each_subheading_is_an_entity_and_fields_named_so_refer_to_it() -> None:
    found = read(TEXT)
    assert {"Rider", "LessonSlot"} == {e.name for e in found.entities}
    assert types(found, "LessonSlot") == {"date": "date", "time": "time", "riders": "reference"}
    riders = next(field for field in entity(found, "LessonSlot").fields if field.name == "riders")
    assert (riders.target, riders.many) == ("Rider", True)
    assert any("Which fields does Rider" in question.question for question in found.clarifications)


def test_a_short_name_in_a_sentence_is_the_one_entity_that_ends_so() -> None:
    found = read(TEXT + "\n## Copying\n\n- The system creates a new slot with the same date, time and room\n")
    assert {"Rider", "LessonSlot"} == {e.name for e in found.entities}
    assert "room" in types(found, "LessonSlot")


def test_other_sections_name_no_entities() -> None:
    found = read("# School\n\n## Features\n\n### Riders\n\n- List riders\n\n### Lessons\n\n- List lessons\n")
    assert found.entities == ()
