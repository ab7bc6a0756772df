"""What a stage's action and verifiers are given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from opsroom_dagster.home import Home
from opsroom_dagster.plans.model import Step
from opsroom_dagster.project import Project
from opsroom_dagster.settings import Settings


@dataclass(frozen=True)
class StageContext:
    """Everything that a stage may look at.

    Attributes:
        inputs: artifact folder of each stage that this one depends on, by stage name; read only.
        output: the stage's own folder: to be filled by the action; filled when verifiers and ``describe`` see it.
        log: shows a line of progress to the user.
    """

    project: Project
    step: Step
    settings: Settings
    home: Home
    inputs: Mapping[str, Path]
    output: Path
    run_id: str
    log: Callable[[str], None]
