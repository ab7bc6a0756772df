"""One small change of a good addon that a judge must see."""

from typing import NamedTuple

from opsroom_dagster.codegen.odoo.verify.finding import Finding


class Fault(NamedTuple):
    """``old`` is replaced by ``new`` once in ``file``; no ``old``: the file is written, no ``new``: it is removed."""

    name: str
    file: str
    old: str | None
    new: str | None
    says: str
    """What the finding must say."""
    at: str = ""
    """The file that the finding must name, when it is another one."""
    demand: str = "booking"


def must_find(found: list[Finding], fault: Fault) -> None:
    """The judge names the file and the fault."""
    said = "\n".join(map(str, found)) or "nothing"
    assert any(finding.file == (fault.at or fault.file) and fault.says in finding.message for finding in found), said


def name_of(fault: Fault) -> str:
    """Its id among the tests."""
    return fault.name
