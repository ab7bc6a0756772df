"""A chain of two real stage modules made for the tests, so that the runtime is tested apart from what stages do."""

import sys
import types
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from opsroom_dagster import stages
from opsroom_dagster.plans.model import Step, Verifier
from opsroom_dagster.project import Project
from opsroom_dagster.runtime.context import StageContext
from opsroom_dagster.runtime.freshness import code_version
from opsroom_dagster.runtime.model import Verdict
from opsroom_dagster.runtime.stage import StageOutcome, run_stage
from opsroom_dagster.settings import Settings

PACKAGE = stages.__name__


def step(name: str, *verifiers: Verifier, after: tuple[str, ...] = ()) -> Step:
    """A stage's step with the given verifiers."""
    return Step(
        id=name, idx=0, title=name, kind="system", action=f"{PACKAGE}.{name}:run", verifiers=verifiers, dependsOn=after
    )


def verifier(stage: str, name: str, *, required: bool = True, **config: Any) -> Verifier:
    """A custom verifier of a stage."""
    entrypoint = f"{PACKAGE}.{stage}:{name}"
    return Verifier(id=name, kind="custom", required=required, config={"entrypoint": entrypoint, **config})


class Stages:
    """Two stages, ``first`` and ``second``; what they do can be changed between runs."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.project = Project(slug="p", sources=())
        self.text = "one"
        self.ran: list[str] = []
        self.verdict: Callable[[], Verdict] = lambda: Verdict.passed("good")
        self.before_end: Callable[[], None] = lambda: None

    def run(self, wanted: Step, run_id: str = "r1") -> StageOutcome:
        """Run a stage."""
        return run_stage(wanted, self.project, self.settings, run_id=run_id, log=lambda _: None)

    def modules(self) -> dict[str, dict[str, Any]]:
        """The functions of the two modules."""

        def first(context: StageContext) -> None:
            self.ran.append("first")
            (context.output / "out.txt").write_text(self.text, encoding="utf-8")
            self.before_end()

        def second(context: StageContext) -> None:
            self.ran.append("second")
            text = (context.inputs["first"] / "out.txt").read_text(encoding="utf-8")
            (context.output / "out.txt").write_text(text[0], encoding="utf-8")

        shared = {"PACKAGES": (), "check": lambda context: self.verdict(), "describe": lambda context: ""}
        return {
            "first": {**shared, "run": first, "fingerprint": lambda context: {"text": self.text}},
            "second": {**shared, "run": second},
        }


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Stages]:
    """The two stages, importable as ``opsroom_dagster.stages.first`` and ``.second``."""
    made = Stages(Settings(OPSROOM_HOME=tmp_path / "home"))  # pyright: ignore[reportCallIssue]
    for name, content in made.modules().items():
        module = types.ModuleType(f"{PACKAGE}.{name}")
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr("opsroom_dagster.runtime.freshness.code_version", lambda stage: "1")
    yield made
    code_version.cache_clear()
