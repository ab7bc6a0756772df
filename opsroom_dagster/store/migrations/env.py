"""Alembic's entry: runs the migrations on the connection, and in the transaction, that ``migrate`` holds."""

from alembic import context

from opsroom_dagster.store.migrate import VERSION_TABLE
from opsroom_dagster.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    version_table_schema="public",
)
with context.begin_transaction():
    context.run_migrations()
