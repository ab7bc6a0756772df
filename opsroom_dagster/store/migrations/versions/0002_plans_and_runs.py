"""Plans with their tools and skills, runs with their steps, proofs and approvals, and a record of every change."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
CREATE TABLE public.tools (
    digest text PRIMARY KEY,
    id text NOT NULL,
    definition jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE public.tools IS 'Every version of a tool that a plan was registered with. Rows never change.';
COMMENT ON COLUMN public.tools.digest IS 'SHA-256 of the definition as canonical JSON (RFC 8785).';
COMMENT ON COLUMN public.tools.id IS 'The name that steps call it by; each version has its own row.';

CREATE TABLE public.skills (
    digest text PRIMARY KEY,
    id text NOT NULL,
    definition jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE public.skills IS 'Every version of a skill that a plan was registered with. Rows never change.';
COMMENT ON COLUMN public.skills.digest IS 'SHA-256 of the definition as canonical JSON (RFC 8785).';
COMMENT ON COLUMN public.skills.id IS 'The name that steps call it by; each version has its own row.';

CREATE TABLE public.plans (
    digest text PRIMARY KEY,
    id text NOT NULL,
    version text NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    definition jsonb NOT NULL,
    pins jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('draft', 'approved', 'quarantined')),
    reason text,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    approved_at timestamptz,
    approved_by text,
    CHECK (state <> 'approved' OR approved_by IS NOT NULL),
    CHECK (state <> 'quarantined' OR reason IS NOT NULL)
);
CREATE INDEX plans_state ON public.plans (state, created_at);
COMMENT ON TABLE public.plans IS 'Plans as they were registered; one row a content. Only approved ones are run.';
COMMENT ON COLUMN public.plans.digest IS 'SHA-256 of the definition as canonical JSON (RFC 8785).';
COMMENT ON COLUMN public.plans.definition IS 'The plan on the wire (Pulser IR). Never changes.';
COMMENT ON COLUMN public.plans.pins IS
    '{"tools": {id: digest}, "skills": {id: digest}}: the versions that the approval covers.';
COMMENT ON COLUMN public.plans.reason IS 'Why the plan is quarantined.';

CREATE TABLE public.sessions (
    name text PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 200),
    intent text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    archived_at timestamptz
);
COMMENT ON TABLE public.sessions IS 'Groups of runs with one intent.';

CREATE TABLE public.runs (
    -- It is also the name of a folder.
    id text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$'),
    plan_digest text NOT NULL REFERENCES public.plans (digest),
    pins jsonb NOT NULL,
    inputs jsonb NOT NULL,
    session text REFERENCES public.sessions (name),
    lane text NOT NULL CHECK (lane IN ('A', 'B', 'C', 'D')),
    priority integer NOT NULL,
    user_name text NOT NULL CHECK (length(user_name) BETWEEN 1 AND 200),
    status text NOT NULL CHECK (status IN
        ('queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled', 'rolled_back', 'rollback_failed')),
    reason text,
    retries integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    heartbeat_at timestamptz,
    dagster_run_id text,
    cancel_requested_at timestamptz,
    feedback text,
    archived_at timestamptz,
    CHECK ((finished_at IS NULL) = (status IN ('queued', 'running', 'waiting')))
);
CREATE INDEX runs_created ON public.runs (created_at, id) WHERE archived_at IS NULL;
CREATE INDEX runs_status ON public.runs (status, created_at);
CREATE INDEX runs_lane ON public.runs (lane, status, created_at);
CREATE INDEX runs_user ON public.runs (user_name, created_at);
CREATE INDEX runs_session ON public.runs (session, created_at);
CREATE INDEX runs_plan ON public.runs (plan_digest);
COMMENT ON TABLE public.runs IS 'Logical executions of a plan: one row, however often it was interrupted and resumed.';
COMMENT ON COLUMN public.runs.pins IS 'Those of the plan when the run was created; a resumed run uses the same.';
COMMENT ON COLUMN public.runs.inputs IS 'Values of the plan''s inputs. Secrets are references, never values.';
COMMENT ON COLUMN public.runs.reason IS 'Why the run waits, failed or was cancelled, for people.';
COMMENT ON COLUMN public.runs.retries IS 'How often a person or a policy started it again after its end.';
COMMENT ON COLUMN public.runs.heartbeat_at IS 'When its worker was last alive. Changes of it are not in the audit log.';
COMMENT ON COLUMN public.runs.dagster_run_id IS 'The latest Dagster run that executes it.';
COMMENT ON COLUMN public.runs.feedback IS 'What the user said when cancelling.';

CREATE TABLE public.run_steps (
    run_id text NOT NULL REFERENCES public.runs (id),
    step_id text NOT NULL,
    idx integer NOT NULL,
    status text NOT NULL CHECK (status IN
        ('running', 'succeeded', 'failed', 'skipped', 'waiting', 'undoing', 'undone', 'undo_failed')),
    attempt integer NOT NULL,
    claim_token text,
    inputs_digest text,
    outputs jsonb,
    outputs_file text,
    outputs_digest text,
    outputs_bytes bigint,
    error text,
    checks jsonb NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    PRIMARY KEY (run_id, step_id),
    CHECK (outputs IS NULL OR outputs_file IS NULL),
    CHECK ((outputs_digest IS NULL) = (outputs IS NULL AND outputs_file IS NULL)),
    CHECK ((finished_at IS NULL) = (status IN ('running', 'undoing')))
);
COMMENT ON TABLE public.run_steps IS 'What is known of each step that a run has begun or skipped.';
COMMENT ON COLUMN public.run_steps.claim_token IS
    'Who executes or undoes the step, or last did; only its holder can record an end.';
COMMENT ON COLUMN public.run_steps.inputs_digest IS 'SHA-256 of the filled-in arguments, secrets as references.';
COMMENT ON COLUMN public.run_steps.outputs IS 'The outputs, when they are small and PostgreSQL can hold them.';
COMMENT ON COLUMN public.run_steps.outputs_file IS 'Otherwise the name of the file with them, in the run''s folder.';
COMMENT ON COLUMN public.run_steps.outputs_digest IS 'SHA-256 of the outputs as canonical JSON (RFC 8785).';
COMMENT ON COLUMN public.run_steps.checks IS 'Verdicts of the step''s verifiers, then of its rollback''s.';

CREATE TABLE public.run_proofs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id text NOT NULL REFERENCES public.runs (id),
    idx integer NOT NULL CHECK (idx >= 0),
    step_id text,
    verifier_id text,
    passed boolean NOT NULL,
    status text NOT NULL CHECK (status IN ('passed', 'failed', 'inconclusive')),
    "timestamp" timestamptz NOT NULL,
    evidence jsonb NOT NULL,
    envelope text NOT NULL,
    line_digest text NOT NULL,
    UNIQUE (run_id, idx),
    CHECK (passed = (status = 'passed')),
    CHECK (step_id IS NOT NULL OR verifier_id IS NULL),
    CHECK (line_digest = 'sha256:' || encode(sha256(convert_to(envelope, 'UTF8')), 'hex'))
);
COMMENT ON TABLE public.run_proofs IS 'Signed results of verifiers, chained per run. Insert only: rows never change.';
COMMENT ON COLUMN public.run_proofs.idx IS 'Place in the run''s chain, from 0, without gaps.';
COMMENT ON COLUMN public.run_proofs.step_id IS 'NULL: the statement is about the whole run.';
COMMENT ON COLUMN public.run_proofs.verifier_id IS 'NULL: the statement is about the whole step.';
COMMENT ON COLUMN public.run_proofs.evidence IS 'For queries; what counts is the copy inside the envelope.';
COMMENT ON COLUMN public.run_proofs.envelope IS 'The signed DSSE line of the proof bundle, without its newline.';
COMMENT ON COLUMN public.run_proofs.line_digest IS 'SHA-256 of the envelope; the next statement names it.';

CREATE TABLE public.approvals (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id text NOT NULL REFERENCES public.runs (id),
    step_id text NOT NULL,
    digest text NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'approved', 'denied', 'expired')),
    asked_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    decided_at timestamptz,
    decided_by text,
    note text,
    CHECK ((decided_at IS NULL) = (state = 'waiting')),
    CHECK ((decided_by IS NOT NULL) = (state IN ('approved', 'denied')))
);
CREATE UNIQUE INDEX approvals_waiting ON public.approvals (run_id, step_id, digest) WHERE state = 'waiting';
CREATE INDEX approvals_run ON public.approvals (run_id, step_id);
COMMENT ON TABLE public.approvals IS 'Questions to people whether a step may be executed.';
COMMENT ON COLUMN public.approvals.digest IS 'SHA-256 of exactly what will be executed; the answer is for that.';
COMMENT ON COLUMN public.approvals.expires_at IS 'After it the question cannot be answered any more; NULL: never.';
COMMENT ON COLUMN public.approvals.decided_at IS 'When it was answered, or expired.';
COMMENT ON COLUMN public.approvals.note IS 'What the person said, or why it expired.';

CREATE TABLE public.audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    role text NOT NULL,
    action text NOT NULL CHECK (action IN ('insert', 'update', 'delete')),
    table_name text NOT NULL,
    subject text NOT NULL,
    key text NOT NULL,
    changes jsonb NOT NULL
);
CREATE INDEX audit_log_subject ON public.audit_log (subject, id);
COMMENT ON TABLE public.audit_log IS
    'Every change of plans, tools, skills, sessions, runs, steps, proofs and approvals. Written by triggers only.';
COMMENT ON COLUMN public.audit_log.actor IS 'Who the program says it acts for (setting opsroom.actor), else the role.';
COMMENT ON COLUMN public.audit_log.role IS 'The database role that made the change.';
COMMENT ON COLUMN public.audit_log.subject IS 'A run''s id, a plan''s, tool''s or skill''s digest, a session''s name.';
COMMENT ON COLUMN public.audit_log.key IS 'The row''s primary key, parts separated by /.';
COMMENT ON COLUMN public.audit_log.changes IS
    '{column: [before, after]}. Values that may be long or private are given as their SHA-256.';
"""

