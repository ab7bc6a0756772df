"""The templates release and spec and the skill repo_mutation, carried out: a forge and a Git server on this machine."""

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from opsroom_dagster.plans.compile import compile_template
from opsroom_dagster.plans.model import Plan
from opsroom_dagster.plans.skill_steps import skill_plan
from opsroom_dagster.plans.skills import stock_skills
from opsroom_dagster.plans.templates import load_template
from opsroom_dagster.plans.tools import stock_tools
from tests.plans.carried_out import Outcome, carry_out

SHA = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Forge:
    """As much of GitHub's API as a release needs. ``tagged``: what it puts tags on, if not on what it is told."""

    url: str = ""
    conclusion: str = "success"
    tagged: str | None = None
    tags: dict[str, str] = field(default_factory=dict[str, str])
    releases: dict[int, Any] = field(default_factory=dict[int, Any])
    asked: list[str] = field(default_factory=list[str])

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        self.asked.append(f"{method} {path}")
        match method, path.partition("/repos/acme/shop/")[2].partition("?")[0].split("/"):
            case "GET", ["git", "ref", "heads", "main"]:
                return 200, {"ref": "refs/heads/main", "object": {"sha": SHA, "type": "commit"}}
            case "GET", ["commits", commit, "check-runs"]:
                run = {
                    "name": "test",
                    "status": "completed",
                    "conclusion": self.conclusion,
                    "head_sha": commit,
                    "id": 1,
                }
                return 200, {"total_count": 1, "check_runs": [run]}
            case "GET", ["git", "ref", "tags", tag]:
                sha = self.tags.get(tag)
                return (200, {"object": {"sha": sha, "type": "commit"}}) if sha else (404, {"message": "Not Found"})
            case "POST", ["git", "refs"]:
                self.tags[body["ref"].removeprefix("refs/tags/")] = self.tagged or body["sha"]
                return 201, {}
            case "DELETE", ["git", "refs", "tags", tag]:
                return (204, None) if self.tags.pop(tag, None) else (404, {})
            case "POST", ["releases"]:
                self.releases[7] = body
                return 201, {"id": 7, "tag_name": body["tag_name"], "draft": False}
            case "DELETE", ["releases", number]:
                return (204, None) if self.releases.pop(int(number), None) else (404, {})
            case _:
                return 404, {}


