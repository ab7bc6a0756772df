"""What models owe one another: links that only a relationship states, and lists of lines."""

from collections.abc import Iterator

from opsroom_dagster.codegen.odoo.design import FieldDesign, ModelDesign
from opsroom_dagster.codegen.odoo.identifiers import field_name, shortened, snake
from opsroom_dagster.codegen.odoo.record_names import name_field
from opsroom_dagster.requirements.model import ASK_BELOW, Relationship, Requirements


def add_links(requirements: Requirements, designs: dict[str, ModelDesign]) -> None:
    """A stated relationship that no field carries becomes a field. ``designs``: entity → model, changed in place."""
    for source, target, many in _stated_links(requirements):
        child, parent = designs.get(source), designs.get(target)
        if child is None or parent is None or not child.new:
            continue
        linked = any(field.comodel == parent.model for field in child.fields)
        back = many and any(field.comodel == child.model for field in parent.fields)
        name = field_name(target, fallback="parent") + ("_ids" if many else "_id")
        if linked or back or child.field(name):
            continue
        link = FieldDesign(
            name=name, kind="Many2many" if many else "Many2one", label=parent.plural if many else parent.label,
            comodel=parent.model, own_comodel=parent.new, ids=child.ids[:1],
        )  # fmt: skip
        designs[source] = child.model_copy(update={"fields": (*child.fields, link)})


def add_lines(requirements: Requirements, designs: dict[str, ModelDesign]) -> None:
    """Records that belong to another one are edited in its form. ``designs``: entity → model, changed in place."""
    stated = {
        (relation.source, relation.target)
        for relation in requirements.relationships
        if relation.cardinality == "1:n" and relation.confidence >= ASK_BELOW
    }
    names = {design.model: name for name, design in designs.items()}
    for child_name, child in list(designs.items()):
        for link in child.fields:
            parent_name = names.get(link.comodel or "")
            if link.kind != "Many2one" or parent_name is None or parent_name == child_name or not child.new:
                continue
            parent = designs[parent_name]
            is_line = link.required and child_name.startswith(parent_name)
            name = f"{snake(child_name, fallback='line')}_ids"
            if not parent.new or parent.field(name) or not (is_line or (parent_name, child_name) in stated):
                continue
            lines = FieldDesign(
                name=name, kind="One2many", label=child.plural, comodel=child.model, inverse=link.name,
                own_comodel=True, ids=child.ids[:1],
            )  # fmt: skip
            designs[parent_name] = parent.model_copy(update={"fields": (*parent.fields, lines)})


def break_circles(designs: dict[str, ModelDesign], left_out: list[str]) -> None:
    """Records that require one another could never be made, so one link of each circle is not required.

    Args:
        designs: entity → model, changed in place.
        left_out: gets a sentence for each such link.
    """
    for names_record in (False, True):  # what names a record stays required where another link will do
        for name in designs:
            for field in designs[name].fields:
                design = designs[name]
                if (
                    (field.name == design.rec_name) == names_record
                    and _required(field)
                    and _requires(field, design, designs)
                ):
                    fields = [f.model_copy(update={"required": False}) if f == field else f for f in design.fields]
                    named = design.model_copy(update={"fields": tuple(fields)})
                    designs[name] = _with_name(named) if names_record else named
                    why = "not required by the database, because the two need each other"
                    left_out.append(f"{field.label} of {design.label}: {why}.")


def _with_name(design: ModelDesign) -> ModelDesign:
    """The model with a text that names its records, in the place of a link that may be empty."""
    text = name_field([field.name for field in design.fields], "Name")
    order = f"{text.name}, id" if design.order == "id" else design.order
    return design.model_copy(update={"fields": (text, *design.fields), "rec_name": text.name, "order": order})


def _required(field: FieldDesign) -> bool:
    return field.kind == "Many2one" and field.own_comodel and field.required and not field.default


def _requires(link: FieldDesign, design: ModelDesign, designs: dict[str, ModelDesign]) -> bool:
    """What the link refers to needs, at once or in the end, a record of the model itself."""
    models = {other.model: other for other in designs.values()}
    seen, waiting = set[str](), [link.comodel or ""]
    while waiting:
        model = waiting.pop()
        if model not in seen and model in models:
            seen.add(model)
            waiting += [field.comodel or "" for field in models[model].fields if _required(field)]
    return design.model in seen


def with_relations(model: ModelDesign) -> ModelDesign:
    """Names the tables of many2many fields where Odoo's own names would not do: to itself, twice to one, too long."""
    seen: set[str] = set()
    fields: list[FieldDesign] = []
    for field in model.fields:
        if field.kind == "Many2many" and field.comodel:
            tables = sorted(name.replace(".", "_") for name in (model.model, field.comodel))
            if tables[0] == tables[1] or field.comodel in seen or len("_".join([*tables, "rel"])) > 63:
                relation = shortened(f"{model.model.replace('.', '_')}_{field.name}_rel", 60)
                field = field.model_copy(update={"relation": relation})
            seen.add(field.comodel or "")
        fields.append(field)
    return model.model_copy(update={"fields": tuple(fields)})


def _stated_links(requirements: Requirements) -> Iterator[tuple[str, str, bool]]:
    """(entity that holds the link, entity it points to, to many)."""
    for relation in requirements.relationships:
        if relation.confidence >= ASK_BELOW and relation.source != relation.target:
            yield _direction(relation)


def _direction(relation: Relationship) -> tuple[str, str, bool]:
    if relation.cardinality == "1:n":
        return relation.target, relation.source, False
    return relation.source, relation.target, relation.cardinality == "n:m"
