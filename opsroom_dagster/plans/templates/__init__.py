"""Plan templates: one YAML file each, registered by being in this folder (``doc_to_code.yaml`` is ``doc-to-code``).

A template's steps are terse, see ``plans.terse``. What the parameters decide is written as data, see ``plans.expand``.
"""

from functools import cache
from pathlib import Path

from pydantic import Field

from opsroom_dagster.errors import InputError
from opsroom_dagster.frozen import Frozen
from opsroom_dagster.plans.model import Json, Rollback, Step
from opsroom_dagster.plans.terse import complete, load_yaml

FOLDER = Path(__file__).parent


class TemplateRollback(Rollback):
    """A rollback that a plan has when its parameters fit."""

    when: Json = {}


class TemplateStep(Step):
    """A step that the parameters may leave out or repeat.

    Attributes:
        when: parameter → JSON Schema. The step is left out unless each of them is given and fits.
        for_each: a parameter that is a list: one step for each item, which is ``{{item}}``.
    """

    rollback: TemplateRollback | None = None  # pyright: ignore[reportIncompatibleVariableOverride] - frozen
    when: Json = {}
    for_each: str | None = Field(default=None, alias="forEach")


class PlanTemplate(Frozen):
    """A plan before its parameters are bound. ``parameters`` is the JSON Schema of an object."""

    id: str
    kind: str
    title: str
    description: str = ""
    tags: tuple[str, ...] = ()
    parameters: Json
    steps: tuple[TemplateStep, ...]
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
    if slug not in template_names():
        raise InputError(f"there is no plan template {slug!r}.", remedy=f"Use one of: {', '.join(template_names())}.")
    return parse_template((FOLDER / f"{slug.replace('-', '_')}.yaml").read_text(encoding="utf-8"))


def parse_template(text: str) -> PlanTemplate:
    """A template from its YAML."""
    content = load_yaml(text)
    steps = [complete(step, idx) for idx, step in enumerate(content.pop("steps"))]
    return PlanTemplate(**content, steps=tuple(TemplateStep.model_validate(step) for step in steps))


@cache
def doc_to_code_steps() -> tuple[Step, ...]:
    """The steps of the main job in order: each is a stage of a project."""
    return tuple(as_step(step) for step in load_template("doc-to-code").steps)


def as_step(step: TemplateStep) -> Step:
    """The step without what only a template has."""
    raw = step.model_dump(by_alias=True, exclude={"when": True, "for_each": True, "rollback": {"when"}})
    return Step.model_validate(raw)
