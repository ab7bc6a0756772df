"""The tables as queries see them; the migrations define them, and a test holds both equal."""

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Index, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(schema="public")

projects = Table(
    "projects",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("sources", JSONB, nullable=False),
    Column("targets", JSONB, nullable=False),
    Column("odoo_series", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
)

inbox_projects = Table(
    "inbox_projects",
    metadata,
    Column("slug", Text, primary_key=True),
    # Absolute path of the project's folder or file.
    Column("source", Text, nullable=False),
    Column("digest", Text, nullable=False),
    # Of the last change; grows from change to change, over all projects.
    Column("sequence", BigInteger, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    CheckConstraint("state IN ('present', 'removed')"),
)

inbox_files = Table(
    "inbox_files",
    metadata,
    # Relative to the inbox, POSIX.
    Column("path", Text, primary_key=True),
    Column("project", Text, ForeignKey(inbox_projects.c.slug, deferrable=True, initially="DEFERRED"), nullable=False),
    # Times of the last change as the file system tells them; another stamp or size means: hash it again.
    Column("stamp", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Index("inbox_files_project", "project"),
)
