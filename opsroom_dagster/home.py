"""Where things lie under ``OPSROOM_HOME``."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """Paths only; nothing is created here."""

    root: Path

    def artifact(self, project: str, stage: str) -> Path:
        """The folder that a stage of a project fills."""
        return self.root / "artifacts" / project / stage

    def record(self, project: str, stage: str) -> Path:
        """The ``StageRecord`` of a stage's last run."""
        return self.root / "records" / project / f"{stage}.json"

    def lock(self, project: str) -> Path:
        """Held while a stage of the project runs."""
        return self.root / "locks" / f"{project}.lock"

    def run(self, run_id: str) -> Path:
        """What a run of a plan leaves: a folder a step, and its proof bundle."""
        return self.root / "runs" / run_id

    def forge(self, project: str) -> Path:
        """The local forge of a project: ``repository.git`` and ``pulls/``."""
        return self.root / "forge" / project

    @property
    def keys(self) -> Path:
        """Signing keys, readable by the owner only."""
        return self.root / "keys"

    @property
    def postgres(self) -> Path:
        """The embedded database server."""
        return self.root / "postgres"

    @property
    def dagster(self) -> Path:
        """``DAGSTER_HOME``."""
        return self.root / "dagster"

    @property
    def logs(self) -> Path:
        """Logs of the processes that the product starts."""
        return self.root / "logs"