FUNCTIONS = """
CREATE FUNCTION public.opsroom_refuse() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    RAISE EXCEPTION '% of public.% is refused: %', lower(TG_OP), TG_TABLE_NAME, TG_ARGV[0]
        USING ERRCODE = 'insufficient_privilege';
END
$$;
COMMENT ON FUNCTION public.opsroom_refuse() IS 'Refuses what the trigger was made for; its argument says why.';

CREATE FUNCTION public.opsroom_audit() RETURNS trigger
-- The service role may insert proofs, but has no access to the log.
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    -- Columns whose values are shown; all others are told by their digest.
    shown CONSTANT text[] := string_to_array(TG_ARGV[2], ' ');
    before jsonb := '{}';
    after jsonb := '{}';
    named jsonb;
    invoker CONSTANT text := coalesce(nullif(current_setting('role'), 'none'), session_user);
BEGIN
    IF TG_OP <> 'INSERT' THEN
        before := to_jsonb(OLD);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        after := to_jsonb(NEW);
    END IF;
    named := CASE TG_OP WHEN 'DELETE' THEN before ELSE after END;
    INSERT INTO public.audit_log (at, actor, role, action, table_name, subject, key, changes)
    SELECT
        clock_timestamp(),
        coalesce(nullif(current_setting('opsroom.actor', true), ''), invoker),
        invoker,
        lower(TG_OP),
        TG_TABLE_NAME,
        named ->> TG_ARGV[0],
        concat_ws('/', named ->> split_part(TG_ARGV[1], ' ', 1), named ->> nullif(split_part(TG_ARGV[1], ' ', 2), '')),
        coalesce(jsonb_object_agg(name, jsonb_build_array(
            CASE WHEN name = ANY (shown) OR old_value IS NULL THEN old_value
                ELSE to_jsonb('sha256:' || encode(sha256(convert_to(old_value::text, 'UTF8')), 'hex')) END,
            CASE WHEN name = ANY (shown) OR new_value IS NULL THEN new_value
                ELSE to_jsonb('sha256:' || encode(sha256(convert_to(new_value::text, 'UTF8')), 'hex')) END
        )), '{}')
    FROM (
        SELECT name, nullif(before -> name, 'null') AS old_value, nullif(after -> name, 'null') AS new_value
        FROM jsonb_object_keys(named) AS name
        OFFSET 0
    ) AS columns
    WHERE old_value IS DISTINCT FROM new_value;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION public.opsroom_audit() IS
    'Writes the audit log. Arguments: column of the subject; columns of the key; columns whose values are shown.';

CREATE FUNCTION public.opsroom_audit_only() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'insert of public.audit_log is refused: only triggers write it'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION public.opsroom_audit_only() IS 'Refuses entries that no change of a table has caused.';

CREATE FUNCTION public.opsroom_chain() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    next CONSTANT integer := (SELECT coalesce(max(idx) + 1, 0) FROM public.run_proofs WHERE run_id = NEW.run_id);
BEGIN
    IF NEW.idx <> next THEN
        RAISE EXCEPTION 'proof % of run % is refused: the next one has idx %', NEW.idx, NEW.run_id, next
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION public.opsroom_chain() IS 'Keeps the chain of a run''s proofs without gaps.';
"""

