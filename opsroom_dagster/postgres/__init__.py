"""The embedded PostgreSQL server: found, started and stopped without an installation."""

from opsroom_dagster.postgres.server import ServerStatus, ensure_running, status, stop

__all__ = ["ServerStatus", "ensure_running", "status", "stop"]
