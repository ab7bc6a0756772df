"""The register of projects: one slug, one set of sources."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, or_, select, true
from sqlalchemy.dialects.postgresql import Insert, insert

from opsroom_dagster.errors import ConflictError, InputError
from opsroom_dagster.project import Project
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.tables import projects


def register_project(database: Database, project: Project, *, replace: bool = False) -> Project:
    """Keep a project; its targets and series may change, its sources only with ``replace``.

    Raises:
        ConflictError: the slug belongs to a project with other sources.
    """
    changes = ("sources", "targets", "odoo_series", *(("origin",) if replace else ()))
    return _keep(database, project, changes, lambda wanted: true() if replace else _same_sources(wanted))


def register_inbox_project(database: Database, slug: str, source: str) -> Project:
    """Keep what the inbox holds under a slug; its targets and series stay as they are.

    A project that came from the inbox follows its folder to another spelling of the name.

    Raises:
        ConflictError: the slug belongs to a project that lies elsewhere.
    """
    project = Project(slug=slug, sources=(source,), origin="inbox")
    return _keep(
        database,
        project,
        ("sources", "origin"),
        lambda wanted: or_(projects.c.origin == "inbox", _same_sources(wanted)),
    )


def get_project(database: Database, slug: str) -> Project:
    """The project of a slug.

    Raises:
        InputError: there is none; the message lists those that there are.
    """
    with database.begin() as connection:
        row = connection.execute(select(projects).where(projects.c.slug == slug)).mappings().one_or_none()
    if row is None:
        known = ", ".join(project.slug for project in list_projects(database)[:20]) or "none"
        raise InputError(f"there is no project {slug!r}.", remedy=f"Known projects: {known}.")
    return _project(row)


def list_projects(database: Database) -> list[Project]:
    """All projects, by slug."""
    with database.begin() as connection:
        rows = connection.execute(select(projects).order_by(projects.c.slug.collate("C"))).mappings().all()
    return [_project(row) for row in rows]


def _keep(
    database: Database, project: Project, changes: Sequence[str], allowed: Callable[[Insert], ColumnElement[bool]]
) -> Project:
    """Insert the project, or change these columns of the one that has its slug where that is ``allowed``."""
    wanted = insert(projects).values(project.model_dump(mode="json"))
    upsert = wanted.on_conflict_do_update(
        index_elements=[projects.c.slug],
        set_={name: wanted.excluded[name] for name in changes},
        where=allowed(wanted),
    ).returning(projects)
    with database.begin() as connection:
        row = connection.execute(upsert).mappings().one_or_none()
        if row is None:
            known = connection.execute(select(projects).where(projects.c.slug == project.slug)).mappings().one()
            raise ConflictError(
                f"the project name {project.slug!r} stands for {_listed(known['sources'])}, not for "
                f"{_listed(project.sources)}.",
                remedy="Give another name with --project, or take this one over with --replace.",
            )
    return _project(row)


def _same_sources(wanted: Insert) -> ColumnElement[bool]:
    """Two lists that contain each other hold the same sources; their order means nothing."""
    mine, theirs = projects.c.sources, wanted.excluded.sources
    return and_(mine.contains(theirs), mine.contained_by(theirs))


def _project(row: RowMapping) -> Project:
    return Project.model_validate({name: row[name] for name in Project.model_fields})


def _listed(sources: Any) -> str:
    return ", ".join(str(source) for source in sources)
