"""A plan as one self-contained HTML page: no script, nothing from the network, equal plans give equal bytes."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from opsroom_dagster.digests import digest_bytes
from opsroom_dagster.errors import InputError
from opsroom_dagster.plans.file import plan_bytes
from opsroom_dagster.plans.interpolate import braces, interpolate
from opsroom_dagster.plans.model import APPROVE, Json, Plan, Step
from opsroom_dagster.plans.show import doing, plan_svg
from opsroom_dagster.plans.terminal import levels

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATE = "plan_page.html.j2"
MOST_SHOWN = 300
"""Characters of a value that is shown where its name stands."""


@dataclass(frozen=True)
class _Part:
    """A piece of a shown value; ``reference``: it is an interpolation, and ``value`` what it stands for, if known."""

    text: str
    reference: bool = False
    value: str | None = None


@dataclass(frozen=True)
class _Shown:
    """A value as it is shown. ``form``: ``code`` on a line, ``words`` of a command, or a ``block`` of lines."""

    form: str
    parts: Sequence[Sequence[_Part]]
    """One item, or one a word."""


def plan_page(plan: Plan) -> str:
    """The page: inputs, graph, and each step with preconditions, action, verifiers, retries, timeout and rollback."""
    from markupsafe import Markup

    ranks = {name: level + 1 for level, names in enumerate(levels(plan)) for name in names}
    return _template().render(
        plan=plan,
        digest=digest_bytes(plan_bytes(plan)),
        svg=Markup(plan_svg(plan)),  # noqa: S704 - escapes all texts itself
        levels=levels(plan),
        ranks=ranks,
        numbers={step.id: step.idx + 1 for step in plan.steps},
        facts=_facts(plan),
        approve=APPROVE,
        doing=doing,
        shown=_shown,
        milliseconds=_milliseconds,
        retries=_retries,
    )


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE)


def _facts(plan: Plan) -> list[tuple[str, str]]:
    verifiers = sum(len(step.verifiers) for step in plan.steps)
    preconditions = sum(len(step.preconditions) for step in plan.steps)
    waiting = [step.id for step in plan.steps if step.kind == "system" and step.action == APPROVE]
    undone = [step.id for step in plan.steps if step.rollback]
    return [
        ("Steps", f"{len(plan.steps)} in {len(levels(plan))} levels"),
        ("Verifiers", f"{verifiers}, and {preconditions} preconditions"),
        ("Waits for a person", ", ".join(waiting) or "nowhere"),
        ("Can be rolled back", ", ".join(undone) or "no step"),
        ("Made from", plan.metadata.source),
    ]


def _shown(value: Any, inputs: Json | None) -> _Shown:
    """``inputs``: what references in the value stand for; None: the value is data and holds no references."""
    items = cast(list[Any], value) if isinstance(value, list | tuple) else []
    if isinstance(value, str):
        return _Shown("block" if "\n" in value.strip("\n") else "code", [list(_parts(value, inputs))])
    if items and all(isinstance(item, str | int) for item in items):
        texts = (item if isinstance(item, str) else json.dumps(item) for item in items)
        return _Shown("words", [list(_parts(text, inputs)) for text in texts])
    if value and isinstance(value, Mapping | list | tuple):
        text = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)
        return _Shown("block", [list(_parts(text, inputs))])
    return _Shown("code", [[_Part(json.dumps(value, ensure_ascii=False))]])


def _parts(text: str, inputs: Json | None) -> Iterator[_Part]:
    place = 0
    for start, end in braces(text) if inputs is not None else ():
        if start > place:
            yield _Part(text[place:start])
        yield _Part(text[start:end], reference=True, value=_known(text[start:end], inputs or {}))
        place = end
    if place < len(text) or not text:
        yield _Part(text[place:])


def _known(reference: str, inputs: Json) -> str | None:
    """The value of an input, for a person who points at its name; secrets and outputs are not known yet."""
    try:
        value = interpolate(reference, {"inputs": inputs, "steps": {}})
    except InputError:
        return None
    if value == reference:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1]}…"


def _milliseconds(value: int) -> str:
    """As people say it, exactly."""
    for size, unit in ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")):
        if value >= size and value % size == 0:
            return f"{value // size:,} {unit}"
    return f"{value / 1000:,g} s" if value >= 10_000 else f"{value:,} ms"


def _retries(step: Step) -> str:
    policy = step.retry_policy
    if policy is None or policy.max_attempts == 1:
        return "none: it is tried once"
    pause = f"{_milliseconds(policy.backoff_ms)} between them" if policy.backoff_ms else "at once"
    growing = f", each {policy.backoff_multiplier:g} times the one before" if policy.backoff_multiplier > 1 else ""
    return f"{policy.max_attempts} tries, {pause}{growing if policy.backoff_ms and policy.max_attempts > 2 else ''}"
