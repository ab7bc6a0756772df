"""Templates and formatters: a design's data becomes text, and whatever a document wrote stays inert in it."""

import re
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from opsroom_dagster.codegen.odoo.design import AddonDesign, FieldDesign
from opsroom_dagster.codegen.odoo.identifiers import default_label

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parents[3] / "odoo_templates"


def render(template: str, **values: Any) -> str:
    """The template's text with the values in it; XML templates escape every value."""
    environment = _environment(xml=template.endswith(".xml.j2"))
    return environment.get_template(template).render(**values)


def format_python(sources: dict[str, str]) -> dict[str, str]:
    """Path → Python source, formatted, all files in one run of ruff.

    Raises:
        RuntimeError: a source does not parse, which is a fault of a template.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, source in sources.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(source, encoding="utf-8")
        command = [sys.executable, "-m", "ruff", "format", "--isolated", "--no-cache", "--line-length", "88", name]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            raise RuntimeError(f"generated Python does not parse: {done.stderr.strip().replace(name, '')}")
        return {path: (folder / path).read_text(encoding="utf-8") for path in sources}


@cache
def _environment(*, xml: bool) -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - XML is escaped by `finalize`, which leaves apostrophes readable
        finalize=_xml if xml else None,
    )
    filters: dict[str, Any] = {
        "py": _python_literal,
        "md": _markdown,
        "doc": _docstring,
        "xml_ids": _xml_ids,
        "arch": _arch,
    }
    environment.filters.update(filters)
    environment.globals.update({"attributes": _attributes, "default_label": default_label, "is_one_of": _is_one_of})  # pyright: ignore[reportCallIssue, reportArgumentType] - typed for the defaults only
    return environment


def _xml(value: Any) -> Any:
    from markupsafe import Markup

    return value if isinstance(value, Markup) else escape(str(value), {'"': "&quot;"})


def _attributes(field: FieldDesign) -> Any:
    from markupsafe import Markup

    widget = field.widget if field.widget != "image" else None
    widget = "many2many_tags" if field.kind == "Many2many" else widget
    found = {"widget": widget, "readonly": "1" if field.readonly else None}
    return Markup("").join(Markup(' {}="{}"').format(name, value) for name, value in found.items() if value)


def _is_one_of(field: str, values: tuple[str, ...], *, negated: bool = False) -> str:
    """A Python expression over a field, as short as a person would write it."""
    if len(values) == 1:
        return f"{field} {'!=' if negated else '=='} {values[0]!r}"
    return f"{field} {'not in' if negated else 'in'} {values!r}"


def _xml_ids(groups: tuple[str, ...], addon: AddonDesign) -> str:
    """Full external ids of the addon's groups, as Odoo takes them: with commas between."""
    return ",".join(f"{addon.technical_name}.{group}" for group in groups)


def _python_literal(value: Any) -> str:
    return repr(value)


def _docstring(text: str) -> str:
    return re.sub(r"[^\w .,:-]", "", text)


def _arch(text: str) -> str:
    """In views and HTML Odoo replaces ``%(external_id)d`` and its like by numbers, and ``%%`` by a percent sign."""
    return text.replace("%", "%%")


def _markdown(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|!])", r"\\\1", text)
