"""The tables as queries see them; the migrations define them, and a test holds both equal."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
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

# From here on: docs of tables and columns are comments in the database, see the migration.

tools = Table(
    "tools",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("id", Text, nullable=False),
    Column("definition", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
)

skills = Table(
    "skills",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("id", Text, nullable=False),
    Column("definition", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
)

plans = Table(
    "plans",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("id", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("definition", JSONB, nullable=False),
    Column("pins", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("created_by", Text, nullable=False),
    Column("approved_at", DateTime(timezone=True)),
    Column("approved_by", Text),
    Index("plans_state", "state", "created_at"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("name", Text, primary_key=True),
    Column("intent", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("archived_at", DateTime(timezone=True)),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("plan_digest", Text, ForeignKey(plans.c.digest), nullable=False),
    Column("pins", JSONB, nullable=False),
    Column("inputs", JSONB, nullable=False),
    Column("session", Text, ForeignKey(sessions.c.name)),
    Column("lane", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("user_name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("retries", Integer, nullable=False, server_default=text("0")),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    Column("heartbeat_at", DateTime(timezone=True)),
    Column("dagster_run_id", Text),
    Column("cancel_requested_at", DateTime(timezone=True)),
    Column("feedback", Text),
    Column("archived_at", DateTime(timezone=True)),
    Index("runs_created", "created_at", "id", postgresql_where=text("archived_at IS NULL")),
    Index("runs_status", "status", "created_at"),
    Index("runs_lane", "lane", "status", "created_at"),
    Index("runs_user", "user_name", "created_at"),
    Index("runs_session", "session", "created_at"),
    Index("runs_plan", "plan_digest"),
)

run_steps = Table(
    "run_steps",
    metadata,
    Column("run_id", Text, ForeignKey(runs.c.id), primary_key=True),
    Column("step_id", Text, primary_key=True),
    Column("idx", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("claim_token", Text),
    Column("inputs_digest", Text),
    Column("outputs", JSONB(none_as_null=True)),
    Column("outputs_file", Text),
    Column("outputs_digest", Text),
    Column("outputs_bytes", BigInteger),
    Column("error", Text),
    Column("checks", JSONB, nullable=False),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
)

run_proofs = Table(
    "run_proofs",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("run_id", Text, ForeignKey(runs.c.id), nullable=False),
    Column("idx", Integer, nullable=False),
    Column("step_id", Text),
    Column("verifier_id", Text),
    Column("passed", Boolean, nullable=False),
    Column("status", Text, nullable=False),
    Column("timestamp", DateTime(timezone=True), nullable=False),
    Column("evidence", JSONB, nullable=False),
    Column("envelope", Text, nullable=False),
    Column("line_digest", Text, nullable=False),
    UniqueConstraint("run_id", "idx"),
)

approvals = Table(
    "approvals",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("run_id", Text, ForeignKey(runs.c.id), nullable=False),
    Column("step_id", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("expires_at", DateTime(timezone=True)),
    Column("decided_at", DateTime(timezone=True)),
    Column("decided_by", Text),
    Column("note", Text),
    Index("approvals_waiting", "run_id", "step_id", "digest", unique=True, postgresql_where=text("state = 'waiting'")),
    Index("approvals_run", "run_id", "step_id"),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("table_name", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("changes", JSONB, nullable=False),
    Index("audit_log_subject", "subject", "id"),
)
