"""Versions of tools and skills by their digests, and which versions a plan is pinned to."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar, cast

from pydantic import ValidationError
from sqlalchemy import Connection, Table, bindparam, func, select
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import ARRAY, insert

from opsroom_dagster.digests import digest_bytes, digest_value
from opsroom_dagster.errors import InputError, OpsroomError
from opsroom_dagster.frozen import Frozen
from opsroom_dagster.plans.model import Json, Plan, Skill, Step, Tool
from opsroom_dagster.store.audit import act_as
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.jsonb import storable
from opsroom_dagster.store.tables import skills as skills_table
from opsroom_dagster.store.tables import tools as tools_table

Definition = TypeVar("Definition", Tool, Skill)


class Pins(Frozen):
    """The versions that a plan is executed with: id → digest, of everything that it reaches."""

    tools: dict[str, str] = {}
    skills: dict[str, str] = {}


class Catalog(Frozen):
    """Tools and skills by id."""

    tools: dict[str, Tool] = {}
    skills: dict[str, Skill] = {}


def register_tool(database: Database, tool: Tool, *, by: str) -> str:
    """Keep a version of a tool and return its digest; the same version is kept once.

    Raises:
        InputError: it holds what PostgreSQL cannot keep.
    """
    with database.begin() as connection:
        act_as(connection, by)
        return _keep(connection, tools_table, [tool])[tool.id]


def get_tool(database: Database, digest: str) -> Tool:
    """A version of a tool.

    Raises:
        InputError: it was never registered, or this version of the product cannot read it.
        OpsroomError: it is not what was registered.
    """
    return _read(Tool, _definitions(database, tools_table, [digest])[digest])


def register_skill(database: Database, skill: Skill, *, by: str) -> str:
    """Keep a version of a skill and return its digest; the same version is kept once.

    Raises:
        InputError: it holds what PostgreSQL cannot keep.
    """
    with database.begin() as connection:
        act_as(connection, by)
        return _keep(connection, skills_table, [skill])[skill.id]


def get_skill(database: Database, digest: str) -> Skill:
    """A version of a skill.

    Raises:
        InputError: it was never registered, or this version of the product cannot read it.
        OpsroomError: it is not what was registered.
    """
    return _read(Skill, _definitions(database, skills_table, [digest])[digest])


def pinned(database: Database, pins: Pins) -> Catalog:
    """The definitions that are pinned.

    Raises:
        InputError, OpsroomError: see ``get_tool``.
    """
    tools = _definitions(database, tools_table, pins.tools.values())
    skills = _definitions(database, skills_table, pins.skills.values())
    return Catalog(
        tools={name: _read(Tool, tools[digest]) for name, digest in pins.tools.items()},
        skills={name: _read(Skill, skills[digest]) for name, digest in pins.skills.items()},
    )


def pin(connection: Connection, plan: Plan, tools: Mapping[str, Tool], skills: Mapping[str, Skill]) -> Pins:
    """Keep the versions that a plan reaches, also through its skills, and name their digests.

    Raises:
        InputError: the plan names a tool or skill that is not given.
    """
    reached = _reached_skills(plan, skills)
    names = {name for steps in (plan.steps, *(skill.steps for skill in reached)) for name in _tools(steps)}
    names |= {name for skill in reached for name in skill.tools}
    if missing := sorted(names - set(tools)):
        raise InputError(
            f"the plan {plan.id!r} names tools that do not exist: {', '.join(missing)}.",
            remedy=f"There are: {', '.join(sorted(tools)) or 'none'}.",
        )
    return Pins(
        tools=_keep(connection, tools_table, [tools[name] for name in sorted(names)]),
        skills=_keep(connection, skills_table, reached),
    )


def _keep(connection: Connection, table: Table, definitions: Iterable[Tool | Skill]) -> dict[str, str]:
    """Insert the definitions that are new; id → digest of each."""
    digests: dict[str, str] = {}
    rows: list[dict[str, Any]] = []
    for definition in definitions:
        value = definition.model_dump(mode="json", by_alias=True)
        digest = digest_bytes(storable(value, f"the definition of {definition.id!r}"))
        digests[definition.id] = digest
        rows.append({"digest": digest, "id": definition.id, "definition": value})
    if rows:
        # In one order, so that two that register the same at once do not wait for each other.
        rows.sort(key=lambda row: cast(str, row["digest"]))
        connection.execute(insert(table).on_conflict_do_nothing(), rows)
    return digests


def _reached_skills(plan: Plan, skills: Mapping[str, Skill]) -> list[Skill]:
    """By name, each once, also those that skills use themselves."""
    found: dict[str, Skill] = {}
    waiting = sorted(set(_skills(plan.steps)))
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        if name not in skills:
            raise InputError(
                f"the plan {plan.id!r} needs a skill {name!r}, which does not exist.",
                remedy=f"There are: {', '.join(sorted(skills)) or 'none'}.",
            )
        found[name] = skills[name]
        waiting += _skills(skills[name].steps)
    return [found[name] for name in sorted(found)]


def _tools(steps: Iterable[Step]) -> Iterator[str]:
    for step in steps:
        if step.tool is not None:
            yield step.tool
        if step.rollback is not None and step.rollback.tool is not None:
            yield step.rollback.tool


def _skills(steps: Iterable[Step]) -> Iterator[str]:
    return (step.skill for step in steps if step.skill is not None)


def _definitions(database: Database, table: Table, digests: Iterable[str]) -> dict[str, Json]:
    wanted = list(digests)
    query = select(table.c.digest, table.c.definition).where(
        table.c.digest == func.any(bindparam("digests", wanted, type_=ARRAY(SqlText)))
    )
    with database.begin() as connection:
        found: dict[str, Json] = {row.digest: row.definition for row in connection.execute(query)}
    for digest in wanted:
        if digest not in found:
            raise InputError(f"no {table.name[:-1]} with the digest {digest} was registered.")
        if digest_value(found[digest]) != digest:
            raise OpsroomError(f"The {table.name[:-1]} {digest} is not what was registered. Restore the database.")
    return found


def _read(model: type[Definition], value: Json) -> Definition:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise InputError(
            f"the {model.__name__.lower()} {value.get('id')!r} was registered by another version of opsroom.",
            remedy="Register its plan again.",
        ) from error
