"""Reading and writing what is known of each stage's last run."""

from pydantic import ValidationError

from opsroom_dagster.digests import canonical_json
from opsroom_dagster.files import write_atomic
from opsroom_dagster.home import Home
from opsroom_dagster.runtime.model import StageRecord


def read_record(home: Home, project: str, stage: str) -> StageRecord | None:
    """The stage's record; None when it never ran or the file is damaged, so that the stage runs again."""
    try:
        return StageRecord.model_validate_json(home.record(project, stage).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def write_record(home: Home, project: str, record: StageRecord) -> None:
    """Keep a record, atomically."""
    write_atomic(home.record(project, record.stage), canonical_json(record.model_dump(mode="json")))


def drop_record(home: Home, project: str, stage: str) -> None:
    """Forget a stage's last run before its output changes: a kill in between must not leave a record that lies."""
    home.record(project, stage).unlink(missing_ok=True)
