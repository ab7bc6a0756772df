"""A sentence that defines a record, with a list of its parts."""

from tests.requirements.reading_text import entity, read, types


def test_labelled_items_below_a_definition_are_fields() -> None:
    found = read(
        "# Intake\n\nSo that channels do not matter, we define a **Parcel Slip**:\n\n"
        "- **Slip Number**: UUID given by the desk.\n- **Channel**: `web` | `phone` | `desk`.\n"
        "- **Weighed At**: the moment of weighing.\n- **Photos**: pictures of the damage.\n"
    )
    assert entity(found, "ParcelSlip").confidence >= 0.5
    assert {"slip_number", "channel", "weighed_at"} <= set(types(found, "ParcelSlip"))
    channel = next(field for field in entity(found, "ParcelSlip").fields if field.name == "channel")
    assert channel.values == ("web", "phone", "desk")


def test_a_list_of_plain_points_is_no_record() -> None:
    found = read("# Intake\n\nWe define a **Parcel Slip**:\n\n- It must be short.\n- It must be signed.\n")
    assert found.entities == ()


def test_labels_below_another_sentence_are_no_record() -> None:
    found = read("# Goals\n\nWe want a **Fast Desk**.\n\n- **Speed**: under a minute.\n- **Joy**: smiles.\n")
    assert found.entities == ()
