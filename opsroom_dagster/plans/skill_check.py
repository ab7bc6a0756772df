"""Find every mistake of a skill at once, and of the steps of a plan that use skills."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import ValidationError

from opsroom_dagster.errors import InputError
from opsroom_dagster.plans.choices import chosen
from opsroom_dagster.plans.model import Json, Plan, PlanMetadata, Skill, Step, Tool
from opsroom_dagster.plans.problems import Problem, in_order
from opsroom_dagster.plans.raw import Raw, Steps, a_text, an_object
from opsroom_dagster.plans.skill_steps import inline_skills
from opsroom_dagster.plans.skill_use import FROM, mapped


def use_problems(raw: Raw, steps: Steps, tools: Mapping[str, Tool], skills: Mapping[str, Skill]) -> Iterator[Problem]:
    """Steps that use a skill against its constraints. Arguments and timeouts are judged elsewhere."""
    for index, step in steps:
        if step.get("kind") != "skill" or a_text(step.get("skill")) not in skills:
            continue
        try:
            parsed = Step.model_validate(step)
        except ValidationError:  # its shape is told anyway
            continue
        try:
            inline_skills(_plan([parsed], dict(an_object(raw.get("inputs")))), skills, tools)
        except InputError as error:
            yield Problem(f"/steps/{index}", str(error), parsed.id)


def check_skill(skill: Skill, tools: Mapping[str, Tool], skills: Mapping[str, Skill]) -> list[Problem]:
    """All problems of a skill, by place below it; none: it can be used and run on its own."""
    from opsroom_dagster.plans.check import check_plan

    # In a plan of its own steps, with its verifiers where they will be: on the last step.
    steps = [mapped(step, _with_all) for step in skill.steps]
    if steps and skill.verifiers:
        steps[-1] = steps[-1].model_copy(update={"verifiers": (*steps[-1].verifiers, *skill.verifiers)})
    properties = cast(dict[str, Json], skill.input_schema.get("properties", {}))
    outputs = cast(dict[str, Json], skill.output_schema.get("properties", {}))
    own = _plan(steps, dict.fromkeys(properties)).model_copy(
        update={"expected_outputs": {name: rule.get(FROM) for name, rule in outputs.items()}}
    )
    found = [problem for problem in check_plan(own, tools, skills) if not problem.place.startswith("/inputs")]
    found += [Problem(f"/tools/{place}", f"there is no tool {tool!r}")
              for place, tool in enumerate(skill.tools) if tool not in tools]  # fmt: skip
    return in_order([*found, *_outputs(outputs)])


def _outputs(outputs: dict[str, Json]) -> Iterator[Problem]:
    for name, rule in outputs.items():
        if not isinstance(rule.get(FROM), str):
            yield Problem(f"/outputSchema/properties/{name}", f"{FROM} must say which reference the output is")


def _with_all(value: Any) -> Any:
    """As it is when every input is given."""
    return chosen(value, lambda _: True, lambda _: [])


def _plan(steps: list[Step], inputs: dict[str, Any]) -> Plan:
    return Plan(
        id="skill",
        kind="skill",
        title="skill",
        steps=tuple(steps),
        inputs=inputs,
        metadata=PlanMetadata(source="skill"),
    )
