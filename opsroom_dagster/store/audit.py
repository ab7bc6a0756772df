"""Who changed what: written by triggers of the database, whatever program makes the change."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, func, select

from opsroom_dagster.frozen import Frozen
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.jsonb import legible_text
from opsroom_dagster.store.tables import audit_log

_SETTING = "opsroom.actor"


class AuditEntry(Frozen):
    """One change of one row.

    Attributes:
        actor: who the program said it acts for, else the database role.
        subject: a run's id, the digest of a plan, tool or skill, or a session's name.
        key: the row's primary key, parts separated by ``/``.
        changes: column → before and after; values that may be long or private are given as ``sha256:…``.
    """

    id: int
    at: datetime
    actor: str
    role: str
    action: Literal["insert", "update", "delete"]
    table_name: str
    subject: str
    key: str
    changes: dict[str, tuple[Any, Any]]


@contextmanager
def acting_as(connection: Connection, name: str) -> Generator[None]:
    """Changes inside the block are recorded as made by ``name``; nothing outlives the transaction."""
    before = connection.execute(select(func.current_setting(_SETTING, True))).scalar()
    act_as(connection, name)
    yield
    # After an error the transaction is rolled back, and the setting with it.
    act_as(connection, before or "")


def act_as(connection: Connection, name: str) -> None:
    """Until the end of the transaction, changes are recorded as made by ``name``."""
    connection.execute(select(func.set_config(_SETTING, legible_text(name), True)))


def history(database: Database, subject: str, *, limit: int = 10_000) -> list[AuditEntry]:
    """The first ``limit`` changes of a subject and of what belongs to it, oldest first."""
    query = select(audit_log).where(audit_log.c.subject == subject).order_by(audit_log.c.id).limit(limit)
    with database.begin() as connection:
        rows = connection.execute(query).mappings().all()
    return [AuditEntry.model_validate(dict(row)) for row in rows]
