"""How a record is called: the field that names it, and the number that a sequence gives it."""

from collections.abc import Container

from opsroom_dagster.codegen.odoo.design import FieldDesign
from opsroom_dagster.codegen.odoo.fields import MEANINGFUL
from opsroom_dagster.codegen.odoo.identifiers import unused

SEQUENCED = ("reference", "number", "order_number", "ticket_number", "document_number")
"""Names that a sequence fills."""
STATES = ("state", "status", "stage")
TITLES = ("title", "full_name", "label", "subject", "summary", "code", "sku", "ref")
"""Names that stand for a record when it has no ``name``."""


def record_name(designs: dict[str, FieldDesign], *, numbered: bool) -> tuple[str, str | None]:
    """(``_rec_name``, the field that a sequence fills). What names a record is required or comes from a sequence.

    Args:
        designs: the model's fields; changed in place, a ``name`` is added when nothing can name a record.
        numbered: a record without a name gets a number, because it is a case to work on; so does one with a state.
    """
    numbered = numbered or any(name in designs for name in STATES)
    number = next((name for name in SEQUENCED if name in designs and designs[name].kind == "Char"), None)
    chars = [name for name, design in designs.items() if design.kind == "Char" and not design.widget]
    links = [
        name
        for name, design in designs.items()
        if design.kind == "Many2one" and design.required and name not in MEANINGFUL
    ]
    wanted = ["name", *([number] if number else []), *TITLES]
    if not numbered:
        wanted += [name for name in chars if designs[name].required]
    chosen = next((name for name in wanted if name in chars), links[-1] if links and not numbered else None)
    if chosen is None:
        text = name_field(designs, "Reference" if numbered else "Name")
        chosen, number = text.name, text.name if numbered else number
        rest = dict(designs)
        designs.clear()
        designs.update({chosen: text, **rest})
    if number:
        designs[number] = designs[number].model_copy(
            update={"default": "'New'", "required": True, "readonly": True, "copy_value": False}
        )
    if designs[chosen].kind == "Char":
        designs[chosen] = designs[chosen].model_copy(update={"required": True})
    return chosen, number


def name_field(designs: Container[str], label: str) -> FieldDesign:
    """A text to name records by; ``name`` may be a number or a picture already."""
    return FieldDesign(name=unused("name", designs), kind="Char", label=label, required=True)
