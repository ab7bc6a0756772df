"""What stands in a parameter stays data, in every parameter of every template and every input of every skill."""

import copy
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsroom_dagster.errors import InputError
from opsroom_dagster.plans.check import check_plan
from opsroom_dagster.plans.compile import compile_template
from opsroom_dagster.plans.interpolate import interpolate
from opsroom_dagster.plans.model import Json, Plan, Verifier
from opsroom_dagster.plans.page import plan_page
from opsroom_dagster.plans.show import plan_mermaid
from opsroom_dagster.plans.skill_steps import inline_skills
from opsroom_dagster.plans.skills import stock_skills
from opsroom_dagster.plans.templates import load_template
from opsroom_dagster.plans.tools import stock_tools
from tests.plans.parameters import GOOD, HOSTILE
from tests.plans.test_skills import INPUTS

Path = tuple[str | int, ...]
NAMES = {"version", "application", "host", "owner", "repository", "user", "database", "control_token", "password"}
"""Parameters that name something: nothing hostile is a name."""


def texts(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where texts stand inside a value."""
    if isinstance(value, str):
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from texts(item, (*path, key))


def replaced(value: Any, path: Path, text: str) -> Any:
    changed = copy.deepcopy(value)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = text
    return changed


def configs(plan: Plan) -> list[Json]:
    """Everything of a plan that is filled in when it runs."""
    found: list[Json] = []
    for step in plan.steps:
        verifiers: list[Verifier] = [*step.preconditions, *step.verifiers]
        found.append(step.args)
        if step.rollback:
            found.append(step.rollback.args)
            verifiers += step.rollback.verifiers
        found += [verifier.config for verifier in verifiers]
    return found


PLACES = [
    (slug, number, path)
    for slug, examples in GOOD.items()
    for number, example in enumerate(examples)
    for path in texts(example)
]


@pytest.mark.parametrize(
    ("slug", "number", "path"), PLACES, ids=[f"{s}-{n}-{'.'.join(map(str, p))}" for s, n, p in PLACES]
)
def test_a_hostile_parameter_is_refused_or_stays_data(slug: str, number: int, path: Path) -> None:
    template, good = load_template(slug), GOOD[slug][number]
    expected = configs(compile_template(template, good))
    accepted: list[str] = []
    for text in HOSTILE:
        try:
            plan = compile_template(template, replaced(good, path, text))
        except InputError:
            continue
        accepted.append(text)
        assert check_plan(plan, stock_tools(), stock_skills()) == []
        assert configs(plan) == expected  # steps hold references only, so no value can change a step
        assert "<script" not in plan_page(plan)
        assert "<script" not in plan_mermaid(plan)
    if path[-1] in NAMES:
        assert accepted == []


def commands(plan: Plan) -> Iterator[list[Any]]:
    """The commands as they will be run."""
    scope = {"inputs": plan.inputs, "steps": Anything(), "secrets": Anything()}
    for config in configs(plan):
        if "command" in config:
            yield interpolate(config["command"], scope)


class Anything(dict[str, Any]):
    """Steps and secrets that have every output."""

    def get(self, key: str, default: Any = None) -> Any:
        return Anything() if key != "stdout" else "out"


@pytest.mark.parametrize("slug", GOOD)
def test_no_value_is_read_as_an_option(slug: str) -> None:
    """Whoever gives a whole command may do what he likes; a plain value is an argument wherever it stands."""
    for good in GOOD[slug]:
        for path in (path for path in texts(good) if len(path) == 1):
            for text in (text for text in HOSTILE if text.startswith("-")):
                try:
                    plan = compile_template(load_template(slug), replaced(good, path, text))
                except InputError:
                    continue
                for words in commands(plan):
                    begins = [place for place, word in enumerate(words) if re.fullmatch("--|-e?u?c", str(word))]
                    assert text not in words[: min(begins, default=len(words))]


def using(name: str, argument: str, text: str) -> Plan:
    """A plan whose only step uses the skill; one argument is an input of the plan."""
    args = {**INPUTS[name], argument: "{{inputs.hostile}}"}
    only = {"id": "s", "idx": 0, "title": "s", "kind": "skill", "skill": name, "action": "run", "args": args}
    origin = {"source": "test"}
    raw = {"id": "p", "kind": "k", "title": "t", "inputs": {"hostile": text}, "metadata": origin, "steps": [only]}
    return Plan.model_validate(raw)


@pytest.mark.parametrize("name", INPUTS)
def test_a_hostile_argument_of_a_skill_stays_data(name: str) -> None:
    for argument in (key for key, value in INPUTS[name].items() if isinstance(value, str)):
        for text in HOSTILE:
            if (argument in ("environment", "url") and name != "eval_qa") or argument == "environment":
                with pytest.raises(InputError):  # no environment, no name of a secret
                    inline_skills(using(name, argument, text), stock_skills(), stock_tools())
                continue
            plan = inline_skills(using(name, argument, text), stock_skills(), stock_tools())
            good = inline_skills(using(name, argument, "good"), stock_skills(), stock_tools())
            assert configs(plan) == configs(good)


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_any_text_is_refused_or_stays_data(data: st.DataObject) -> None:
    slug, number, path = data.draw(st.sampled_from(PLACES))
    text = data.draw(st.text(alphabet="{}inputs.steps -;$'\"\\\n\0<>/ab1", max_size=40))
    template, good = load_template(slug), GOOD[slug][number]
    try:
        plan = compile_template(template, replaced(good, path, text))
    except InputError:
        return
    assert check_plan(plan, stock_tools(), stock_skills()) == []
    assert configs(plan) == configs(compile_template(template, good))
