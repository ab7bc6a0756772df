"""Plans as files: JSON or YAML, by suffix."""

import json
from pathlib import Path
from typing import Any, cast

from opsroom_dagster.digests import canonical_json
from opsroom_dagster.errors import InputError
from opsroom_dagster.plans.model import Json, Plan

MAX_BYTES = 20_000_000


def read_raw_plan(path: Path) -> Json:
    """The JSON object of a file, not yet checked.

    Raises:
        InputError: there is no such file, or it holds no JSON object (the line is named where it is known).
    """
    if not path.is_file():
        raise InputError("there is no such file.", file=path, remedy="Name a plan as JSON or YAML.")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"the file has more than {MAX_BYTES:,} bytes.", file=path, remedy="Split the plan.")
    try:
        text = path.read_text(encoding="utf-8")
        value = _yaml(text) if path.suffix.lower() in (".yaml", ".yml") else json.loads(text)
    except UnicodeDecodeError as error:
        raise InputError("the text is not UTF-8.", file=path, remedy="Save it as UTF-8.") from error
    except json.JSONDecodeError as error:
        raise InputError(f"this is no JSON: {error.msg}.", file=path, line=error.lineno) from error
    except RecursionError as error:
        raise InputError("the values are nested too deeply.", file=path, remedy="Flatten them.") from error
    except ValueError as error:
        raise InputError(str(error), file=path) from error
    if not isinstance(value, dict):
        raise InputError("a plan is an object.", file=path, remedy="See `opsroom plan schema`.")
    return cast(Json, value)


def plan_bytes(plan: Plan) -> bytes:
    """Canonical JSON of a plan, with the names that are used on the wire."""
    return canonical_json(plan.model_dump(mode="json", by_alias=True))


def _yaml(text: str) -> Any:
    import yaml

    try:
        # Aliases can make a small file enormous, and no plan needs them.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text)):  # pyright: ignore[reportUnknownMemberType]
            raise ValueError("aliases (*name) are not allowed in a plan.")
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"this is no YAML: {' '.join(str(error).split())}") from error
