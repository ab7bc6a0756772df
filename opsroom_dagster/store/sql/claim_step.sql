-- A step for one worker: new, to be executed again, or left behind by a dead worker. The winner gets a row.
INSERT INTO public.run_steps
    (run_id, step_id, idx, status, attempt, claim_token, inputs_digest, checks, started_at)
SELECT id, :step_id, :idx, 'running', 1, :token, :inputs_digest, '[]', now()
FROM public.runs
-- Naming the actor here saves a round trip; the audit trigger comes after it.
WHERE id = :run_id AND status = 'running' AND set_config('opsroom.actor', :by, true) IS NOT NULL
ON CONFLICT (run_id, step_id) DO UPDATE SET
    status = 'running',
    -- Going on after an answer, or claiming again after a lost one, begins nothing new.
    attempt = run_steps.attempt + CASE
        WHEN run_steps.status = 'waiting' OR run_steps.claim_token = excluded.claim_token AND run_steps.status = 'running'
        THEN 0 ELSE 1 END,
    claim_token = excluded.claim_token,
    inputs_digest = excluded.inputs_digest,
    outputs = NULL,
    outputs_file = NULL,
    outputs_digest = NULL,
    outputs_bytes = NULL,
    error = NULL,
    checks = '[]',
    started_at = now(),
    finished_at = NULL
WHERE run_steps.status IN ('failed', 'skipped', 'waiting', 'undone')
    OR run_steps.status = 'running' AND run_steps.claim_token = ANY (CAST(:dead AS text[]) || excluded.claim_token)
RETURNING attempt
