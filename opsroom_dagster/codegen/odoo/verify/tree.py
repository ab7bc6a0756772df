"""An addon as it lies on disk, parsed once: manifest, Python, XML and CSV."""

import ast
import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from opsroom_dagster.codegen.odoo.knowledge import Knowledge, knowledge
from opsroom_dagster.codegen.odoo.verify import syntax
from opsroom_dagster.codegen.odoo.verify.finding import Finding

if TYPE_CHECKING:
    from lxml.etree import _Element as Element  # pyright: ignore[reportPrivateUsage] - lxml has no public name


@dataclass(frozen=True)
class AddonTree:
    """The parsed files of an addon by path relative to it. Files that do not parse are in ``unreadable`` only."""

    root: Path
    series: str
    manifest: Mapping[str, Any]
    python: Mapping[str, ast.Module]
    xml: "Mapping[str, Element]"
    csv: Mapping[str, list[list[str]]]
    unreadable: tuple[Finding, ...]

    @property
    def name(self) -> str:
        """Technical name: that of the folder."""
        return self.root.name

    @property
    def facts(self) -> Knowledge:
        """What Odoo of this series defines."""
        return knowledge(self.series)

    @cached_property
    def closure(self) -> frozenset[str]:
        """Modules that the addon may rely on."""
        return self.facts.depends_closure(self.depends)

    @property
    def depends(self) -> list[str]:
        """Modules that the manifest names."""
        return self._names("depends")

    @property
    def data_files(self) -> list[str]:
        """Files that the manifest loads, in its order; demonstration data last."""
        return [*self._names("data"), *self._names("demo")]

    def _names(self, key: str) -> list[str]:
        """The strings in a list of the manifest."""
        stated: object = self.manifest.get(key)
        return (
            [name for name in cast("list[object]", stated) if isinstance(name, str)] if isinstance(stated, list) else []
        )


def load_addon(root: Path, series: str) -> AddonTree:
    """Parse every file of the addon in ``root``.

    Raises:
        InputError: the series is not known.
    """
    knowledge(series)
    manifest: Mapping[str, Any] = {}
    python: dict[str, ast.Module] = {}
    xml: dict[str, Element] = {}
    tables: dict[str, list[list[str]]] = {}
    unreadable: list[Finding] = []
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        name = path.relative_to(root).as_posix()
        try:
            if path.suffix == ".py":
                python[name] = _python(path)
            elif path.suffix == ".xml":
                xml[name] = _xml(path)
            elif path.suffix == ".csv":
                tables[name] = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8")), strict=True))
        except _errors() as error:
            unreadable.append(Finding(name, getattr(error, "lineno", None) or 0, f"does not parse: {error}"))
    if "__manifest__.py" in python:
        manifest = _manifest(python["__manifest__.py"])
    return AddonTree(root, series, manifest, python, xml, tables, tuple(unreadable))


def _errors() -> tuple[type[Exception], ...]:
    from lxml.etree import XMLSyntaxError

    return (SyntaxError, ValueError, csv.Error, XMLSyntaxError)


def _python(path: Path) -> ast.Module:
    source = path.read_bytes()
    compile(source, path.name, "exec", dont_inherit=True)  # finds what parsing does not: a misplaced return
    return syntax.module(source)


def _xml(path: Path) -> "Element":
    from lxml import etree

    # Entities and external documents are never resolved, whatever the file says.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    root = etree.fromstring(path.read_bytes(), parser)
    if root.getroottree().docinfo.internalDTD:
        raise ValueError("a document type is not allowed")
    return root


def _manifest(module: ast.Module) -> Mapping[str, Any]:
    """The dictionary that the file is; empty when it is none."""
    if len(module.body) == 1 and isinstance(module.body[0], ast.Expr):
        try:
            value: object = ast.literal_eval(module.body[0].value)
        except ValueError:
            return {}
        return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    return {}
