"""What the commands about runs share."""

import getpass
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from opsroom_dagster.errors import InputError

if TYPE_CHECKING:
    from opsroom_dagster.plans.model import Json, Plan, Skill, Tool
    from opsroom_dagster.settings import Settings
    from opsroom_dagster.store.database import Database
    from opsroom_dagster.store.runs import Run


def user_name() -> str:
    """Who runs: ``OPSROOM_USER``, else the account of this machine."""
    return os.environ.get("OPSROOM_USER") or getpass.getuser()


def read_plan(file: Path, settings: list[str]) -> "tuple[Plan, Json, Mapping[str, Tool], Mapping[str, Skill]]":
    """The plan of a file with its skills inlined, its inputs, and the tools and skills that there are.

    Raises:
        InputError: the plan has problems, or an input is not one of its own.
    """
    from opsroom_dagster.plans.arguments import input_problems
    from opsroom_dagster.plans.check import check_plan
    from opsroom_dagster.plans.file import read_raw_plan
    from opsroom_dagster.plans.inputs import typed_inputs
    from opsroom_dagster.plans.model import Plan
    from opsroom_dagster.plans.skill_steps import inline_skills
    from opsroom_dagster.plans.skills import stock_skills
    from opsroom_dagster.plans.tools import stock_tools

    tools, skills = stock_tools(), stock_skills()
    raw = read_raw_plan(file)
    if problems := check_plan(raw, tools, skills):
        raise InputError(
            f"the plan has {len(problems)} problems: {'; '.join(map(str, problems[:10]))}.",
            file=file,
            remedy=f"See all of them: opsroom plan check {file}",
        )
    plan = inline_skills(Plan.model_validate(raw), skills, tools)
    inputs = typed_inputs(plan, settings)
    if problems := list(input_problems({**raw, "inputs": {**plan.inputs, **inputs}}, skills)):
        raise InputError(
            f"inputs that the plan does not take: {'; '.join(map(str, problems[:10]))}.",
            remedy="Set them with --set NAME=VALUE; `opsroom plan templates` says what they may be.",
        )
    return plan, inputs, tools, skills


def show_run(database: "Database", settings: "Settings", run: "Run") -> dict[str, Any]:
    """A run as JSON: its state, its steps with their checks, and where its proofs lie."""
    from opsroom_dagster.proofs.bundle import BUNDLE
    from opsroom_dagster.store.steps import steps_of

    bundle = settings.home.run(run.id) / BUNDLE
    return {
        **run.model_dump(mode="json", exclude={"pins"}),
        "steps": [step.model_dump(mode="json", exclude={"claim_token"}) for step in steps_of(database, run.id)],
        "proof_bundle": str(bundle) if bundle.exists() else None,
    }


def exit_status(run: "Run") -> int:
    """0: it succeeded, or is queued; 4: it waits for a person, or was cancelled; 1: anything else."""
    if run.status == "rolled_back" and run.cancel_requested_at is not None:
        return 4
    return {"succeeded": 0, "queued": 0, "waiting": 4, "cancelled": 4}.get(run.status, 1)


def tell(run: "Run", settings: "Settings") -> None:
    """What came of a run, for people."""
    from opsroom_dagster.proofs.bundle import BUNDLE

    typer.echo(f"{run.id}: {run.status}" + (f": {run.reason}" if run.reason else ""))
    bundle = settings.home.run(run.id) / BUNDLE
    if bundle.exists():
        typer.echo(f"Proofs: {bundle}")
