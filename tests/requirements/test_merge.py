"""The merge: one entity a name, ids that stay, questions instead of guesses, and a complete ledger."""

from opsroom_dagster.digests import canonical_json
from opsroom_dagster.requirements.extract import extract, title_of
from opsroom_dagster.requirements.merge import merge
from opsroom_dagster.requirements.merging.identity import Ids
from opsroom_dagster.requirements.model import Entity, Field, Requirement, Workflow
from opsroom_dagster.requirements.reading import Reading
from tests.requirements.reading_text import documents, entity, read, types

TABLE = "## Dog\n| Field | Type |\n|---|---|\n| name | string |\n| born | date |\n| weight | decimal |\n"


def reading_of(text: str) -> Reading:
    return Reading(documents(text))


def requirement(reading: Reading, text: str, id: str = "", block: str = "0.0") -> Requirement:
    return Requirement(id=id, text=text, evidence=(reading.evidence(reading.block(block), "test", 0.9),))


def test_spellings_of_one_entity_are_united() -> None:
    found = read(
        "```\nwork_order\n```\n```\nWorkOrder { number, opened_at }\n```\n## Work Orders\n\n"
        "**Fields**:\n- Number\n- Customer name\n"
    )
    assert [e.name for e in found.entities] == ["WorkOrder"]
    assert list(types(found, "WorkOrder")) == ["number", "opened_at", "customer_name"]
    assert entity(found, "WorkOrder").id == "KE-work-order"


def test_contradicting_types_become_a_question_with_both_places() -> None:
    found = read(
        TABLE + "\n## Other\n\n### Dog table\n| Field | Type |\n|---|---|\n| born | boolean |\n| name | string |\n"
    )
    (question,) = [q for q in found.clarifications if q.about == "Dog.born"]
    assert {e.location.line_start for e in question.evidence} == {5, 13}


def test_explicit_ids_are_kept_and_second_uses_get_their_own() -> None:
    reading = reading_of("one\n\ntwo")
    found = merge(
        [requirement(reading, "The system must bark.", "FR-1"), requirement(reading, "It must sit.", "FR-1", "0.1")],
        reading,
    )
    assert found.requirements[0].id == "FR-1"
    assert found.requirements[1].id.startswith("FR-")
    assert found.requirements[1].id != "FR-1"


def test_derived_ids_do_not_move_when_the_document_is_edited_elsewhere() -> None:
    one, two = (
        reading_of("The system must bark."),
        reading_of("# New title\n\nA new first line.\n\nThe system must bark."),
    )
    (before,) = merge([requirement(one, "The system must bark.")], one).requirements
    after = merge(
        [requirement(two, "It must sit.", block="0.1"), requirement(two, "The system **must** bark", block="0.2")], two
    ).requirements
    assert before.id == after[1].id


def test_colliding_ids_are_hashed_again() -> None:
    ids = Ids()
    assert len({ids.derive("FR", "same words") for _ in range(50)}) == 50


def test_the_same_statement_twice_is_one_with_two_places() -> None:
    reading = reading_of("one\n\ntwo")
    (found,) = merge(
        [requirement(reading, "It must sit."), requirement(reading, "It must *sit*", block="0.1")], reading
    ).requirements
    assert len(found.evidence) == 2


def test_requirements_name_the_entities_in_their_text_as_whole_words() -> None:
    reading = reading_of(TABLE + "\n## Dog walk\n| Field | Type |\n|---|---|\n| a | string |\n| b | date |\n")
    from opsroom_dagster.requirements.rules import find_facts

    facts = [*find_facts(reading), requirement(reading, "Staff book dog walks."), requirement(reading, "No dogma.")]
    assert [r.entities for r in merge(facts, reading).requirements] == [("Dog", "DogWalk"), ()]


def test_unsure_entities_become_one_question() -> None:
    reading = reading_of("one")
    doubt = reading.evidence(reading.block("0.0"), "test", 0.4)
    facts = [
        Entity(name=name, label=name, fields=(Field(name="a", label="a", evidence=(doubt,)),), evidence=(doubt,))
        for name in ("Kennel", "Leash")
    ]
    found = merge(facts, reading)
    assert found.entities == ()
    (question,) = found.clarifications
    assert "Kennel, Leash" in question.question


def test_things_that_are_no_records_are_refused() -> None:
    found = read(
        "### Key Entities\n- **System**: has name, owner, and rules\n- **User Story**: has role, want, and benefit\n"
        "- **API Endpoint**: has path, method, and body\n- **Dog**: has name, breed, and owner\n"
    )
    assert [e.name for e in found.entities] == ["Dog"]


