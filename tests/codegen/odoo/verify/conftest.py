"""Changed copies of good addons."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from opsroom_dagster.codegen.odoo.verify.tree import AddonTree, load_addon
from tests.codegen.odoo.conftest import SERIES
from tests.codegen.odoo.verify.faults import Fault


@pytest.fixture
def alter(addon_of: Callable[[str], Path], tmp_path: Path) -> Callable[..., AddonTree]:
    """Faults of one demand → a copy of its addon that has them."""

    def change(*faults: Fault) -> AddonTree:
        good = addon_of(faults[0].demand)
        copy = tmp_path / good.name
        shutil.copytree(good, copy)
        for fault in faults:
            _change(copy / fault.file, fault)
        return load_addon(copy, SERIES)

    return change


def _change(path: Path, fault: Fault) -> None:
    if fault.new is None:
        path.unlink()
    elif fault.old is None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(fault.new, encoding="utf-8")
    else:
        text = path.read_text(encoding="utf-8")
        assert fault.old in text, f"{fault.name}: {fault.file} does not hold {fault.old!r}"
        path.write_text(text.replace(fault.old, fault.new, 1), encoding="utf-8")
