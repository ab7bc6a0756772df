"""What ``opsroom build`` reports, read from the records of a project's stages (DESIGN.md section 6)."""

import json
from collections.abc import Sequence
from typing import Literal

from opsroom_dagster.frozen import Frozen
from opsroom_dagster.home import Home
from opsroom_dagster.project import Project
from opsroom_dagster.runtime.model import StageRecord, Status
from opsroom_dagster.runtime.records import read_record


class AssetReport(Frozen):
    """One stage. ``seconds``: spent on it in this build, 0 when it was reused."""

    key: str
    digest: str
    path: str
    reused: bool
    seconds: float


class CheckReport(Frozen):
    """One verifier."""

    asset: str
    name: str
    status: Status
    blocking: bool
    summary: str
    seconds: float


class PullRequestReport(Frozen):
    """The pull request of the change set; absent when there was nothing to propose."""

    forge: Literal["local"]
    number: int
    branch: str
    commit: str
    url: str


class BuildReport(Frozen):
    """A build of one project."""

    project: str
    run_id: str
    seconds: float
    assets: tuple[AssetReport, ...]
    checks: tuple[CheckReport, ...]
    clarifications: int
    pull_request: PullRequestReport | None
    proof_bundle: str | None
    missing: tuple[str, ...] = ()
    """Stages that could not run, because a check stopped them."""

    @property
    def failed(self) -> list[CheckReport]:
        """Blocking checks that did not hold."""
        return [check for check in self.checks if check.blocking and check.status == "failed"]


def build_report(
    project: Project, home: Home, stages: Sequence[str], *, run_id: str | None, seconds: float
) -> BuildReport:
    """The state of a project after the run ``run_id``; None: nothing had to run, the last run's id is reported."""
    records = {stage: read_record(home, project.slug, stage) for stage in stages}
    present = {stage: record for stage, record in records.items() if record is not None}
    last_run = max(present.values(), key=lambda record: record.finished_at).run_id if present else ""
    bundle = home.artifact(project.slug, "proof_bundle") / "bundle.intoto.jsonl"
    return BuildReport(
        project=project.slug,
        run_id=run_id or last_run,
        seconds=round(seconds, 3),
        assets=tuple(_asset(project, home, record, run_id) for record in present.values()),
        checks=tuple(
            CheckReport(
                asset=record.stage,
                name=check.name,
                status=check.verdict.status,
                blocking=check.blocking,
                summary=check.verdict.summary,
                seconds=check.seconds,
            )
            for record in present.values()
            for check in record.checks
        ),
        clarifications=_clarifications(home, project),
        pull_request=_pull_request(home, project) if "pull_request" in present else None,
        proof_bundle=str(bundle) if bundle.exists() else None,
        missing=tuple(stage for stage, record in records.items() if record is None),
    )


def _asset(project: Project, home: Home, record: StageRecord, run_id: str | None) -> AssetReport:
    reused = record.run_id != run_id
    return AssetReport(
        key=record.stage,
        digest=record.digest,
        path=str(home.artifact(project.slug, record.stage)),
        reused=reused,
        seconds=0.0 if reused else record.seconds,
    )


def _clarifications(home: Home, project: Project) -> int:
    requirements = home.artifact(project.slug, "requirements") / "requirements.json"
    if not requirements.exists():
        return 0
    return len(json.loads(requirements.read_text(encoding="utf-8"))["clarifications"])


def _pull_request(home: Home, project: Project) -> PullRequestReport | None:
    facts = json.loads((home.artifact(project.slug, "pull_request") / "pull_request.json").read_text(encoding="utf-8"))
    if facts.get("number") is None:
        return None
    return PullRequestReport(
        forge=facts["forge"],
        number=facts["number"],
        branch=facts["branch"],
        commit=facts["commit"],
        url=(home.forge(project.slug) / "repository.git").as_uri(),
    )