def test_a_workflow_finds_its_entity_by_the_heading_above() -> None:
    reading = reading_of(TABLE + "\n### Life of a dog\n\nwaiting -> adopted\n")
    from opsroom_dagster.requirements.rules import find_facts

    paragraph = next(block for block in reading.blocks if "adopted" in block.text)
    flow = Workflow(states=("waiting", "adopted"), evidence=(reading.evidence(paragraph, "test", 0.9),))
    facts = [fact for fact in find_facts(reading) if not isinstance(fact, Workflow)]
    found = merge([*facts, flow], reading)
    assert [(w.entity, w.field) for w in found.workflows] == [("Dog", "state")]
    assert entity(found, "Dog").fields[-1].values == ("waiting", "adopted")


def test_a_workflow_of_nobody_is_a_question() -> None:
    reading = reading_of("waiting -> adopted")
    flow = Workflow(states=("waiting", "adopted"), evidence=(reading.evidence(reading.block("0.0"), "test", 0.9),))
    found = merge([flow], reading)
    assert [flow.entity for flow in found.workflows] == [None]
    assert "waiting → adopted" in found.clarifications[0].question


def test_prose_adds_no_fields_to_a_written_definition() -> None:
    found = read(TABLE + "\n## Features\n\nCreate dogs with mood, colour and smell.\n")
    assert list(types(found, "Dog")) == ["name", "born", "weight"]


def test_a_mention_in_the_specification_is_the_table_of_the_data_model() -> None:
    found = read("### Key Entities\n- **Kennel Dog**: an animal with mood, colour, and smell\n", data=TABLE)
    assert [e.name for e in found.entities] == ["Dog"]


def test_own_keys_are_no_references_and_last_words_find_their_entity() -> None:
    found = read(
        "```sql\nCREATE TABLE count_sessions (count_session_id UUID PRIMARY KEY, opened DATE);\n"
        "CREATE TABLE entries (id UUID PRIMARY KEY, session_id UUID, counted_by UUID, tenant_id UUID);\n```\n"
    )
    assert types(found, "CountSession")["count_session_id"] == "uuid"
    targets = {field.name: field.target for field in entity(found, "Entry").fields}
    assert targets == {"id": None, "session_id": "CountSession", "counted_by": "res.users", "tenant_id": None}
    assert not any("tenant_id" in q.question for q in found.clarifications)


def test_what_a_field_says_it_refers_to_goes_before_its_name() -> None:
    found = read(
        "## Kennel\n\n| Field | Type |\n| --- | --- |\n| owner_id | reference to Customer |\n"
        "| groomer_id | reference to User |\n| reviewer_id | reference |\n"
    )
    targets = {field.name: field.target for field in entity(found, "Kennel").fields}
    assert targets == {"owner_id": "res.partner", "groomer_id": "res.users", "reviewer_id": "res.users"}


def test_every_block_is_used_or_unread_and_unread_data_is_marked() -> None:
    source = documents("# App\n\nHello there, friend.\n\n## Data model\n\nSomething obscure is kept.\n\n" + TABLE)
    found = extract(source)
    ledger = found.coverage
    assert ledger.used + len(ledger.unread) == ledger.blocks == len(source.documents[0].blocks)
    marked = {entry.text: entry.data_model for entry in ledger.unread if entry.kind == "paragraph"}
    assert marked == {"Hello there, friend.": False, "Something obscure is kept.": True}


def test_extraction_is_deterministic() -> None:
    text = TABLE + "\n### Key Entities\n- **Owner**: has name, phone, and email\n"
    assert len({canonical_json(read(text).model_dump(mode="json", by_alias=True)) for _ in range(3)}) == 1


def test_the_title_is_the_products_name() -> None:
    assert title_of(documents("# Product Requirements Document (PRD) - Kennel Desk")) == "Kennel Desk"
    assert (
        title_of(documents("# Software Requirements Specification (SRS)\n\n**Project:** Kennel Desk (`kd`)"))
        == "Kennel Desk"
    )
    assert title_of(documents("# Feature Specification: Kennel Desk")) == "Kennel Desk"
    assert title_of(documents("# Kennel Desk Constitution", name="constitution.md", prd="# Kennel PRD")) == "Kennel"


def test_documents_without_records_ask_which_are_kept() -> None:
    found = read("# Agent\n\nThe agent must be polite.\n")
    assert found.entities == ()
    (question,) = [q for q in found.clarifications if "Which records" in q.question]
    assert question.evidence[0].location.line_start == 1


def test_states_of_nobody_are_kept_and_asked_about() -> None:
    found = read("# Agent\n\n- Workflow states: `seen` -> `matched` -> `done`.\n")
    (flow,) = found.workflows
    assert (flow.entity, flow.states) == (None, ("seen", "matched", "done"))
    assert any("Whose states" in q.question for q in found.clarifications)
