"""What GitHub says of a commit, read from a file or over HTTP."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from opsroom_dagster.plans.model import Verifier
from opsroom_dagster.runtime.verifiers import config_mistakes
from tests.runtime.verifiers.conftest import Asked

SHA = "6dcb09b5b57875f334f61aebed695e2e4193db5e"


def run(name: str, conclusion: str | None = "success", status: str = "completed", **more: Any) -> dict[str, Any]:
    """A check run, as GitHub lists it."""
    return {
        "id": 4,
        "head_sha": SHA,
        "status": status,
        "conclusion": conclusion,
        "started_at": "2026-05-04T01:14:52Z",
        "name": name,
        "app": {"id": 15368, "slug": "github-actions"},
        **more,
    }


def runs(*listed: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The list of check runs."""
    return {"total_count": len(listed), "check_runs": list(listed), **more}


def statuses(**states: str) -> dict[str, Any]:
    """The combined status."""
    listed = [{"context": name, "state": state, "updated_at": "2026-05-04T01:14:52Z"} for name, state in states.items()]
    return {"state": "pending", "sha": SHA, "total_count": len(listed), "statuses": listed}


def gate(asked: Asked, document: Any, *required: str, **more: Any) -> Any:
    """The verdict on a document in a file."""
    asked.write("checks.json", document if isinstance(document, str) else json.dumps(document))
    return asked.verdict("ci_gate", source={"file": "checks.json"}, required=list(required), **more)


def test_all_required_checks_have_succeeded(asked: Asked) -> None:
    verdict = gate(asked, runs(run("build"), run("test"), run("lint", "failure")), "build", "test")
    assert (verdict.status, verdict.summary) == ("passed", "2 required checks have succeeded")
    assert verdict.evidence["found"] == {"build": "success", "lint": "failed", "test": "success"}
    assert gate(asked, statuses(build="success"), "build").status == "passed"


@pytest.mark.parametrize(
    "conclusion", ["failure", "neutral", "cancelled", "skipped", "timed_out", "action_required", "stale", None, 7]
)
def test_any_other_conclusion_has_failed(asked: Asked, conclusion: Any) -> None:
    verdict = gate(asked, runs(run("build", conclusion), run("test")), "test", "build")
    assert (verdict.status, verdict.evidence["failed"]) == ("failed", ["build"])


@pytest.mark.parametrize("state", ["failure", "error", "SUCCESS", ""])
def test_any_other_state_has_failed(asked: Asked, state: str) -> None:
    assert gate(asked, statuses(build=state), "build").evidence["failed"] == ["build"]


@pytest.mark.parametrize("status", ["queued", "in_progress", "waiting", "requested", "pending"])
def test_what_still_runs_is_pending(asked: Asked, status: str) -> None:
    verdict = gate(asked, runs(run("build", None, status), run("test")), "test", "build")
    assert (verdict.status, verdict.summary) == ("failed", "'build' is still running")
    assert verdict.evidence["pending"] == ["build"]
    assert gate(asked, statuses(build="pending"), "build").evidence["pending"] == ["build"]


def test_what_is_missing_fails(asked: Asked) -> None:
    verdict = gate(asked, runs(run("build")), "build", "test", "lint")
    assert (verdict.status, verdict.summary) == ("failed", "'test' is missing (and 1 more)")
    assert verdict.evidence["missing"] == ["test", "lint"]


def test_the_latest_run_counts_and_of_several_apps_the_worst(asked: Asked) -> None:
    old, new = {"started_at": "2026-05-04T01:00:00Z"}, {"started_at": "2026-05-04T02:00:00Z"}
    assert gate(asked, runs(run("a", **new), run("a", "failure", **old)), "a").status == "passed"
    assert gate(asked, runs(run("a", **old), run("a", "failure", **new)), "a").status == "failed"
    assert gate(asked, runs(run("a", id=10), run("a", "failure", id=9)), "a").status == "passed"
    assert gate(asked, runs(run("a"), run("a", "failure", app={"id": 2})), "a").status == "failed"
    assert gate(asked, {**runs(run("a")), **statuses(a="pending")}, "a").status == "failed"