@pytest.fixture
def forge() -> Generator[Forge]:
    known = Forge()

    class Handler(BaseHTTPRequestHandler):
        def reply(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            allowed = self.headers.get("Authorization") == "Bearer t0ken-of-the-forge"
            status, value = known.answer(self.command, self.path, body) if allowed else (401, {})
            data = b"" if value is None else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = reply

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    known.url = f"http://127.0.0.1:{server.server_port}/api/v3"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield known
    server.shutdown()
    server.server_close()
    thread.join()


def release(forge: Forge, folder: Path) -> Outcome:
    parameters = {
        "owner": "acme", "repository": "shop", "version": "v1.2.0", "checks": ["test"], "token": "FORGE_TOKEN",
        "notes": "# New\n\n{{secrets.FORGE_TOKEN}}", "api_url": forge.url, "allow_private": True,
        "checks_within_ms": 1000,
    }  # fmt: skip
    plan = compile_template(load_template("release"), parameters)
    return carry_out(plan, folder, {"FORGE_TOKEN": "t0ken-of-the-forge"})


def test_the_commit_whose_checks_passed_is_released(forge: Forge, tmp_path: Path) -> None:
    outcome = release(forge, tmp_path)
    assert outcome.failed is None, outcome.error
    assert forge.tags == {"v1.2.0": SHA}
    assert forge.releases[7]["body"] == "# New\n\n{{secrets.FORGE_TOKEN}}"  # notes are data, never interpolated
    assert outcome.proved["commit"] == ["commit_known", "checks_passed"]
    assert outcome.proved["verify"] == ["tag_on_commit"]


def test_a_commit_whose_checks_failed_is_not(forge: Forge, tmp_path: Path) -> None:
    forge.conclusion = "failure"
    assert release(forge, tmp_path).failed == "commit"
    assert forge.tags == {}


def test_a_tag_is_never_moved(forge: Forge, tmp_path: Path) -> None:
    forge.tags["v1.2.0"] = "f" * 40
    assert release(forge, tmp_path).failed == "unused"
    assert forge.tags == {"v1.2.0": "f" * 40}


def test_a_tag_on_something_else_is_taken_back_with_its_release(forge: Forge, tmp_path: Path) -> None:
    forge.tagged = "e" * 40
    outcome = release(forge, tmp_path)
    assert (outcome.failed, outcome.undone) == ("verify", ["publish", "tag"])
    assert (forge.tags, forge.releases) == ({}, {})
    assert outcome.proved["undo-tag"] == ["tag_gone"]


def bundle(folder: Path, spec: str = "", tasks: str = "- [ ] T001 Do it\n- [ ] T002 Check it\n") -> Path:
    root = folder / "project" / "specs" / "001-shop"
    root.mkdir(parents=True)
    text = (
        "# Feature Specification: Shop\n\n## Requirements\n\n### Functional Requirements\n\n"
        f"- **FR-001**: System MUST sell things.\n{spec}"
    )
    (root / "spec.md").write_text(text, encoding="utf-8")
    (root / "tasks.md").write_text(f"# Tasks: Shop\n\n## Phase 1: Setup\n\n{tasks}", encoding="utf-8")
    return folder / "project"


def checked(folder: Path, home: Path, **parameters: Any) -> Outcome:
    return carry_out(compile_template(load_template("spec"), {"folder": str(folder), **parameters}), home)


def test_a_complete_specification_is_planned(tmp_path: Path) -> None:
    outcome = checked(bundle(tmp_path), tmp_path)
    assert outcome.failed is None, outcome.error
    assert outcome.outputs["read"]["tasks"] == ["T001", "T002"]
    assert outcome.outputs["plan"]["steps"] == 2
    assert (tmp_path / "home/runs/run/plan/plan.json").is_file()


def test_open_questions_stop_it_unless_they_may_be_open(tmp_path: Path) -> None:
    folder = bundle(tmp_path, "- **FR-002**: System MUST pay [NEEDS CLARIFICATION: in which currency?].\n")
    assert checked(folder, tmp_path / "a").failed == "read"
    assert checked(folder, tmp_path / "b", open_questions=1).failed is None


def test_tasks_in_a_circle_stop_it(tmp_path: Path) -> None:
    tasks = "- [ ] T001 Do it (depends on T002)\n- [ ] T002 Check it (depends on T001)\n"
    outcome = checked(bundle(tmp_path, tasks=tasks), tmp_path)
    assert outcome.failed == "plan"
    assert "depend on each other" in outcome.error


@pytest.fixture
def remote(tmp_path: Path) -> Generator[str]:
    """A repository with one commit, served by Git's own daemon on this machine."""
    work, bare = tmp_path / "work", tmp_path / "served" / "shop.git"
    git("init", "--quiet", "--initial-branch", "main", str(work))
    (work / "price.txt").write_text("1\n", encoding="utf-8")
    git("-C", str(work), "add", ".")
    git("-C", str(work), "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message", "One")
    git("clone", "--quiet", "--bare", str(work), str(bare))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        ["git", "daemon", "--reuseaddr", "--export-all", "--enable=receive-pack", "--listen=127.0.0.1",
         f"--port={port}", f"--base-path={bare.parent}", str(bare.parent)],
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"git://127.0.0.1:{port}/shop.git"
    os.killpg(server.pid, signal.SIGKILL)  # after a milder signal it can wait forever for its child
    server.wait()


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


PATCH = "diff --git a/price.txt b/price.txt\n--- a/price.txt\n+++ b/price.txt\n@@ -1 +1 @@\n-1\n+2\n"


def mutation(remote: str, branch: str, **inputs: Any) -> Plan:
    more = {"remote": remote, "branch": branch, "patch": PATCH, "message": "Raise $(id) 'price'", "environment": "ci"}
    return skill_plan(stock_skills()["repo_mutation"], {**more, **inputs}, tools=stock_tools())


def test_a_patch_is_tested_and_pushed_as_a_branch(remote: str, tmp_path: Path) -> None:
    outcome = carry_out(mutation(remote, "price-2", test=["grep", "-q", "2", "price.txt"]), tmp_path)
    assert outcome.failed is None, outcome.error
    commit = outcome.outputs["push"]["stdout"]
    assert re.fullmatch("[0-9a-f]{40}", commit)
    assert git("ls-remote", remote, "refs/heads/price-2").split()[0] == commit
    log = git("--git-dir", str(tmp_path / "served/shop.git"), "log", "-1", "--format=%an|%s", commit)
    assert log == "Ops Control Room|Raise $(id) 'price'\n"
    again = carry_out(mutation(remote, "price-2"), tmp_path / "again")
    assert again.failed == "base"
    assert "exists already" in again.error


def test_what_fails_its_tests_is_not_pushed(remote: str, tmp_path: Path) -> None:
    assert carry_out(mutation(remote, "price-3", test=["false"]), tmp_path).failed == "change"
    assert git("ls-remote", remote, "refs/heads/price-3") == ""


def test_a_branch_is_taken_back(remote: str, tmp_path: Path) -> None:
    plan = mutation(remote, "price-4")
    steps = [
        step if step.id != "verify" else step.model_copy(update={"args": {"command": ["false"]}}) for step in plan.steps
    ]
    outcome = carry_out(plan.model_copy(update={"steps": tuple(steps)}), tmp_path)
    assert (outcome.failed, outcome.undone) == ("verify", ["push"])
    assert outcome.proved["undo-push"] == ["branch_gone"]
    assert git("ls-remote", remote, "refs/heads/price-4") == ""
