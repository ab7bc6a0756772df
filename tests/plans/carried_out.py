"""Carry out a plan with the real tools and verifiers, one step after the other: do templates and skills really work?

This is no executor: it keeps nothing, repeats actions at once, and lets every approval pass.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from opsroom_dagster.errors import InputError, OpsroomError
from opsroom_dagster.home import Home
from opsroom_dagster.plans.check import check_plan
from opsroom_dagster.plans.interpolate import interpolate
from opsroom_dagster.plans.model import APPROVE, Json, Plan, Rollback, Step
from opsroom_dagster.plans.skills import stock_skills
from opsroom_dagster.plans.tools import stock_tools
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.entrypoints import resolve
from opsroom_dagster.runtime.tools import call_tool
from opsroom_dagster.runtime.verify import require
from opsroom_dagster.settings import Settings


@dataclass
class Outcome:
    """What came of a plan: outputs by step, the steps that were undone, and why it failed."""

    outputs: dict[str, Json] = field(default_factory=dict[str, Json])
    proved: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    undone: list[str] = field(default_factory=list[str])
    failed: str | None = None
    error: str = ""


def carry_out(plan: Plan, folder: Path, secrets: dict[str, str] | None = None, *, sandbox: bool = True) -> Outcome:
    """Run all steps; when one fails, undo those that had finished, the last one first."""
    assert check_plan(plan, stock_tools(), stock_skills()) == []
    settings = Settings(
        OPSROOM_HOME=folder / "home",  # pyright: ignore[reportCallIssue]
        sandbox="bubblewrap" if sandbox else "off",
    )
    outcome = Outcome()
    for step in plan.steps:
        context = _context(plan, step, outcome, settings, secrets or {})
        try:
            _run(step, context, outcome)
        except OpsroomError as error:
            outcome.failed, outcome.error = step.id, str(error)
            _undo(plan, outcome, settings, secrets or {})
            break
    return outcome


def _run(step: Step, context: StepContext, outcome: Outcome) -> None:
    before = require(context, step.preconditions, "the precondition")
    outputs = _act(step, context)
    known = {**context.scope["steps"], step.id: {"outputs": outputs}}
    after = require(replace(context, scope={**context.scope, "steps": known}), step.verifiers, "the verifier")
    outcome.outputs[step.id] = outputs
    outcome.proved[step.id] = [check.name for check in (*before, *after) if check.verdict.status == "passed"]


def _act(step: Step, context: StepContext) -> Json:
    tries = step.retry_policy.max_attempts if step.retry_policy else 1
    while True:
        tries -= 1
        try:
            if step.tool:
                return call_tool(stock_tools()[step.tool], step.args, context)
            if step.action == APPROVE:
                return {}
            args = interpolate(step.args, context.scope)
            return resolve(step.action)(replace(context, step=step.model_copy(update={"args": args}))) or {}
        except OpsroomError as error:
            if tries <= 0 or isinstance(error, InputError):
                raise


def _undo(plan: Plan, outcome: Outcome, settings: Settings, secrets: dict[str, str]) -> None:
    for step in reversed(plan.steps):
        if step.id in outcome.outputs and step.rollback:
            undo = _as_step(step, step.rollback)
            _run(undo, _context(plan, undo, outcome, settings, secrets), outcome)
            outcome.undone.append(step.id)


def _as_step(step: Step, rollback: Rollback) -> Step:
    return Step(
        id=f"undo-{step.id}", idx=step.idx, title="undo", kind="tool" if rollback.tool else "system",
        tool=rollback.tool, action=rollback.action, args=rollback.args, verifiers=rollback.verifiers,
    )  # fmt: skip


def _context(plan: Plan, step: Step, outcome: Outcome, settings: Settings, secrets: dict[str, str]) -> StepContext:
    home: Home = settings.home
    output = home.run("run") / step.id
    output.mkdir(parents=True, exist_ok=True)
    scope: dict[str, Any] = {
        "inputs": plan.inputs,
        "steps": {name: {"outputs": outputs} for name, outputs in outcome.outputs.items()},
    }
    return StepContext(
        step=step, settings=settings, home=home, output=output, run_id="run", log=lambda _: None, scope=scope,
        secrets=secrets.__getitem__,
    )  # fmt: skip