@pytest.mark.parametrize(
    "document",
    [
        "", "no json", [], {}, {"message": "Not Found"}, {"check_runs": 3}, {"check_runs": [3]},
        {"check_runs": [{"name": ["x"]}]}, {"statuses": [{"state": "success"}]}, {"statuses": None},
        runs(run("build"), total_count=45),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_inconclusive(asked: Asked, document: Any) -> None:
    assert gate(asked, document, "build").status == "inconclusive"


def test_an_answer_about_another_commit_is_inconclusive(asked: Asked) -> None:
    assert gate(asked, runs(run("build")), "build", commit=SHA).status == "passed"
    assert gate(asked, runs(run("build")), "build", commit=SHA[:10]).status == "passed"
    assert gate(asked, runs(run("build", head_sha="f" * 40)), "build", commit=SHA).status == "inconclusive"
    assert gate(asked, {**statuses(build="success"), "sha": None}, "build", commit=SHA).status == "inconclusive"


def test_the_gate_waits_for_checks_that_run(asked: Asked) -> None:
    asked.write("checks.json", "")

    def later() -> None:
        for document in (runs(), runs(run("build", None, "queued")), runs(run("build"))):
            time.sleep(0.2)
            asked.write("new.json", json.dumps(document)).replace(asked.output / "checks.json")

    threading.Thread(target=later).start()
    verdict = asked.verdict(
        "ci_gate", source={"file": "checks.json"}, required=["build"], deadlineMs=20_000, intervalMs=20
    )
    assert verdict.status == "passed" and verdict.evidence["tries"] > 3


def test_the_gate_does_not_wait_once_a_check_has_failed(asked: Asked) -> None:
    verdict = gate(
        asked, runs(run("a", "failure"), run("b", None, "queued")), "a", "b", deadlineMs=20_000, intervalMs=20
    )
    assert verdict.status == "failed" and "tries" not in verdict.evidence


def test_the_answer_of_a_server_is_read(asked: Asked, serve: Callable[..., str]) -> None:
    asked.secrets = {"FORGE_TOKEN": "correct-horse-battery"}
    asked_with: list[str] = []

    def answer(path: str, headers: Any) -> tuple[int, dict[str, str], bytes]:
        asked_with.append(headers["Authorization"])
        if len(asked_with) < 3:
            return 503, {}, b"come back later"
        return 200, {"Content-Type": "application/json"}, json.dumps(runs(run("build"))).encode()

    url = f"{serve(answer)}/repos/o/r/commits/{SHA}/check-runs?per_page=100"
    http = {"url": url, "headers": {"Authorization": "Bearer {{secrets.FORGE_TOKEN}}"}, "allowPrivate": True}
    first = asked.verdict("ci_gate", source={"http": http}, required=["build"])
    assert first.status == "inconclusive" and "503" in first.summary
    verdict = asked.verdict("ci_gate", source={"http": http}, required=["build"], deadlineMs=20_000, intervalMs=20)
    assert verdict.status == "passed"
    assert asked_with == ["Bearer correct-horse-battery"] * 3
    assert "horse" not in first.model_dump_json() + verdict.model_dump_json()


@pytest.mark.parametrize(
    ("config", "mistakes"),
    [
        ({"source": {"file": "x"}, "required": ["a"]}, []),
        ({"source": {"file": "x"}, "required": "{{inputs.checks}}"}, []),
        ({"source": {}, "required": ["a"]}, ["/source: give `file` or `http`"]),
        (
            {"source": {"http": {"uri": "x", "headers": {"a": []}}}, "required": ["a"]},
            [
                "/source/http: 'url' is a required property",
                "/source/http: Additional properties are not allowed ('uri' was unexpected)",
                "/source/http/headers/a: [] is not valid under any of the given schemas",
            ],
        ),
        ({"source": {"file": "x"}, "required": []}, ["/required: [] should be non-empty"]),
        (
            {"source": {"file": "x"}, "required": ["a"], "commit": "HEAD"},
            ["/commit: 'HEAD' is not allowed: a commit is at least 7 hexadecimal digits"],
        ),
    ],
)
def test_mistakes_of_configs(config: dict[str, Any], mistakes: list[str]) -> None:
    assert config_mistakes(Verifier(id="v", kind="ci_gate", config=config)) == mistakes
