"""Inputs of a plan that a run is started with: ``NAME=VALUE``, typed like the plan's own values."""

import json
import math
from collections.abc import Sequence
from typing import Any

from opsroom_dagster.errors import InputError
from opsroom_dagster.plans.model import Json, Plan


def typed_inputs(plan: Plan, settings: Sequence[str]) -> Json:
    """The inputs that differ from the plan's own.

    Raises:
        InputError: the plan has no such input, or the value is of another type than its own.
    """
    found: Json = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or name not in plan.inputs:
            raise InputError(
                f"{setting!r} sets no input of the plan.",
                remedy=f"Write --set NAME=VALUE; inputs: {', '.join(plan.inputs) or 'none'}.",
            )
        found[name] = _typed(name, value, plan.inputs[name])
    return found


def _typed(name: str, text: str, like: Any) -> Any:
    if like is None or isinstance(like, str):
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    # A whole number is also one for an input with decimals, but never the other way round; True is no number.
    fits = type(value) is type(like) or (isinstance(like, float) and type(value) is int)
    if not fits or (isinstance(value, float) and not math.isfinite(value)):
        raise InputError(f"{name}={text!r} is no {type(like).__name__}.", remedy="Write the value as JSON.")
    return value
