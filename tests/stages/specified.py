"""The kennel of tests/specs, with its stages run one after the other."""

from pathlib import Path

from opsroom_dagster.digests import canonical_json
from opsroom_dagster.home import Home
from opsroom_dagster.plans.templates import doc_to_code_steps
from opsroom_dagster.requirements.model import Requirements
from opsroom_dagster.runtime.context import StageContext
from opsroom_dagster.settings import Settings
from opsroom_dagster.stages import spec_bundle
from tests.specs.examples import KENNEL, PROJECT


def stage_context(root: Path, stage: str) -> StageContext:
    """The context of a stage; every folder lies under ``root``."""
    step = next(step for step in doc_to_code_steps() if step.id == stage)
    output = root / stage
    output.mkdir(parents=True, exist_ok=True)
    return StageContext(
        project=PROJECT,
        step=step,
        settings=Settings(),
        home=Home(root / "home"),
        inputs={name: root / name for name in step.depends_on},
        output=output,
        run_id="run",
        log=lambda message: None,
    )


def specified(root: Path, requirements: Requirements = KENNEL) -> StageContext:
    """The stage ``spec_bundle``, run."""
    folder = root / "requirements"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "requirements.json").write_bytes(canonical_json(requirements.model_dump(mode="json", by_alias=True)))
    context = stage_context(root, "spec_bundle")
    spec_bundle.run(context)
    return context
