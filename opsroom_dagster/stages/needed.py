"""Preconditions that say what this version cannot do yet: each looks at what the step's arguments ask for.

They pass by themselves once the part is there, because they look for the part and not for a version.
"""

from typing import Any, get_args

from opsroom_dagster.plans.interpolate import interpolate
from opsroom_dagster.project import Target
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.model import Verdict
from opsroom_dagster.runtime.tools import kinds

PLATFORMS = ("postgres",)
"""Databases that migrations are applied to; Supabase's needs its roles, its API and its command line."""


def mcp(context: StepContext) -> Verdict:
    """MCP servers, ``args.servers``, can be asked."""
    asked = _asked(context, "servers")
    if not asked:
        return Verdict.passed("no MCP server is asked for")
    if "mcp" in kinds():
        return Verdict.passed("tools of kind mcp can be called")
    return _missing("MCP servers cannot be asked", asked, "tools of kind mcp", kinds())


def screenshots(context: StepContext) -> Verdict:
    """Pictures of web pages, ``args.screens``, can be taken."""
    asked = _asked(context, "screens")
    if not asked:
        return Verdict.passed("no picture is asked for")
    if "browser" in kinds():
        return Verdict.passed("tools of kind browser can be called")
    return _missing("pictures of web pages cannot be taken", asked, "tools of kind browser", kinds())


def targets(context: StepContext) -> Verdict:
    """All of ``args.targets`` can be generated."""
    asked = list(map(str, _asked(context, "targets") or []))
    known = list(map(str, get_args(Target)))
    if missing := [target for target in asked if target not in known]:
        return _missing(f"{', '.join(missing)} cannot be generated", asked, "the targets", known)
    return Verdict.passed(f"{', '.join(asked)} can be generated")


def platform(context: StepContext) -> Verdict:
    """The database's platform, ``args.platform``, is one that migrations are applied to."""
    asked = _asked(context, "platform")
    if asked in PLATFORMS:
        return Verdict.passed(f"{asked} can be migrated")
    return _missing(f"{asked} cannot be migrated", asked, "the platforms", list(PLATFORMS))


def _asked(context: StepContext, name: str) -> Any:
    return interpolate(context.step.args.get(name), context.scope)


def _missing(what: str, asked: Any, part: str, known: list[str]) -> Verdict:
    summary = f"{what} by this version; {part} that it has: {', '.join(known) or 'none'}"
    return Verdict.failed(summary, asked=asked, known=known)
