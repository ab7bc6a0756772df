"""The JSON Schema of plans, for editors and other tools."""

from opsroom_dagster.plans.model import Json, Plan


def plan_schema() -> Json:
    """JSON Schema (draft 2020-12) of a plan, with the names that are used on the wire."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Plan.model_json_schema(by_alias=True)}
