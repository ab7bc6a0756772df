"""Tools: what steps of kind ``tool`` call. One module a kind, found by being a file in this folder.

A kind has ``call(args: Json, context: StepContext) -> Json``: ``args`` fit the tool's input schema and hold no
interpolation any more; the outputs are checked against its output schema. Time is taken from ``context.remaining``.
Secrets that were filled in are in ``context.hidden``: a kind keeps them out of files that it writes, while its outputs
and errors are looked through here.
"""

import importlib
from dataclasses import replace
from pkgutil import iter_modules
from typing import Any

from opsroom_dagster.errors import InputError, OpsroomError, StepError
from opsroom_dagster.plans.interpolate import interpolate
from opsroom_dagster.plans.model import Json, Tool
from opsroom_dagster.plans.schemas import mistakes, with_schema_defaults
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.hiding import hide
from opsroom_dagster.runtime.secrets import SecretScope


def kinds() -> list[str]:
    """Kinds of tools that this version can call, sorted."""
    return sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_"))


def call_tool(tool: Tool, args: Json, context: StepContext) -> Json:
    """Call a tool.

    Args:
        tool: what its input schema fixes (``const``) or gives a default is added to the arguments.
        args: as the plan states them. Interpolations are filled in once, secrets among them: what an earlier step
            has put out is never looked at for interpolations of its own.

    Raises:
        InputError: the arguments do not fit the tool's input schema, or its kind is not known.
        StepError: the call failed, or its outputs do not fit the output schema.
        MissingToolError: this machine lacks what the kind needs.
    """
    if tool.kind not in kinds():
        raise InputError(
            f"the tool {tool.id!r} is of kind {tool.kind!r}, which this version cannot call.",
            remedy=f"Kinds: {', '.join(kinds())}.",
        )
    stated = with_schema_defaults(args, tool.input_schema)
    # Judged with the names of secrets in the place of their values, so that no message tells one.
    if found := mistakes(interpolate(stated, context.scope), tool.input_schema):
        raise InputError(f"the arguments of the tool {tool.id!r} do not fit: {'; '.join(found)}.")
    secrets = SecretScope(context.secrets)
    filled = interpolate(stated, {**context.scope, "secrets": secrets})
    outputs = _called(tool, filled, replace(context, hidden=context.hidden | secrets.values_read))
    if found := mistakes(outputs, tool.output_schema):
        raise StepError(f"the outputs of the tool {tool.id!r} do not fit: {'; '.join(found)}.")
    return outputs


def _called(tool: Tool, args: Json, context: StepContext) -> Json:
    """What the kind puts out, or how it failed: neither tells a secret."""
    module: Any = importlib.import_module(f"{__name__}.{tool.kind}")
    try:
        return hide(module.call(args, context), context.hidden)
    except OpsroomError as error:
        error.args = (hide(str(error), context.hidden),)
        raise
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
        shown = hide(told, context.hidden)
        raise StepError(f"the tool {tool.id!r} crashed: {shown}") from (error if shown == told else None)
