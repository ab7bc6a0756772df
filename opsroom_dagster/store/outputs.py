"""Outputs of steps: small ones lie in the database, large ones in a file that the database names."""

from pathlib import Path

from opsroom_dagster.digests import digest_bytes
from opsroom_dagster.errors import OpsroomError
from opsroom_dagster.files import write_atomic
from opsroom_dagster.frozen import Frozen
from opsroom_dagster.plans.model import Json
from opsroom_dagster.store.jsonb import canonical, has_nul, loads

MAX_INLINE_BYTES = 65_536


class StoredOutputs(Frozen):
    """What a step has put out, or where it lies.

    Attributes:
        value: the outputs; None when they lie in a file.
        file: name of the file in the run's folder of outputs; None when there is none.
        digest: of the outputs as canonical JSON, which is what the file holds.
    """

    value: Json | None
    file: str | None
    digest: str
    bytes: int


def keep_outputs(folder: Path, outputs: Json) -> StoredOutputs:
    """Outputs as ``finish_step`` wants them; large ones are written to ``folder`` at once, named by their content.

    Raises:
        InputError: they are no JSON.
    """
    data = canonical(outputs, "what the step has put out")
    digest = digest_bytes(data)
    if len(data) <= MAX_INLINE_BYTES and not has_nul(data):
        return StoredOutputs(value=outputs, file=None, digest=digest, bytes=len(data))
    name = f"{digest.removeprefix('sha256:')}.json"
    path = folder / name
    if not path.exists():
        write_atomic(path, data)
    return StoredOutputs(value=None, file=name, digest=digest, bytes=len(data))


def load_outputs(folder: Path, stored: StoredOutputs) -> Json:
    """The outputs that were kept.

    Raises:
        OpsroomError: their file is missing or was changed.
    """
    if stored.file is None:
        return stored.value or {}
    try:
        data = (folder / stored.file).read_bytes()
    except OSError as error:
        raise OpsroomError(
            f"{folder / stored.file}: the outputs of a step cannot be read ({error.strerror}). Retry the run from its "
            "beginning, or put the file back."
        ) from error
    if digest_bytes(data) != stored.digest:
        raise OpsroomError(f"{folder / stored.file}: the outputs of a step were changed. Put the file back.")
    return loads(data)
