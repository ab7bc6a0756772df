"""Generate the Odoo addon and judge it."""

from typing import Any

from opsroom_dagster.codegen.odoo.addon import buildable_entities, design_addon
from opsroom_dagster.codegen.odoo.design import AddonDesign
from opsroom_dagster.codegen.odoo.generate import generate
from opsroom_dagster.codegen.odoo.verify import (
    manifest_complete,
    nothing_deprecated,
    odoo_install,
    pylint_odoo,
    python_compiles,
    references_resolve,
    xml_valid,
)
from opsroom_dagster.digests import tree_files
from opsroom_dagster.requirements.model import Requirements
from opsroom_dagster.runtime.context import StageContext
from opsroom_dagster.runtime.model import Verdict

__all__ = [
    "manifest_complete",
    "nothing_deprecated",
    "odoo_install",
    "pylint_odoo",
    "python_compiles",
    "references_resolve",
    "xml_valid",
]

PACKAGES = ("codegen/odoo", "../odoo_templates", "requirements/model.py")


def fingerprint(context: StageContext) -> dict[str, Any]:
    """Settings that change the addon or what its checks can say."""
    settings = context.settings
    return {
        "author": settings.odoo_author,
        "odoo": str(settings.odoo_bin) if settings.odoo_bin else None,
        "tools": _tool_versions(),
    }


def _tool_versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("jinja2", "pylint-odoo", "ruff")}


def run(context: StageContext) -> None:
    """Write ``<technical name>/``; without an entity to build, nothing (and ``has_entities`` says so)."""
    requirements = _requirements(context)
    if buildable_entities(requirements):
        generate(
            requirements,
            slug=context.project.slug,
            series=context.project.odoo_series,
            author=context.settings.odoo_author,
            output=context.output,
        )


def describe(context: StageContext) -> str:
    """Models, roles and files."""
    addon = _design(context)
    models = [
        f"| `{model.model}` | {len(model.fields)} | "
        f"{' → '.join(key for key, _ in model.workflow.states) if model.workflow else ''} | {', '.join(model.ids)} |"
        for model in addon.models
    ]
    files = [f"- `{name}`" for name in tree_files(context.output)]
    return "\n".join(
        [
            f"**{addon.technical_name}** for Odoo {addon.series}, depends on {', '.join(addon.depends)}",
            "",
            "| model | fields | states | requirements |",
            "| --- | ---: | --- | --- |",
            *models,
            "",
            f"Groups: {', '.join(group.name for group in addon.groups)}",
            "",
            *files,
        ]
    )


def has_entities(context: StageContext) -> Verdict:
    """The documents name at least one entity surely enough to build it."""
    requirements = _requirements(context)
    found = [entity.name for entity in buildable_entities(requirements)]
    if not found:
        return Verdict.failed(
            "the documents name nothing to keep records of, with its fields; "
            f"{len(requirements.clarifications)} questions in the specification ask for it",
            entities=[entity.name for entity in requirements.entities],
        )
    return Verdict.passed(f"{len(found)} entities are built", entities=found)


def _design(context: StageContext) -> AddonDesign:
    return design_addon(
        _requirements(context),
        slug=context.project.slug,
        series=context.project.odoo_series,
        author=context.settings.odoo_author,
    )


def _requirements(context: StageContext) -> Requirements:
    return Requirements.model_validate_json((context.inputs["requirements"] / "requirements.json").read_bytes())