# Table → column of the subject, columns of the key, columns whose values the log shows.
AUDITED = {
    "tools": ("digest", "digest", "digest id created_at"),
    "skills": ("digest", "digest", "digest id created_at"),
    "plans": (
        "digest",
        "digest",
        "digest id version kind state pins created_at created_by approved_at approved_by",
    ),
    "sessions": ("name", "name", "name created_at archived_at"),
    "runs": (
        "id",
        "id",
        "id plan_digest session lane priority user_name status retries created_at started_at finished_at "
        "dagster_run_id cancel_requested_at archived_at",
    ),
    "run_steps": (
        "run_id",
        "run_id step_id",
        "run_id step_id idx status attempt inputs_digest outputs_digest outputs_bytes started_at finished_at",
    ),
    "run_proofs": (
        "run_id",
        "run_id idx",
        "run_id idx step_id verifier_id passed status timestamp line_digest",
    ),
    "approvals": (
        "run_id",
        "id",
        "id run_id step_id digest state asked_at expires_at decided_at decided_by",
    ),
}

APPEND_ONLY = ("tools", "skills", "run_proofs", "audit_log")

# A worker's heartbeat is no change that anybody looks up, and there are many.
WORTH_TELLING = {"runs": "to_jsonb(OLD) - 'heartbeat_at' IS DISTINCT FROM to_jsonb(NEW) - 'heartbeat_at'"}

