"""Run one stage of a project: reuse or rebuild its output, verify it, and record what was found.

The same function serves the command line, Dagster's assets and the daemon. Killed at any moment, the next
call starts from a consistent state: the record is dropped before the output is replaced and written after
the checks, so an output without a record is rebuilt.
"""

import fcntl
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from opsroom_dagster.digests import digest_value, tree_files
from opsroom_dagster.errors import InputError, VerificationError
from opsroom_dagster.files import replaced_tree
from opsroom_dagster.home import Home
from opsroom_dagster.plans.interpolate import interpolate
from opsroom_dagster.plans.model import Step
from opsroom_dagster.project import Project
from opsroom_dagster.runtime.context import StageContext
from opsroom_dagster.runtime.entrypoints import resolve
from opsroom_dagster.runtime.freshness import inputs_digest, is_fresh
from opsroom_dagster.runtime.model import StageRecord
from opsroom_dagster.runtime.records import drop_record, read_record, write_record
from opsroom_dagster.runtime.verify import run_verifiers
from opsroom_dagster.settings import Settings


@dataclass(frozen=True)
class StageOutcome:
    """What ``run_stage`` did. ``reused``: nothing had changed since the recorded run."""

    record: StageRecord
    reused: bool
    context: StageContext


def run_stage(
    step: Step, project: Project, settings: Settings, *, run_id: str, log: Callable[[str], None]
) -> StageOutcome:
    """Bring a stage's output up to date and verify it.

    Raises:
        InputError: an upstream stage has not run, or the documents cannot be used.
        VerificationError: a check of an upstream stage stops this one.
    """
    with project_lock(settings.home, project.slug):
        context = stage_context(step, project, settings, run_id=run_id, log=log)
        inputs = inputs_digest(context)
        previous = read_record(settings.home, project.slug, step.id)
        if previous is not None and is_fresh(previous, inputs, context.output):
            return StageOutcome(previous, reused=True, context=context)
        return StageOutcome(_rebuild(context, inputs), reused=False, context=context)


def stage_context(
    step: Step, project: Project, settings: Settings, *, run_id: str, log: Callable[[str], None]
) -> StageContext:
    """The context of a stage whose upstream stages have all passed; see ``run_stage`` for the errors."""
    home = settings.home
    scope = {"inputs": {"project": project.slug, "targets": list(project.targets), "odoo_series": project.odoo_series}}
    args = interpolate(step.args, scope)
    return StageContext(
        project=project,
        step=step.model_copy(update={"args": args}),
        settings=settings,
        home=home,
        inputs=_upstream(step, project, home, optional=args.get("optional", [])),
        output=home.artifact(project.slug, step.id),
        run_id=run_id,
        log=log,
    )


def _upstream(step: Step, project: Project, home: Home, optional: list[str]) -> dict[str, Path]:
    inputs: dict[str, Path] = {}
    for name in step.depends_on:
        record = read_record(home, project.slug, name)
        if record is None:
            if name in optional:
                continue
            raise InputError(
                f"the stage {step.id!r} of project {project.slug!r} needs {name!r}, which has no complete run.",
                remedy=f"Materialize {name} first, or run the whole build.",
            )
        failed = [check.name for check in record.checks if check.stops]
        if failed:
            raise VerificationError(f"{name} of project {project.slug!r} failed its checks: {', '.join(failed)}.")
        inputs[name] = home.artifact(project.slug, name)
    return inputs


def _rebuild(context: StageContext, inputs: str) -> StageRecord:
    started = time.monotonic()
    stage, home, project = context.step.id, context.home, context.project.slug
    context.log(f"{stage}: {context.step.title}")
    action = resolve(context.step.action)
    drop_record(home, project, stage)
    with replaced_tree(context.output) as folder:
        action(replace(context, output=folder))
    files = tree_files(context.output)
    checks = run_verifiers(context)
    record = StageRecord(
        stage=stage,
        inputs=inputs,
        digest=digest_value(files),
        files=files,
        run_id=context.run_id,
        seconds=round(time.monotonic() - started, 3),
        finished_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        checks=checks,
    )
    write_record(home, project, record)
    return record


@contextmanager
def project_lock(home: Home, project: str) -> Generator[None]:
    """Held while one stage of a project runs, in any process on this machine; released by the kernel on a kill."""
    path = home.lock(project)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
