"""Sessions: groups of runs with one intent."""

from datetime import datetime

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.postgresql import insert

from opsroom_dagster.errors import ConflictError, InputError
from opsroom_dagster.frozen import Frozen
from opsroom_dagster.store.audit import act_as
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.run_status import FINISHED
from opsroom_dagster.store.tables import runs, sessions

MAX_LENGTH = 200


class Session(Frozen):
    """A group of runs."""

    name: str
    intent: str
    created_at: datetime
    archived_at: datetime | None


def open_session(database: Database, name: str, intent: str, *, by: str) -> Session:
    """Name a session and say what it is for; one that is there gets the intent, and is not archived any more.

    Raises:
        InputError: the name is empty or too long.
    """
    with database.begin() as connection:
        act_as(connection, by)
        enter_session(connection, name, intent)
        return _get(connection, name)


def enter_session(connection: Connection, name: str, intent: str | None = None) -> None:
    """Make sure that a session is there and not archived, and hold it so until the end of the transaction.

    Raises:
        InputError: the name is empty or too long.
    """
    if not 1 <= len(name) <= MAX_LENGTH or "\0" in name:
        raise InputError(f"a session's name has 1 to {MAX_LENGTH} characters.")
    wanted = insert(sessions).values(name=name, intent=intent or "")
    changes = {"archived_at": None} | ({} if intent is None else {"intent": intent})
    connection.execute(wanted.on_conflict_do_update(index_elements=[sessions.c.name], set_=changes))


def get_session(database: Database, name: str) -> Session:
    """A session.

    Raises:
        InputError: there is none of this name.
    """
    with database.begin() as connection:
        return _get(connection, name)


def list_sessions(database: Database, *, archived: bool | None = False) -> list[Session]:
    """Sessions, newest first; ``archived``: True: only those; None: those too."""
    query = select(sessions).order_by(sessions.c.created_at.desc(), sessions.c.name)
    if archived is not None:
        query = query.where(sessions.c.archived_at.is_not(None) if archived else sessions.c.archived_at.is_(None))
    with database.begin() as connection:
        rows = connection.execute(query).mappings().all()
    return [Session.model_validate(dict(row)) for row in rows]


def archive_session(database: Database, name: str, *, by: str) -> int:
    """Put a session and its runs away; returns how many runs that were.

    Raises:
        InputError: there is none of this name.
        ConflictError: some of its runs have not ended.
    """
    with database.begin() as connection:
        act_as(connection, by)
        # Until the end, no run can enter it.
        connection.execute(select(sessions.c.name).where(sessions.c.name == name).with_for_update())
        _get(connection, name)
        mine = runs.c.session == name
        unfinished = select(runs.c.id).where(mine, runs.c.status.not_in(sorted(FINISHED))).order_by(runs.c.created_at)
        if going := connection.execute(unfinished).scalars().all():
            raise ConflictError(
                f"runs of the session {name!r} have not ended: {', '.join(going[:5])}"
                + (f" and {len(going) - 5} more." if len(going) > 5 else "."),
                remedy="Cancel them first.",
            )
        connection.execute(update(sessions).where(sessions.c.name == name).values(archived_at=func.now()))
        away = update(runs).where(mine, runs.c.archived_at.is_(None)).values(archived_at=func.now())
        return connection.execute(away).rowcount


def _get(connection: Connection, name: str) -> Session:
    row = connection.execute(select(sessions).where(sessions.c.name == name)).mappings().one_or_none()
    if row is None:
        raise InputError(f"there is no session {name!r}.")
    return Session.model_validate(dict(row))
