"""The arguments of a kind of tool: typed, with their defaults and bounds, and every mistake in them named."""

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from opsroom_dagster.errors import InputError
from opsroom_dagster.plans.model import Json

DAY_MS = 86_400_000
MAX_BYTES = 100_000_000
"""The most that a command's stream or the body of an answer may hold."""
Milliseconds = Annotated[int, Field(ge=1, le=DAY_MS)]
Bytes = Annotated[int, Field(ge=1, le=MAX_BYTES)]
Text = str | int
"""A whole-text interpolation of a number stays a number: it is written down as a text again."""


class Arguments(BaseModel):
    """camelCase on the wire; nothing is converted and nothing unknown is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, alias_generator=to_camel, populate_by_name=True)


Kind = TypeVar("Kind", bound=Arguments)


def parsed(kind: type[Kind], args: Json) -> Kind:
    """The arguments as the kind takes them.

    Raises:
        InputError: some are missing, unknown, or of the wrong type or size. Their values are not told.
    """
    try:
        return kind.model_validate(args)
    except ValidationError as error:
        found = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise InputError(f"the arguments do not fit: {'; '.join(sorted(set(found)))}.") from None
