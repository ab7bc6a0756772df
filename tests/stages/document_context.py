"""A stage run by itself in a test, with the folders that the runtime would give it."""

from pathlib import Path

from opsroom_dagster.home import Home
from opsroom_dagster.plans.model import Step
from opsroom_dagster.project import Project
from opsroom_dagster.runtime.context import StageContext
from opsroom_dagster.settings import Settings
from opsroom_dagster.stages import document, requirements


def context(root: Path, source: Path, stage: str) -> StageContext:
    """The context of ``stage``; its folder and that of ``document`` lie under ``root``."""
    output = root / "out" / stage
    output.mkdir(parents=True, exist_ok=True)
    return StageContext(
        project=Project(slug="kennel", sources=(str(source),)),
        step=Step(id=stage, idx=0, title=stage, kind="system", action=f"stages.{stage}"),
        settings=Settings(),
        home=Home(root / "home"),
        inputs={} if stage == "document" else {"document": root / "out" / "document"},
        output=output,
        run_id="run",
        log=lambda message: None,
    )


def built(root: Path, text: str) -> tuple[StageContext, StageContext]:
    """Both stages run on one document with this text."""
    source = root / "prd.md"
    source.write_text(text, encoding="utf-8")
    first, second = context(root, source, "document"), context(root, source, "requirements")
    document.run(first)
    requirements.run(second)
    return first, second
