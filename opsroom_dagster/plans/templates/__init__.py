"""Plan templates: one YAML file each, registered by being in this folder (``doc_to_code.yaml`` is ``doc-to-code``).

A template's steps are terse. What they leave out is filled in: ``idx`` from the order, kind ``system``, the action
``opsroom_dagster.stages.<step id>:run``, and for a verifier kind ``custom`` with the entry point
``opsroom_dagster.stages.<step id>:<verifier id>``.
"""

from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field

from opsroom_dagster.errors import InputError
from opsroom_dagster.frozen import Frozen
from opsroom_dagster.plans.model import Json, Step

FOLDER = Path(__file__).parent
STAGES = "opsroom_dagster.stages"


class PlanTemplate(Frozen):
    """A plan before its parameters are bound. ``parameters`` is the JSON Schema of an object."""

    id: str
    kind: str
    title: str
    description: str = ""
    tags: tuple[str, ...] = ()
    parameters: Json
    steps: tuple[Step, ...]
    expected_outputs: Json = Field(default={}, alias="expectedOutputs")


def template_names() -> list[str]:
    """The slugs of all templates, sorted."""
    return sorted(path.stem.replace("_", "-") for path in FOLDER.glob("*.yaml"))


@cache
def load_template(slug: str) -> PlanTemplate:
    """The template of that name.

    Raises:
        InputError: there is none; the message lists those that exist.
    """
    import yaml

    if slug not in template_names():
        raise InputError(f"there is no plan template {slug!r}.", remedy=f"Use one of: {', '.join(template_names())}.")
    text = (FOLDER / f"{slug.replace('-', '_')}.yaml").read_text(encoding="utf-8")
    # libyaml is ten times faster; wheels without it exist.
    content = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe loaders
    steps = [_complete(step, idx) for idx, step in enumerate(content.pop("steps"))]
    return PlanTemplate(**content, steps=tuple(Step.model_validate(step) for step in steps))


@cache
def doc_to_code_steps() -> tuple[Step, ...]:
    """The steps of the main job in order: each is a stage of a project."""
    return load_template("doc-to-code").steps


def _complete(step: Json, idx: int) -> Json:
    verifiers = [_complete_verifier(verifier, step["id"]) for verifier in step.get("verifiers", [])]
    return {"kind": "system", "action": f"{STAGES}.{step['id']}:run", **step, "idx": idx, "verifiers": verifiers}


def _complete_verifier(verifier: Json, step: str) -> Json:
    completed: dict[str, Any] = {"kind": "custom", **verifier}
    if completed["kind"] == "custom":
        completed["config"] = {"entrypoint": f"{STAGES}.{step}:{verifier['id']}", **verifier.get("config", {})}
    return completed
