"""What the Dagster UI shows of a stage: its page as metadata, and each check with its evidence."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import dagster as dg

from opsroom_dagster.runtime.freshness import stage_module
from opsroom_dagster.runtime.model import CheckRecord
from opsroom_dagster.runtime.stage import StageOutcome

SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
ROWS = 50
Plain = str | int | float | bool


def metadata(outcome: StageOutcome) -> dict[str, dg.MetadataValue[Any]]:
    """The sections of the stage's page, and where its output is."""
    record, context = outcome.record, outcome.context
    page = stage_module(record.stage).describe(context)
    return {
        **{name: dg.MetadataValue.md(text) for name, text in sections(page).items()},
        "path": dg.MetadataValue.path(str(context.output)),
        # The whole digest is the data version; here it would push all other values out of sight.
        "digest": dg.MetadataValue.text(record.digest[:19]),
        "file_count": dg.MetadataValue.int(len(record.files)),
        "seconds": dg.MetadataValue.float(record.seconds),
        "reused": dg.MetadataValue.bool(outcome.reused),
        "built_by": dg.MetadataValue.dagster_run(record.run_id),
    }


def sections(page: str) -> dict[str, str]:
    """A page by its ``## `` headings, what stands before the first is the ``summary``.

    One entry each, because the UI shows short Markdown in place and long Markdown on demand.
    """
    summary, *rest = SECTION.split(page)
    titled = zip(rest[::2], rest[1::2], strict=True)
    return {"summary": summary.strip(), **{title.lower().replace(" ", "_"): text.strip() for title, text in titled}}


def check_result(asset: str, check: CheckRecord) -> dg.AssetCheckResult:
    """A verdict as Dagster keeps it; only what stops the stages below is an error."""
    status = check.verdict.status
    evidence = {name: _evidence(name, value) for name, value in check.verdict.evidence.items() if value not in ([], {})}
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=check.name,
        passed=status == "passed",
        severity=dg.AssetCheckSeverity.ERROR if check.stops else dg.AssetCheckSeverity.WARN,
        description=check.verdict.summary if status != "inconclusive" else f"Not run: {check.verdict.summary}",
        metadata={
            **evidence,
            "status": dg.MetadataValue.text(status),
            "seconds": dg.MetadataValue.float(check.seconds),
        },
    )


def _evidence(name: str, value: Any) -> dg.MetadataValue[Any]:
    """Lists and mappings as tables, which the UI shows in place; nested JSON it shows on demand only."""
    rows = _rows(name, value)
    if rows is not None:
        return dg.MetadataValue.table([dg.TableRecord(row) for row in rows[:ROWS]])
    if isinstance(value, list | dict):
        return dg.MetadataValue.json(cast(Any, value))
    if isinstance(value, int) and not isinstance(value, bool):
        return dg.MetadataValue.int(value)
    return dg.MetadataValue.text(str(value))


def _rows(name: str, value: Any) -> Sequence[Mapping[str, Plain]] | None:
    """None: no table can hold it."""
    if isinstance(value, list) and all(isinstance(item, Plain) for item in cast(list[Any], value)):
        return [{name: item} for item in cast(list[Plain], value)]
    if isinstance(value, dict) and all(isinstance(item, Plain) for item in cast(dict[str, Any], value).values()):
        return [{name: key, "is": item} for key, item in cast(dict[str, Plain], value).items()]
    return None
