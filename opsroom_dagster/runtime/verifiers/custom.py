"""A Python function: one of a stage, or one that an installed distribution offers; it cannot be stopped once it runs.

The function of a stage is called with the step's context, that of a distribution with ``args`` and the context; both
return a ``Verdict``.
"""

from collections.abc import Iterator

from opsroom_dagster.errors import InputError, MissingToolError
from opsroom_dagster.plans.interpolate import references
from opsroom_dagster.plans.model import Json
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.entrypoints import ALLOWED_PREFIX, VERIFIERS, installed_verifier, resolve
from opsroom_dagster.runtime.model import Verdict

CONFIG: Json = {
    "type": "object",
    "required": ["entrypoint"],
    "additionalProperties": False,
    "properties": {
        "entrypoint": {
            "description": "`opsroom_dagster.stages.<stage>:<function>`, or the name of an installed verifier.",
            "type": "string",
            "pattern": r"^(opsroom_dagster\.stages\.[a-z][a-z0-9_]*:[a-z][a-z0-9_]*|[a-z0-9][a-z0-9_.-]{0,99})$",
            "$comment": f"name a function under {ALLOWED_PREFIX} or an installed verifier of the group {VERIFIERS!r}",
        },
        "args": {"description": "For an installed verifier: what it is called with.", "type": "object"},
    },
}
STAGE_SECONDS = 3_600.0
"""Verifiers of stages limit what they run themselves: installing an addon in a real Odoo takes its time."""


def seconds(config: Json) -> float | None:
    """How long a try may take where the plan does not say; None: as any verifier."""
    return STAGE_SECONDS if ":" in str(config.get("entrypoint")) else None


def mistakes(config: Json) -> Iterator[tuple[str, str]]:
    """Installed verifiers exist."""
    name = str(config.get("entrypoint", ":"))
    if ":" not in name and not any(references(name)):
        try:
            installed_verifier(name)
        except MissingToolError as error:
            yield "/entrypoint", str(error)


def judge(config: Json, context: StepContext) -> Verdict:
    """What the function returns; see the module."""
    name: str = config["entrypoint"]
    if ":" in name:
        return _verdict(resolve(name)(context), name)
    entry = installed_verifier(name)
    try:
        function = entry.load()
    except (ImportError, AttributeError) as error:
        raise InputError(f"the verifier {name!r} ({entry.value}) cannot be loaded: {error}") from error
    verdict = _verdict(function(config.get("args", {}), context), name)
    by = f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value
    return verdict.model_copy(update={"evidence": {**verdict.evidence, "verifier": f"{name} of {by}"}})


def _verdict(found: object, name: str) -> Verdict:
    if not isinstance(found, Verdict):
        raise InputError(f"the verifier {name!r} returned {type(found).__name__}, not a Verdict.")
    return found