GUARDS = """
CREATE TRIGGER audit_log_written_by_triggers BEFORE INSERT ON public.audit_log
    FOR EACH ROW EXECUTE FUNCTION public.opsroom_audit_only();

CREATE TRIGGER run_proofs_chain BEFORE INSERT ON public.run_proofs
    FOR EACH ROW EXECUTE FUNCTION public.opsroom_chain();

CREATE TRIGGER plans_keep_content BEFORE UPDATE ON public.plans
    FOR EACH ROW WHEN (OLD.digest <> NEW.digest OR OLD.definition <> NEW.definition)
    EXECUTE FUNCTION public.opsroom_refuse('a plan is named by its content');
"""

SECURITY = """
-- Without a policy, only the owner reads a table: on Supabase the schema public is open to the network otherwise.
ALTER TABLE public.tools ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.skills ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.plans ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.run_steps ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.run_proofs ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.approvals ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.audit_log ENABLE ROW LEVEL SECURITY;

-- Supabase grants everything on new objects to its three roles; row level security does not hold TRUNCATE back, nor
-- anything from the service role.
DO $$
DECLARE
    grantee text;
    product_table text;
BEGIN
    FOR grantee IN
        SELECT 'PUBLIC' UNION ALL
        SELECT quote_ident(rolname) FROM pg_roles WHERE rolname IN ('anon', 'authenticated', 'service_role')
    LOOP
        FOREACH product_table IN ARRAY ARRAY[
            'projects', 'inbox_projects', 'inbox_files', 'opsroom_schema_version', 'tools', 'skills', 'plans',
            'sessions', 'runs', 'run_steps', 'run_proofs', 'approvals', 'audit_log']
        LOOP
            EXECUTE format('REVOKE ALL ON TABLE public.%I FROM %s', product_table, grantee);
        END LOOP;
        EXECUTE format('REVOKE ALL ON SEQUENCE public.inbox_sequence, public.run_proofs_id_seq, '
            'public.approvals_id_seq, public.audit_log_id_seq FROM %s', grantee);
        EXECUTE format('REVOKE ALL ON FUNCTION public.opsroom_refuse(), public.opsroom_audit(), '
            'public.opsroom_audit_only(), public.opsroom_chain() FROM %s', grantee);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'service_role') THEN
        GRANT SELECT, INSERT ON public.run_proofs TO service_role;
        CREATE POLICY run_proofs_read ON public.run_proofs FOR SELECT TO service_role USING (true);
        -- What is said of a whole run, such as the seal at its end, is the product's own.
        CREATE POLICY run_proofs_add ON public.run_proofs FOR INSERT TO service_role
            WITH CHECK (step_id IS NOT NULL);
    END IF;
END
$$;
"""


def upgrade() -> None:
    """Create the tables, what guards them, and who may use them."""
    op.execute(TABLES)
    op.execute(FUNCTIONS)
    for table in AUDITED:
        op.execute(_audit(table))
    for table in (*AUDITED, "audit_log"):
        op.execute(_keep(table))
    op.execute(GUARDS)
    op.execute(SECURITY)


def _audit(table: str) -> str:
    function = "public.opsroom_audit({})".format(", ".join(f"'{argument}'" for argument in AUDITED[table]))
    return f"""
        CREATE TRIGGER {table}_audit AFTER INSERT OR DELETE ON public.{table}
            FOR EACH ROW EXECUTE FUNCTION {function};
        CREATE TRIGGER {table}_audit_update AFTER UPDATE ON public.{table}
            FOR EACH ROW WHEN ({WORTH_TELLING.get(table, "OLD.* IS DISTINCT FROM NEW.*")}) EXECUTE FUNCTION {function};
    """


def _keep(table: str) -> str:
    """No truncation, which no audit trigger would see; nor changes of a table that only grows."""
    statements = f"""
        CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON public.{table}
            FOR EACH STATEMENT EXECUTE FUNCTION public.opsroom_refuse('it would leave no trace');
    """
    if table in APPEND_ONLY:
        statements += f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON public.{table}
            FOR EACH ROW EXECUTE FUNCTION public.opsroom_refuse('rows of this table never change');
        """
    return statements
