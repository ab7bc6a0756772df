"""Python functions that plans name.

Actions and the verifiers of stages: ``opsroom_dagster.stages.<stage>:<function>`` and nothing else. Verifiers also: the
name of an entry point that an installed distribution declares in the group ``opsroom.verifiers``. Plans are data, and
what they can reach is what somebody has installed for this purpose.
"""

import re
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from opsroom_dagster.errors import InputError, MissingToolError

ALLOWED_PREFIX = "opsroom_dagster.stages."
VERIFIERS = "opsroom.verifiers"
"""The group of entry points that are verifiers."""
_INSTALLED = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")


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


def installed_verifiers() -> dict[str, EntryPoint]:
    """The verifiers of installed distributions, by name; two of one name count as none."""
    found: dict[str, list[EntryPoint]] = {}
    for entry in entry_points(group=VERIFIERS):
        found.setdefault(entry.name, []).append(entry)
    return {
        name: entries[0]
        for name, entries in sorted(found.items())
        # One distribution can be found on two paths; that is the same verifier.
        if _INSTALLED.fullmatch(name) and len({entry.value for entry in entries}) == 1
    }


def installed_verifier(name: str) -> EntryPoint:
    """The verifier that an installed distribution offers under that name.

    Raises:
        MissingToolError: none does, or several do.
    """
    known = installed_verifiers()
    if name not in known:
        raise MissingToolError(
            f"The verifier {name!r}",
            f"Install one distribution that declares it in the group {VERIFIERS!r}; installed: "
            f"{', '.join(known) or 'none'}.",
        )
    return known[name]
