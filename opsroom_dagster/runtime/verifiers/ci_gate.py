"""Every required check of a commit has succeeded: reads what GitHub says of it, as a file or over HTTP.

Two forms are read, https://docs.github.com/en/rest/commits/statuses#get-the-combined-status-for-a-specific-reference
and https://docs.github.com/en/rest/checks/runs#list-check-runs-for-a-git-reference.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, cast

from opsroom_dagster.errors import CancelledError, StepError, StepTimeoutError
from opsroom_dagster.plans.model import Json
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.model import Verdict
from opsroom_dagster.runtime.verifiers import _documents
from opsroom_dagster.runtime.verifiers._http import ARGUMENTS, ask

CONFIG: Json = {
    "type": "object",
    "additionalProperties": False,
    "required": ["source", "required"],
    "properties": {
        "source": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "file": {"description": "A file inside the step's folder.", "type": "string"},
                "http": {
                    "description": "What a tool of kind `http` is called with.",
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["url"],
                    "properties": ARGUMENTS,
                },
            },
            "oneOf": [{"required": ["file"]}, {"required": ["http"]}],
            "$comment": "give `file` or `http`",
        },
        "required": {
            "description": "Names of the checks that must have succeeded.",
            "type": "array",
            "items": {"type": "string", "minLength": 1},
            "minItems": 1,
            "uniqueItems": True,
        },
        "commit": {
            "description": "What is read must be of this commit.",
            "type": "string",
            "pattern": "^[0-9a-f]{7,64}$",
            "$comment": "a commit is at least 7 hexadecimal digits",
        },
    },
}
State = Literal["success", "pending", "failed"]
_WORST: tuple[State, ...] = ("success", "pending", "failed")


def settled(verdict: Verdict) -> bool:
    """A required check has ended without success: waiting for the others changes nothing."""
    return bool(verdict.evidence.get("failed"))


def judge(config: Json, context: StepContext) -> Verdict:
    """Passed: each required check has concluded with success. What cannot be read is inconclusive."""
    try:
        name, document = _read(config["source"], context)
        found = _states(document, config.get("commit"))
    except _UnreadableError as error:
        return Verdict.inconclusive(str(error), looked_at=config["source"].get("file", "http"))
    required: list[str] = config["required"]
    lists = {state: [check for check in required if found.get(check) == state] for state in ("pending", "failed")}
    missing = [check for check in required if check not in found]
    evidence = {"looked_at": name, "required": required, **lists, "missing": missing, "found": found}
    for said, checks in (("failed", lists["failed"]), ("is missing", missing), ("is still running", lists["pending"])):
        if checks:
            more = f" (and {len(checks) - 1} more)" if len(checks) > 1 else ""
            return Verdict.failed(f"{checks[0]!r} {said}{more}", **evidence)
    return Verdict.passed(f"{len(required)} required checks have succeeded", **evidence)


class _UnreadableError(Exception):
    """Nothing can be said of any check."""


def _read(source: Json, context: StepContext) -> tuple[str, Any]:
    try:
        if "file" in source:
            return source["file"], _documents.read(context.output, source["file"])
        name, answer = ask(source["http"], context)
        if answer.status != 200:
            raise _UnreadableError(f"{name} answered {answer.status}, not 200.")
        return name, _documents.parse(answer.body, "the answer")
    except (CancelledError, StepTimeoutError):
        raise
    except StepError as error:
        raise _UnreadableError(str(error)) from error


def _states(document: Any, commit: str | None) -> dict[str, State]:
    """Check → how it stands. Of the runs of a check by one app the latest counts, of several apps the worst."""
    latest: dict[tuple[str, str], tuple[str, State]] = {}
    for name, by, when, state in _checks(document, commit):
        if (name, by) not in latest or latest[name, by][0] <= when:
            latest[name, by] = (when, state)
    found: dict[str, State] = {}
    for (name, _), (_, state) in sorted(latest.items()):
        if name not in found or _WORST.index(state) > _WORST.index(found[name]):
            found[name] = state
    return found


def _checks(document: Any, commit: str | None) -> Iterator[tuple[str, str, str, State]]:
    """(check, who says so, since when, how it stands) of every status and check run."""
    if not isinstance(document, Mapping) or not {"statuses", "check_runs"} & document.keys():
        raise _UnreadableError("the document has neither `statuses` nor `check_runs`.")
    answer = cast(Json, document)
    for run in _listed(answer, "check_runs"):
        _same_commit(run.get("head_sha"), commit)
        ended = run.get("status") == "completed"
        state = ("success" if run.get("conclusion") == "success" else "failed") if ended else "pending"
        app = run.get("app")
        by = str(cast(Json, app).get("id")) if isinstance(app, Mapping) else ""
        yield _name(run.get("name")), by, f"{run.get('started_at') or ''} {str(run.get('id')).rjust(20)}", state
    for status in _listed(answer, "statuses"):
        _same_commit(answer.get("sha"), commit)
        said = status.get("state")
        state = said if said in ("success", "pending") else "failed"
        yield _name(status.get("context")), "status", str(status.get("updated_at") or ""), state


def _listed(answer: Json, key: str) -> list[Json]:
    items = answer.get(key)
    if key not in answer:
        return []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in cast(list[Any], items)):
        raise _UnreadableError(f"`{key}` is no list of objects.")
    total = answer.get("total_count")
    if (
        isinstance(total, int)
        and total > len(cast(list[Any], items))
        and not {"statuses", "check_runs"} <= answer.keys()
    ):
        raise _UnreadableError(
            f"only {len(cast(list[Any], items))} of {total} {key} are listed; ask for more of them (`per_page=100`)."
        )
    return cast(list[Json], items)


def _name(name: Any) -> str:
    if not isinstance(name, str):
        raise _UnreadableError("a check has no name.")
    return name


def _same_commit(found: Any, commit: str | None) -> None:
    if commit is not None and not (isinstance(found, str) and found.startswith(commit)):
        raise _UnreadableError(f"the answer is of the commit {found}, not {commit}.")
