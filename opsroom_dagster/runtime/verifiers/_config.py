"""What the config of each kind of verifier may hold: every kind's own keys, and those that all have in common."""

import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from opsroom_dagster.errors import InputError
from opsroom_dagster.plans.interpolate import escape_pointer, references
from opsroom_dagster.plans.model import Json

_DAY_MS = 86_400_000
_TIME: Json = {"type": "integer", "minimum": 1, "maximum": _DAY_MS}
COMMON: Json = {
    "deadlineMs": _TIME,
    "intervalMs": {**_TIME, "minimum": 10},
    "timeoutMs": _TIME,
    "onInconclusive": {"enum": ["warn"]},
}
"""Properties of the config of any verifier; see ``runtime.verifiers``."""
_PACKAGE = __name__.rpartition(".")[0]
_SHOWN = 300


def kinds() -> list[str]:
    """Kinds of verifiers that this version can run, sorted."""
    names = (module.name for module in iter_modules([str(Path(__file__).parent)]))
    return sorted(name for name in names if not name.startswith("_"))


@cache
def kind_module(kind: str) -> ModuleType:
    """The module of a kind.

    Raises:
        InputError: there is none.
    """
    if kind not in kinds():
        raise InputError(f"verifiers of kind {kind!r} are not known.", remedy=f"Known: {', '.join(kinds())}.")
    return importlib.import_module(f"{_PACKAGE}.{kind}")


def split(config: Json) -> tuple[Json, Json]:
    """A config's keys for the kind, and those that all kinds have in common."""
    own = {key: value for key, value in config.items() if key not in COMMON}
    return own, {key: value for key, value in config.items() if key in COMMON}


def config_problems(kind: str, config: Json, *, filled: bool = False) -> Iterator[tuple[str, str]]:
    """JSON pointer into the config → what is wrong there, by place.

    Args:
        filled: the config holds no interpolation any more, and the verifier finds the rest of the mistakes itself.
            Otherwise texts with interpolations are not judged: they may become values of any type.
    """
    try:
        module: Any = kind_module(kind)
    except InputError as error:
        yield "", str(error)
        return
    found = {
        ("".join(f"/{escape_pointer(str(part))}" for part in error.absolute_path), _message(error))
        for error in _validator(kind).iter_errors(config)
        if filled or not (isinstance(error.instance, str) and any(references(error.instance)))
    }
    if not filled and hasattr(module, "mistakes"):
        found |= set(module.mistakes(split(config)[0]))
    yield from sorted(found)


@cache
def _validator(kind: str) -> Any:
    from jsonschema import Draft202012Validator

    schema: Json = kind_module(kind).CONFIG
    return Draft202012Validator({**schema, "properties": {**schema["properties"], **COMMON}})


def _message(error: Any) -> str:
    """In the schema's own words where it has some: no one understands which of several patterns was not met."""
    rule: Json = error.schema
    told = rule.get("$comment") if error.validator in ("oneOf", "anyOf", "pattern", "not", "minProperties") else None
    text = (
        f"{error.instance!r} is not allowed: {told}" if error.validator == "pattern" and told else told or error.message
    )
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
