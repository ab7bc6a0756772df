"""Projects, and what was last seen of the inbox."""

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = """
CREATE TABLE public.projects (
    slug text PRIMARY KEY,
    sources jsonb NOT NULL,
    targets jsonb NOT NULL,
    odoo_series text NOT NULL,
    origin text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE SEQUENCE public.inbox_sequence;

CREATE TABLE public.inbox_projects (
    slug text PRIMARY KEY,
    source text NOT NULL,
    digest text NOT NULL,
    sequence bigint NOT NULL UNIQUE,
    state text NOT NULL CHECK (state IN ('present', 'removed'))
);

CREATE TABLE public.inbox_files (
    path text PRIMARY KEY,
    project text NOT NULL REFERENCES public.inbox_projects (slug) DEFERRABLE INITIALLY DEFERRED,
    stamp text NOT NULL,
    size bigint NOT NULL,
    digest text NOT NULL
);

CREATE INDEX inbox_files_project ON public.inbox_files (project);

-- Without a policy, only the owner reads them: on Supabase the schema public is open to the network otherwise.
ALTER TABLE public.projects ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.inbox_projects ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.inbox_files ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.opsroom_schema_version ENABLE ROW LEVEL SECURITY;

-- Dagster keeps its runs and events here.
CREATE SCHEMA IF NOT EXISTS dagster;
"""


def upgrade() -> None:
    """Create the tables."""
    op.execute(STATEMENTS)
