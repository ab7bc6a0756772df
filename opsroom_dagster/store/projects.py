"""The register of projects: one slug, one set of sources."""

from typing import Any

from sqlalchemy import RowMapping, and_, select
from sqlalchemy.dialects.postgresql import insert

from opsroom_dagster.errors import ConflictError, InputError
from opsroom_dagster.project import Project
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.tables import projects


def register_project(database: Database, project: Project, *, replace: bool = False) -> Project:
    """Keep a project; its targets and series may change, its sources only with ``replace``.

    Raises:
        ConflictError: the slug belongs to a project with other sources.
    """
    values = project.model_dump(mode="json")
    wanted = insert(projects).values(values)
    # Two lists that contain each other hold the same sources; their order means nothing.
    same = and_(
        projects.c.sources.contains(wanted.excluded.sources), projects.c.sources.contained_by(wanted.excluded.sources)
    )
    changes = {name: value for name, value in values.items() if name != "slug"}
    upsert = wanted.on_conflict_do_update(
        index_elements=[projects.c.slug], set_=changes, where=None if replace else same
    ).returning(projects.c.slug)
    with database.begin() as connection:
        if connection.execute(upsert).scalar() is None:
            known = connection.execute(select(projects).where(projects.c.slug == project.slug)).mappings().one()
            raise ConflictError(
                f"the project name {project.slug!r} stands for {_listed(known['sources'])}, not for "
                f"{_listed(project.sources)}.",
                remedy="Give another name with --project, or take this one over with --replace.",
            )
    return project


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


def _project(row: RowMapping) -> Project:
    return Project.model_validate({name: row[name] for name in Project.model_fields})


def _listed(sources: Any) -> str:
    return ", ".join(str(source) for source in sources)
