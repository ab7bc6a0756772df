"""The stock skills: one YAML file each, registered by being in this folder; the id is the file's name.

Their steps are terse, see ``plans.terse``; how they are used in a plan is told in ``plans.skill_steps``.
"""

from functools import cache
from pathlib import Path

from opsroom_dagster.plans.model import Skill, Step
from opsroom_dagster.plans.terse import complete, load_yaml

FOLDER = Path(__file__).parent


@cache
def stock_skills() -> dict[str, Skill]:
    """The skills that come with the product, by id, in the order of their ids."""
    return {path.stem: parse_skill(path.read_text("utf-8"), path.stem) for path in sorted(FOLDER.glob("*.yaml"))}


def parse_skill(text: str, name: str) -> Skill:
    """A skill from its YAML; its id and its slug are ``name``."""
    content = load_yaml(text)
    steps = (complete(step, idx) for idx, step in enumerate(content.pop("steps")))
    return Skill(id=name, slug=name, steps=tuple(map(Step.model_validate, steps)), **content)
