"""The base of all data that crosses a border: immutable, strict about unknown fields."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable value; equal values serialize to equal bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")
