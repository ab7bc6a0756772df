"""A role on the home's own server for programs that are not ours: it creates databases and reaches none of ours."""

import secrets
from typing import TYPE_CHECKING

from opsroom_dagster.files import write_atomic
from opsroom_dagster.home import Home
from opsroom_dagster.postgres.server import DATABASE, ensure_running

if TYPE_CHECKING:
    from sqlalchemy import URL

ROLE = "opsroom_guest"


def guest_url(home: Home) -> "URL":
    """The URL of the database ``postgres`` for that role; the server is started and the role made if need be.

    Raises:
        OpsroomError, MissingToolError: see ``ensure_running``.
    """
    import psycopg
    from psycopg import sql

    url = ensure_running(home)
    password = _password(home)
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone()
        verb = sql.SQL("ALTER ROLE" if known else "CREATE ROLE")
        connection.execute(
            sql.SQL("{} {} LOGIN CREATEDB NOSUPERUSER NOCREATEROLE PASSWORD {}").format(
                verb, sql.Identifier(ROLE), sql.Literal(password)
            )
        )
        connection.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(sql.Identifier(DATABASE)))
    return url.set(username=ROLE, password=password, database="postgres")


def _password(home: Home) -> str:
    path = home.postgres / "guest-password"
    if not path.exists():
        write_atomic(path, secrets.token_urlsafe(24).encode(), mode=0o600)
    return path.read_text(encoding="utf-8")
