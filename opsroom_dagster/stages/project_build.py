"""A step that builds a project: the stages of the doc-to-code plan, through the same function as everything else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, cast

from opsroom_dagster.errors import InputError, VerificationError
from opsroom_dagster.plans.graph import ancestors
from opsroom_dagster.plans.model import Json, Step
from opsroom_dagster.plans.templates import doc_to_code_steps
from opsroom_dagster.project import Project, Target
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.model import StageRecord
from opsroom_dagster.runtime.stage import run_stage


def run(context: StepContext) -> Json:
    """Build the project ``args.project`` from ``args.sources`` as far as ``args.until``, a stage.

    Outputs: ``project``, ``digests`` (stage → digest), ``checks``, ``folder`` (of the last stage's artifact),
    ``pullRequest`` (null before that stage).

    Raises:
        InputError: the sources cannot be used, or belong to another project of that name.
        VerificationError: a check stops the build.
    """
    project = _registered(context)
    records: list[StageRecord] = []
    for step in _steps(context.step.args.get("until", "proof_bundle")):
        context.remaining(1)
        record = run_stage(step, project, context.settings, run_id=context.run_id, log=context.log).record
        records.append(record)
        if not record.ok:
            failed = ", ".join(f"{check.name}: {check.verdict.summary}" for check in record.checks if check.stops)
            raise VerificationError(f"{step.id} of project {project.slug!r} failed its checks: {failed}.")
    return {
        "project": project.slug,
        "digests": {record.stage: record.digest for record in records},
        "checks": [check for record in records for check in _checks(record)],
        "folder": str(context.home.artifact(project.slug, records[-1].stage)),
        "pullRequest": _pull_request(context, project),
    }


def _registered(context: StepContext) -> Project:
    from opsroom_dagster.store.database import open_database
    from opsroom_dagster.store.projects import register_project

    args = context.step.args
    sources = [Path(source) for source in args["sources"]]
    if missing := [str(path) for path in sources if not path.is_absolute() or not path.exists()]:
        raise InputError(f"there is no {missing[0]!r}.", remedy="Name files and folders by absolute paths.")
    wanted = Project(
        slug=args["project"],
        sources=tuple(str(path.resolve()) for path in sources),
        targets=tuple(cast(list[Target], args["targets"])),
        odoo_series=cast(Literal["18.0", "19.0"], args["odoo_series"]),
    )
    database = open_database(context.settings)
    try:
        return register_project(database, wanted, replace=False)
    finally:
        database.close()


def _steps(until: str) -> Iterator[Step]:
    steps = {step.id: step for step in doc_to_code_steps() if step.id != "release"}
    if until not in steps:
        raise InputError(f"there is no stage {until!r}.", remedy=f"Use one of: {', '.join(steps)}.")
    graph = {name: [need for need in step.depends_on if need in steps] for name, step in steps.items()}
    needed = ancestors(graph)[until]
    for place, (name, step) in enumerate(steps.items()):
        if name == until or needed >> place & 1:
            yield step


def _checks(record: StageRecord) -> Iterator[Json]:
    for check in record.checks:
        yield {
            "stage": record.stage,
            "name": check.name,
            "status": check.verdict.status,
            "blocking": check.blocking,
            "summary": check.verdict.summary,
        }


def _pull_request(context: StepContext, project: Project) -> Any:
    file = context.home.artifact(project.slug, "pull_request") / "pull_request.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
