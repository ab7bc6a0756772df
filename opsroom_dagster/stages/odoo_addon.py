"""Generate the Odoo addon and judge it."""

import shutil
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from opsroom_dagster.codegen.odoo.addon import buildable_entities, design_addon
from opsroom_dagster.codegen.odoo.design import AddonDesign
from opsroom_dagster.codegen.odoo.generate import generate
from opsroom_dagster.codegen.odoo.show import addon_page
from opsroom_dagster.codegen.odoo.verify import dropped, installation, linter, manifest, python, references, xml
from opsroom_dagster.codegen.odoo.verify.finding import Finding
from opsroom_dagster.codegen.odoo.verify.server import OdooServer
from opsroom_dagster.codegen.odoo.verify.tree import AddonTree, load_addon
from opsroom_dagster.digests import tree_files
from opsroom_dagster.errors import MissingToolError
from opsroom_dagster.requirements.model import Requirements
from opsroom_dagster.runtime.context import StageContext
from opsroom_dagster.runtime.model import Verdict
from opsroom_dagster.settings import Settings

PACKAGES = (
    "codegen/odoo", "../odoo_templates", "requirements/model.py", "specs/text.py", "specs/writing/lines.py",
)  # fmt: skip
SHOWN = 50
HOW_TO_INSTALL = (
    "Set OPSROOM_ODOO_BIN (and OPSROOM_ODOO_PYTHON) to an Odoo Community to have the addon installed and its tests "
    "run; `opsroom doctor` says how to get one."
)


def fingerprint(context: StageContext) -> dict[str, Any]:
    """Settings and tools that change the addon or what its checks can say."""
    settings = context.settings
    return {
        "author": settings.odoo_author,
        "odoo": [str(path) for path in (settings.odoo_bin, settings.odoo_python) if path],
        "tools": {name: version(name) for name in ("jinja2", "pylint", "pylint-odoo", "ruff")},
    }


def run(context: StageContext) -> None:
    """Write ``<technical name>/``; without an entity to build, nothing (and ``has_entities`` says so)."""
    requirements = _requirements(context)
    if buildable_entities(requirements):
        addon = generate(
            requirements,
            slug=context.project.slug,
            series=context.project.odoo_series,
            author=context.settings.odoo_author,
            output=context.output,
        )
        context.log(f"generated {addon.technical_name} for Odoo {addon.series}: {len(addon.models)} models")


def describe(context: StageContext) -> str:
    """Models with their fields, states, access, what was left out, and the files."""
    sizes = ((name, (context.output / name).stat().st_size) for name in tree_files(context.output))
    return addon_page(_design(context), sizes)


def has_entities(context: StageContext) -> Verdict:
    """The documents name at least one entity surely enough to build it."""
    requirements = _requirements(context)
    found = [entity.name for entity in buildable_entities(requirements)]
    if not found:
        return Verdict.failed(
            "the documents describe nothing to keep records of, with its fields, so there is no addon to generate; "
            f"the specification asks for it ({_count(len(requirements.clarifications), 'open question')})",
            entities=[entity.name for entity in requirements.entities],
        )
    return Verdict.passed(f"{len(found)} entities are built", entities=found)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def python_compiles(context: StageContext) -> Verdict:
    """Every Python file compiles and is imported."""
    return _judge(context, python.check, lambda addon: f"{len(addon.python)} files compile and are imported")


def manifest_complete(context: StageContext) -> Verdict:
    """The manifest has all keys, a version of the series, and names every data file in a loadable order."""
    return _judge(context, manifest.check, lambda addon: f"all keys, {len(addon.data_files)} data files in order")


def xml_valid(context: StageContext) -> Verdict:
    """Every XML file is well formed and follows the rules of the series' views."""
    return _judge(context, xml.check, lambda addon: f"{len(addon.xml)} files follow the rules of Odoo {addon.series}")


def references_resolve(context: StageContext) -> Verdict:
    """Every field, model, group, action and external id that is named exists, in the addon or its dependencies."""
    return _judge(
        context,
        references.check,
        lambda addon: f"every name resolves in {addon.name} and its {len(addon.closure)} modules",
    )


def nothing_deprecated(context: StageContext) -> Verdict:
    """No construct that the series has dropped."""
    return _judge(context, dropped.check, lambda addon: f"nothing that Odoo {addon.series} has dropped")


def pylint_odoo(context: StageContext) -> Verdict:
    """OCA's linter, with all of its checks on, has nothing to say."""
    tools = linter.tool_versions()
    return _judge(
        context,
        lambda addon: linter.check(addon, context.settings.odoo_author),
        lambda _: f"pylint-odoo {tools['pylint-odoo']} has nothing to say",
        tools=tools,
    )


def odoo_install(context: StageContext) -> Verdict:
    """A real Odoo installs the addon without a warning and its tests pass."""
    if context.settings.odoo_bin is None:
        return Verdict.inconclusive(f"no Odoo is configured. {HOW_TO_INSTALL}")
    addon = _addon(context)
    if addon is None:
        return Verdict.inconclusive("there is no addon to install")
    done = installation.install(addon, _server(context.settings))
    evidence = {"odoo": done.version, "tests": done.tests}
    if done.findings:
        return _failed(done.findings, **evidence)
    return Verdict.passed(f"{done.version} installed it without a warning, {done.tests} tests passed", **evidence)


def _server(settings: Settings) -> OdooServer:
    from opsroom_dagster.postgres.guest import guest_url

    program = settings.odoo_bin
    if program is None or not program.exists():
        raise MissingToolError(f"The Odoo of OPSROOM_ODOO_BIN ({program})", "Set it to an existing odoo-bin.")
    beside = program.parent / "python"
    python_path = settings.odoo_python or (beside if beside.exists() else Path(shutil.which("python3") or "python3"))
    stated = settings.odoo_database_url or settings.database_url
    url = stated.get_secret_value() if stated else guest_url(settings.home).render_as_string(hide_password=False)
    return OdooServer(program, python_path, url)


def _judge(
    context: StageContext,
    check: Callable[[AddonTree], list[Finding]],
    summary: Callable[[AddonTree], str],
    **evidence: Any,
) -> Verdict:
    """Failed with what a judge found, else passed with its summary."""
    addon = _addon(context)
    if addon is None:
        return Verdict.inconclusive("there is no addon to judge")
    found = check(addon)
    if found:
        return _failed(found, **evidence)
    return Verdict.passed(summary(addon), files=len(tree_files(addon.root)), **evidence)


def _failed(found: list[Finding], **evidence: Any) -> Verdict:
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return Verdict.failed(f"{found[0]}{more}", findings=[str(finding) for finding in found[:SHOWN]], **evidence)


def _addon(context: StageContext) -> AddonTree | None:
    folder = next((path for path in sorted(context.output.iterdir()) if path.is_dir()), None)
    return load_addon(folder, context.project.odoo_series) if folder else None


def _design(context: StageContext) -> AddonDesign:
    return design_addon(
        _requirements(context),
        slug=context.project.slug,
        series=context.project.odoo_series,
        author=context.settings.odoo_author,
    )


def _requirements(context: StageContext) -> Requirements:
    return Requirements.model_validate_json((context.inputs["requirements"] / "requirements.json").read_bytes())
