"""Whether a stage must run: its code, inputs and settings, as one digest."""

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from opsroom_dagster.digests import digest_file, digest_value, tree_files
from opsroom_dagster.runtime.context import StageContext
from opsroom_dagster.runtime.model import StageRecord
from opsroom_dagster.runtime.records import read_record

PACKAGE = Path(__file__).parents[1]
EVERY_STAGE = ("digests.py", "runtime", "plans/templates")


def stage_module(stage: str) -> Any:
    """The module ``opsroom_dagster.stages.<stage>``."""
    return import_module(f"opsroom_dagster.stages.{stage}")


@cache
def code_version(stage: str) -> str:
    """Digest of the sources that the stage's output depends on: its module and the ``PACKAGES`` that it names."""
    sources = (*EVERY_STAGE, f"stages/{stage}.py", *stage_module(stage).PACKAGES)
    return digest_value({source: _source_digests(source) for source in sources})


def _source_digests(source: str) -> dict[str, str]:
    path = (PACKAGE / source).resolve()
    if path.is_file():
        return {path.name: digest_file(path)}
    return {name: digest for name, digest in tree_files(path).items() if "__pycache__" not in name}


def inputs_digest(context: StageContext) -> str:
    """Digest of everything that the stage's output and its checks depend on."""
    module = stage_module(context.step.id)
    records = {name: read_record(context.home, context.project.slug, name) for name in sorted(context.inputs)}
    return digest_value(
        {
            "code": code_version(context.step.id),
            "step": context.step.model_dump(mode="json", by_alias=True),
            "upstream": {name: record.digest if record else None for name, record in records.items()},
            "fingerprint": module.fingerprint(context) if hasattr(module, "fingerprint") else {},
        }
    )


def is_fresh(record: StageRecord | None, inputs: str, output: Path) -> bool:
    """The last run had the same inputs, passed its checks, and its files are still what it wrote."""
    return record is not None and record.ok and record.inputs == inputs and tree_files(output) == record.files
