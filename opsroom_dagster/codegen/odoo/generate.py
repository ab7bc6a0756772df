"""Write the addon of a project."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from opsroom_dagster.codegen.odoo.addon import design_addon
from opsroom_dagster.codegen.odoo.design import AccessDesign, AddonDesign, FieldDesign, ModelDesign, RuleDesign
from opsroom_dagster.codegen.odoo.icon import icon_png
from opsroom_dagster.codegen.odoo.identifiers import words
from opsroom_dagster.codegen.odoo.knowledge import knowledge
from opsroom_dagster.codegen.odoo.render import format_python, render
from opsroom_dagster.codegen.odoo.samples import can_repeat, demo_records, needed_fields, test_value, unique_values
from opsroom_dagster.codegen.odoo.views import extension_context, line_parents, view_context
from opsroom_dagster.files import inside, write_atomic
from opsroom_dagster.requirements.model import Requirements

FIELD_TYPES = {"Image": "binary"}
WEBSITE = "https://github.com/OCA"


def generate(requirements: Requirements, *, slug: str, series: str, author: str, output: Path) -> AddonDesign:
    """Design the addon and write it to ``output/<technical name>/``.

    Raises:
        InputError: the series is not known.
    """
    addon = design_addon(requirements, slug=slug, series=series, author=author)
    texts = dict(_files(addon))
    python = format_python({path: text for path, text in texts.items() if path.endswith(".py")})
    root = output / addon.technical_name
    for path, text in {**texts, **python}.items():
        write_atomic(inside(root, path), text.encode())
    write_atomic(root / "static/description/icon.png", icon_png(addon.technical_name))
    return addon


def _files(addon: AddonDesign) -> Iterator[tuple[str, str]]:
    """(path in the addon, text) of every text file."""
    facts = knowledge(addon.series)
    data = [*_data_files(addon)]
    demo = list(demo_records(addon))
    extensions = {model.model: extension_context(model, facts) for model in addon.extensions}
    views = [(model, f"views/{model.module}_views.xml") for model in addon.new_models]
    views += [
        (model, f"views/{model.module}_views.xml") for model in addon.extensions if extensions[model.model]["anchors"]
    ]
    listed = [path for path, _ in data] + [path for _, path in views]
    menu = [("views/menus.xml", render("menus.xml.j2", addon=addon, menu_models=addon.new_models))]
    menu = menu if addon.new_models else []
    yield "__init__.py", "from . import models\n"
    yield (
        "__manifest__.py",
        render(
            "__manifest__.py.j2",
            addon=addon,
            category="Services",
            website=WEBSITE,
            data_files=listed + [path for path, _ in menu],
            demo_files=["demo/demo.xml"] if demo else [],
            menu_models=addon.new_models,
        ),
    )
    yield "README.md", render("README.md.j2", addon=addon)
    yield from data
    yield from menu
    for model, path in views:
        if model.new:
            yield path, render("views.xml.j2", addon=addon, model=model, **view_context(model, addon))
        else:
            yield path, render("extension_views.xml.j2", addon=addon, model=model, **extensions[model.model])
    if demo:
        yield "demo/demo.xml", render("demo.xml.j2", demo_records=demo)
    yield from _models(addon)
    yield from _tests(addon, extensions)


def _data_files(addon: AddonDesign) -> Iterator[tuple[str, str]]:
    yield "security/groups.xml", render("groups.xml.j2", addon=addon)
    if addon.access:
        yield "security/ir.model.access.csv", _access_csv(addon.access)
    if addon.rules:
        yield "security/rules.xml", render("rules.xml.j2", addon=addon)
    if any(model.sequence_field for model in addon.new_models):
        yield "data/sequences.xml", render("sequences.xml.j2", addon=addon, sequence_prefix=_sequence_prefix)


def _access_csv(lines: tuple[AccessDesign, ...]) -> str:
    head = "id,name,model_id:id,group_id:id,perm_read,perm_write,perm_create,perm_unlink"
    rows = (
        f"{line.id},{line.name},model_{line.model.replace('.', '_')},{line.group},"
        f"{line.read},{line.write},{line.create},{line.unlink}"
        for line in lines
    )
    return "\n".join([head, *rows]) + "\n"


def _sequence_prefix(model: ModelDesign) -> str:
    return "".join(word[0] for word in words(model.class_name)).upper() + "-"


def _models(addon: AddonDesign) -> Iterator[tuple[str, str]]:
    names = sorted(model.module for model in addon.models)
    yield "models/__init__.py", "".join(f"from . import {name}\n" for name in names)
    parents = line_parents(addon)
    for model in addon.models:
        yield f"models/{model.module}.py", render("model.py.j2", addon=addon, model=model, line_parents=parents)


def _tests(addon: AddonDesign, extensions: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str]]:
    tested = [model for model in addon.models if model.new or model.fields]
    names = sorted(f"test_{model.module}" for model in tested)
    yield "tests/__init__.py", "".join(f"from . import {name}\n" for name in names)
    if addon.new_models:
        yield (
            "tests/common.py",
            render(
                "test_common.py.j2",
                addon=addon,
                needed_fields=needed_fields,
                test_values={m.model: {f.name: test_value(f, m) for f in needed_fields(m)} for m in addon.new_models},
            ),
        )
    for model in tested:
        path = f"tests/test_{model.module}.py"
        if not model.new:
            context = extensions[model.model]
            yield path, render("test_extension.py.j2", model=model, field_type=_field_type, **context)
            continue
        lines = [line for line in addon.access if line.model == model.model]
        base = next(line for line in lines if line.group == addon.user_group)
        rights = {line.group: _rights(line, base) for line in lines}
        yield (
            path,
            render(
                "test_model.py.j2",
                addon=addon,
                model=model,
                access=lines,
                rights=rights,
                own_rules=list(_own_rules(model, addon, rights)),
                required_field=_required_field(model),
                unique_values=unique_values(model),
            ),
        )


def _rights(line: AccessDesign, base: AccessDesign) -> list[str]:
    """What members of the line's group may do; every group implies the user group."""
    own = {"read": line.read, "write": line.write, "create": line.create, "unlink": line.unlink}
    shared = {"read": base.read, "write": base.write, "create": base.create, "unlink": base.unlink}
    return [operation for operation in own if own[operation] or shared[operation]]


def _own_rules(
    model: ModelDesign, addon: AddonDesign, rights: dict[str, list[str]]
) -> Iterator[tuple[RuleDesign, str]]:
    """Rules that hold a group to its own records, each with an operation that shows it."""
    base = rights[addon.user_group]
    for rule in addon.rules:
        if rule.model == model.model and rule.own and rule.group and can_repeat(model):
            held = {"read": rule.read, "write": rule.write, "unlink": rule.unlink}
            allowed = [name for name in rights.get(rule.group, base) if held.get(name)]
            if allowed:
                yield rule, allowed[0]


def _required_field(model: ModelDesign) -> str | None:
    """A field whose absence the database refuses."""
    return next((f.name for f in needed_fields(model) if f.required and f.kind in ("Char", "Many2one", "Date")), None)


def _field_type(field: FieldDesign) -> str:
    return FIELD_TYPES.get(field.kind, field.kind.lower())
