"""A project whose change set is given, so that the stages after it run by the runtime, as in a build."""

from pathlib import Path

from opsroom_dagster.digests import digest_value, tree_files
from opsroom_dagster.files import replaced_tree
from opsroom_dagster.forge.local import LocalForge
from opsroom_dagster.plans.templates import doc_to_code_steps
from opsroom_dagster.project import Project
from opsroom_dagster.runtime.model import CheckRecord, StageRecord, Verdict
from opsroom_dagster.runtime.records import write_record
from opsroom_dagster.runtime.stage import StageOutcome, run_stage
from opsroom_dagster.settings import Settings

PROJECT = Project(slug="kennel", sources=())
FIRST = {"README.md": "# Kennel\n", "kennel/models/dog.py": "a = 1\nb = 2\nc = 3\nd = 4\ne = 5\n"}
SECOND = {**FIRST, "kennel/models/dog.py": "a = 1\nb = 2\nc = 3\nd = 4\ne = 50\n"}
STEPS = {step.id: step for step in doc_to_code_steps()}


class Proposing:
    """A home with a recorded change set; ``run`` runs one of the later stages."""

    def __init__(self, root: Path) -> None:
        self.settings = Settings(OPSROOM_HOME=root / "home")  # pyright: ignore[reportCallIssue]
        self.home = self.settings.home
        self.forge = LocalForge(self.home.forge(PROJECT.slug))
        self.said: list[str] = []

    def give(self, files: dict[str, str]) -> None:
        """Record a change set with these files."""
        with replaced_tree(self.home.artifact(PROJECT.slug, "change_set")) as folder:
            for name, text in files.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(text, encoding="utf-8")
        listed = tree_files(self.home.artifact(PROJECT.slug, "change_set"))
        record = StageRecord(
            stage="change_set", inputs=digest_value(files), digest=digest_value(listed), files=listed, run_id="r",
            seconds=0, finished_at="2026-01-01T00:00:00+00:00",
            checks=(CheckRecord(name="traceable", blocking=True, verdict=Verdict.passed("fine"), seconds=0),),
        )  # fmt: skip
        write_record(self.home, PROJECT.slug, record)

    def run(self, stage: str) -> StageOutcome:
        """Run a stage with its checks."""
        return run_stage(STEPS[stage], PROJECT, self.settings, run_id="run", log=self.said.append)


def verdicts(outcome: StageOutcome) -> dict[str, str]:
    """Check → status."""
    return {check.name: check.verdict.status for check in outcome.record.checks}
