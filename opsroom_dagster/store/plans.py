"""The register of plans: named by their content, pinned to versions of tools and skills, approved before they run."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import ValidationError
from sqlalchemy import Connection, RowMapping, case, func, select, update
from sqlalchemy.dialects.postgresql import insert

from opsroom_dagster.digests import digest_bytes, digest_value
from opsroom_dagster.errors import ConflictError, InputError, OpsroomError
from opsroom_dagster.frozen import Frozen
from opsroom_dagster.plans.model import Json, Plan, Skill, Tool
from opsroom_dagster.store.audit import act_as
from opsroom_dagster.store.catalog import Pins, pin
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.jsonb import legible_text, storable
from opsroom_dagster.store.tables import plans

PlanState = Literal["draft", "approved", "quarantined"]


class StoredPlan(Frozen):
    """A plan as it is registered; ``plan_of`` reads its definition."""

    digest: str
    id: str
    version: str
    kind: str
    title: str
    definition: Json
    pins: Pins
    state: PlanState
    reason: str | None
    """Why it is quarantined."""
    created_at: datetime
    created_by: str
    approved_at: datetime | None
    approved_by: str | None


def plan_digest(plan: Plan) -> str:
    """What the plan is registered under: the digest of its canonical JSON.

    Raises:
        InputError: it holds what PostgreSQL cannot keep.
    """
    return digest_bytes(storable(_wire(plan), f"the plan {plan.id!r}"))


def register_plan(
    database: Database,
    plan: Plan,
    *,
    by: str,
    approved: bool,
    tools: Mapping[str, Tool] | None = None,
    skills: Mapping[str, Skill] | None = None,
) -> str:
    """Keep a plan with the versions of its tools and skills, and return its digest; the same plan is one row.

    An approval covers the pinned versions: with others the plan is a draft again, unless ``approved``. What is
    quarantined stays so until ``approve_plan``.

    Args:
        tools: at least those that the plan and its skills name, by id; skills likewise.

    Raises:
        InputError: the plan names a tool or skill that is not given, or holds what PostgreSQL cannot keep.
    """
    digest = plan_digest(plan)
    with database.begin() as connection:
        act_as(connection, by)
        pins = pin(connection, plan, tools or {}, skills or {})
        row = {
            "digest": digest,
            "id": plan.id,
            "version": plan.version,
            "kind": plan.kind,
            "title": plan.title,
            "definition": _wire(plan),
            "pins": pins.model_dump(),
            "state": "approved" if approved else "draft",
            "created_by": by,
            "approved_by": by if approved else None,
            "approved_at": func.now() if approved else None,
        }
        wanted = insert(plans).values(row)
        same = plans.c.pins == wanted.excluded.pins
        keeps = (plans.c.state == "quarantined") | ((plans.c.state == "approved") & same)
        changes = {
            name: case((keeps, plans.c[name]), else_=wanted.excluded[name])
            for name in ("state", "approved_by", "approved_at")
        }
        connection.execute(
            wanted.on_conflict_do_update(
                index_elements=[plans.c.digest], set_={"pins": wanted.excluded.pins, **changes}
            )
        )
    return digest


def get_plan(database: Database, digest: str) -> StoredPlan:
    """The plan that was registered under a digest.

    Raises:
        InputError: there is none.
    """
    with database.begin() as connection:
        return _get(connection, digest)


def list_plans(database: Database, state: PlanState | None = None) -> list[StoredPlan]:
    """All plans, or those in a state, in the order of their registration."""
    query = select(plans).order_by(plans.c.created_at, plans.c.digest)
    if state is not None:
        query = query.where(plans.c.state == state)
    with database.begin() as connection:
        rows = connection.execute(query).mappings().all()
    return [_stored(row) for row in rows]


def plan_of(stored: StoredPlan) -> Plan:
    """The plan itself.

    Raises:
        InputError: this version of the product cannot read it.
        OpsroomError: it is not what was registered.
    """
    if digest_value(stored.definition) != stored.digest:
        raise OpsroomError(f"The plan {stored.digest} is not what was registered. Restore the database.")
    try:
        return Plan.model_validate(stored.definition)
    except ValidationError as error:
        raise InputError(
            f"the plan {stored.id!r} was registered by another version of opsroom.", remedy="Compile it again."
        ) from error


def approve_plan(database: Database, digest: str, *, by: str, pins: Pins | None = None) -> StoredPlan:
    """Let a plan be run, also one that was quarantined; approving it again changes nothing.

    Args:
        pins: those that the person has seen.

    Raises:
        InputError: there is no such plan.
        ConflictError: it has been pinned to other versions since.
    """
    change = update(plans).where(plans.c.digest == digest, plans.c.state != "approved")
    if pins is not None:
        change = change.where(plans.c.pins == pins.model_dump())
    with database.begin() as connection:
        act_as(connection, by)
        connection.execute(change.values(state="approved", reason=None, approved_by=by, approved_at=func.now()))
        stored = _get(connection, digest)
        if pins is not None and stored.pins != pins:
            raise ConflictError(
                f"the plan {stored.id!r} is now pinned to other versions of its tools or skills.",
                remedy="Look at it again.",
            )
    return stored


def quarantine_plan(database: Database, digest: str, reason: str, *, by: str = "opsroom") -> StoredPlan:
    """Keep a plan from being run until a person approves it again.

    Raises:
        InputError: there is no such plan.
    """
    change = update(plans).where(plans.c.digest == digest)
    with database.begin() as connection:
        act_as(connection, by)
        connection.execute(change.values(state="quarantined", reason=legible_text(reason)))
        return _get(connection, digest)


def _get(connection: Connection, digest: str) -> StoredPlan:
    row = connection.execute(select(plans).where(plans.c.digest == digest)).mappings().one_or_none()
    if row is None:
        raise InputError(f"no plan with the digest {digest} is registered.")
    return _stored(row)


def _stored(row: RowMapping) -> StoredPlan:
    return StoredPlan.model_validate(dict(row))


def _wire(plan: Plan) -> dict[str, Any]:
    return plan.model_dump(mode="json", by_alias=True)
