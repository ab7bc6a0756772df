"""Do a step's arguments fit the schema of its tool or skill, and a plan's inputs that of its template?

Interpolations are not judged: only what can be known before the plan runs is.
"""

from collections.abc import Iterator, Mapping

from opsroom_dagster.plans.judges import Judges
from opsroom_dagster.plans.model import Skill, Tool
from opsroom_dagster.plans.problems import Problem
from opsroom_dagster.plans.raw import Raw, Steps, a_text, an_object, calls


def argument_problems(steps: Steps, tools: Mapping[str, Tool], skills: Mapping[str, Skill]) -> Iterator[Problem]:
    """Arguments that a tool or a skill does not take, that are of the wrong type, or that are missing."""
    judges = Judges()
    for index, step in steps:
        name = a_text(step.get("id")) or None
        for tool, args, place in calls(step):
            if tool in tools:
                for below, message in judges.of_arguments(args, tools[tool].input_schema):
                    yield Problem(f"/steps/{index}{place}{below}", f"the tool {tool!r}: {message}", name)
        skill = a_text(step.get("skill"))
        if step.get("kind") == "skill" and skill in skills:
            for below, message in judges.of_arguments(an_object(step.get("args")), skills[skill].input_schema):
                yield Problem(f"/steps/{index}/args{below}", f"the skill {skill!r}: {message}", name)


def input_problems(raw: Raw, skills: Mapping[str, Skill]) -> Iterator[Problem]:
    """Inputs of a plan that the template or the skill that it was made from would not take."""
    from opsroom_dagster.plans.templates import load_template, template_names

    origin, _, slug = a_text(an_object(raw.get("metadata")).get("source")).partition(":")
    if origin == "template" and slug in template_names():
        schema = load_template(slug).parameters
    elif origin == "skill" and slug in skills:
        schema = skills[slug].input_schema
    else:
        return
    for below, message in Judges().of_values(an_object(raw.get("inputs")), schema):
        yield Problem(f"/inputs{below}", f"the {origin} {slug!r}: {message}")
