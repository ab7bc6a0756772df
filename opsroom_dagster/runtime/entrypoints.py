"""Python functions that plans name: ``opsroom_dagster.stages.<stage>:<function>`` and nothing else."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from opsroom_dagster.errors import InputError

ALLOWED_PREFIX = "opsroom_dagster.stages."


def resolve(entrypoint: str) -> Callable[..., Any]:
    """The function behind an entry point.

    Raises:
        InputError: the name lies outside ``opsroom_dagster.stages`` (plans are data and must not reach
            arbitrary code), or nothing is there.
    """
    module_name, _, function = entrypoint.partition(":")
    if not module_name.startswith(ALLOWED_PREFIX) or not function.isidentifier() or function.startswith("_"):
        raise InputError(f"the entry point {entrypoint!r} is not allowed.", remedy=f"Name one under {ALLOWED_PREFIX}")
    try:
        return getattr(import_module(module_name), function)
    except (ImportError, AttributeError) as error:
        raise InputError(f"the entry point {entrypoint!r} does not exist: {error}") from error
