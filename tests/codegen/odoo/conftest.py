"""Addons of the demands, generated once for all tests of a process; a test that changes one takes a copy."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from opsroom_dagster.codegen.odoo.generate import generate
from opsroom_dagster.codegen.odoo.verify.tree import AddonTree, load_addon
from tests.codegen.odoo.demands import AUTHOR, DEMANDS

SERIES = "18.0"


@pytest.fixture(scope="session")
def addon_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Name of a demand → the folder of its addon, which no test changes."""

    @cache
    def make(demand: str) -> Path:
        output = tmp_path_factory.mktemp(demand)
        slug = demand.replace("_", "-")
        addon = generate(DEMANDS[demand](), slug=slug, series=SERIES, author=AUTHOR, output=output)
        return output / addon.technical_name

    return make


@pytest.fixture(scope="session")
def tree_of(addon_of: Callable[[str], Path]) -> Callable[[str], AddonTree]:
    """Name of a demand → its addon, parsed."""
    return cache(lambda demand: load_addon(addon_of(demand), SERIES))
