"""Extraction rules: one module a notation, found by being a file in this folder.

A rule is a module with ``find(reading: Reading) -> Iterator[Fact]``; its id is the module's name. Modules whose name
starts with ``_`` are shared parts of rules, not rules.
"""

import importlib
from collections.abc import Callable, Iterator
from pkgutil import iter_modules

from opsroom_dagster.requirements.model import Fact
from opsroom_dagster.requirements.reading import Reading

Rule = Callable[[Reading], Iterator[Fact]]


def rules() -> dict[str, Rule]:
    """Rule id → its ``find``, sorted by id."""
    names = sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_"))
    return {name: importlib.import_module(f"{__name__}.{name}").find for name in names}


def find_facts(reading: Reading) -> list[Fact]:
    """All facts of all rules, rule by rule in the order of their ids."""
    return [fact for find in rules().values() for fact in find(reading)]
