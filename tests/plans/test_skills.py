"""The stock skills, and how a step that uses a skill becomes the skill's own steps."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsroom_dagster.errors import InputError
from opsroom_dagster.plans.check import check_plan
from opsroom_dagster.plans.file import plan_bytes
from opsroom_dagster.plans.model import Plan, Skill, Step
from opsroom_dagster.plans.skill_check import check_skill
from opsroom_dagster.plans.skill_steps import MAX_DEPTH, inline_skills, skill_plan
from opsroom_dagster.plans.skills import parse_skill, stock_skills
from opsroom_dagster.plans.tools import stock_tools
from tests.plans.test_check import plan, step

STOCK, TOOLS = stock_skills(), stock_tools()
INPUTS: dict[str, dict[str, Any]] = {
    "db_migration": {"url": "DB", "statement": "SELECT 1", "undo": "SELECT 2", "environment": "staging"},
    "doc_to_code": {"project": "shop", "sources": ["/x"], "environment": "ci"},
    "eval_qa": {"url": "https://shop.example.org", "environment": "ci"},
    "infra_deploy": {
        "application": "shop", "version": "1", "environment": "staging",
        "control_url": "https://control.example.org", "health_url": "https://shop.example.org",
    },
    "odoo_addon": {"project": "shop", "sources": ["/x"], "environment": "ci"},
    "repo_mutation": {
        "remote": "https://git.example.org/shop.git", "branch": "b", "patch": "p", "message": "m", "environment": "ci",
    },
    "reverse_engineer": {"title": "Shop", "url": "DB", "environment": "production"},
}  # fmt: skip

GREET = """
name: Greet
tools: [shell]
constraints: {max_runtime_ms: 100000, allowed_envs: [ci, staging]}
inputSchema:
  type: object
  additionalProperties: false
  required: [who]
  properties:
    who: {}
    times: {type: integer, default: 1}
    token: {type: string, format: secret-name, pattern: "^[A-Z_]+$"}
outputSchema:
  type: object
  required: [said]
  properties:
    said: {type: string, x-from: "{{steps.shout.outputs.stdout}}"}
    code: {type: integer, x-from: "{{steps.say.outputs.exitCode}}"}
    who: {x-from: "{{inputs.who}}"}
verifiers:
  - id: heard
    kind: json_schema
    config: {value: "{{steps.say.outputs.stdout}}", schema: {minLength: "{{inputs.times}}"}}
steps:
  - {id: look, title: Look, tool: shell, args: {command: ["true"]}}
  - id: say
    title: Say
    tool: shell
    args:
      command: [echo, "{{inputs.who}}", "for {{inputs.who}}"]
      env: {TOKEN: {given: token, value: "{{inputs.token}}"}}
    retryPolicy: {maxAttempts: 2, backoffMs: 1000}
  - id: shout
    title: Shout
    dependsOn: [look, say]
    tool: shell
    args: {command: [echo, "{{steps.say.outputs.stdout}}"]}
    timeoutMs: 10000
"""
SKILLS = {"greet": parse_skill(GREET, "greet")}


def use(name: str, idx: int, *needs: str, **more: Any) -> dict[str, Any]:
    return step(
        name, idx, *needs, **{"kind": "skill", "skill": "greet", "action": "run", "args": {"who": "Ada"}, **more}
    )


def inlined(*steps: dict[str, Any], skills: dict[str, Skill] = SKILLS, **more: Any) -> Plan:
    return inline_skills(Plan.model_validate(plan(*steps, **{"inputs": {"environment": "ci"}, **more})), skills, TOOLS)


@pytest.mark.parametrize("name", STOCK)
def test_every_stock_skill_has_no_problem(name: str) -> None:
    assert check_skill(STOCK[name], TOOLS, STOCK) == []


@pytest.mark.parametrize("name", STOCK)
def test_every_stock_skill_runs_on_its_own(name: str) -> None:
    made = skill_plan(STOCK[name], INPUTS[name], STOCK, TOOLS)
    assert check_plan(made, TOOLS, STOCK) == []
    assert plan_bytes(made) == plan_bytes(skill_plan(STOCK[name], INPUTS[name], STOCK, TOOLS))
    assert made.expected_outputs.keys() == STOCK[name].output_schema["properties"].keys()
    assert all(step.timeout_ms for step in made.steps)


@pytest.mark.parametrize("name", STOCK)
def test_every_stock_skill_is_a_step_of_a_plan(name: str) -> None:
    first = step("first", 0, kind="skill", skill=name, action="run", args=INPUTS[name])
    outputs = {key: f"{{{{steps.first.outputs.{key}}}}}" for key in STOCK[name].output_schema["properties"]}
    raw = plan(first, step("second", 1, "first", args=outputs))
    assert check_plan(raw, TOOLS, STOCK) == []
    made = inline_skills(Plan.model_validate(raw), STOCK, TOOLS)
    assert check_plan(made, TOOLS, STOCK) == []
    assert made.steps[-1].depends_on == (made.steps[-2].id,)


def test_the_seven_are_there() -> None:
    assert list(STOCK) == sorted(INPUTS)


def test_a_skill_becomes_its_steps() -> None:
    made = inlined(
        step("a", 0), use("greet", 1, "a"), step("b", 2, "greet", "a", args={"x": "{{steps.greet.outputs.said}}"})
    )
    assert [(s.id, s.idx, s.depends_on) for s in made.steps] == [
        ("a", 0, ()),
        ("greet-look", 1, ("a",)),
        ("greet-say", 2, ("a",)),
        ("greet-shout", 3, ("greet-look", "greet-say")),
        ("b", 4, ("greet-shout", "a")),
    ]
    assert made.steps[2].args["command"] == ["echo", "Ada", "for Ada"]
    assert made.steps[3].args["command"] == ["echo", "{{steps.greet-say.outputs.stdout}}"]
    assert made.steps[4].args == {"x": "{{steps.greet-shout.outputs.stdout}}"}
    assert [v.id for v in made.steps[3].verifiers] == ["heard", "outputs-of-greet"]
    assert made.steps[3].verifiers[0].config["schema"] == {"minLength": 1}
    assert check_plan(made, TOOLS) == []


def test_a_plan_without_skills_stays_as_it_is() -> None:
    original = Plan.model_validate(plan(step("a", 0)))
    assert inline_skills(original, {}) is original


def test_arguments_keep_their_type_and_stay_references() -> None:
    made = inlined(
        use("g", 0, args={"who": "{{inputs.person}}", "times": 3}), inputs={"environment": "ci", "person": ["Ada"]}
    )
    say = made.steps[1]
    assert say.args["command"] == ["echo", "{{inputs.person}}", "for {{inputs.person}}"]
    checked = {verifier.id: verifier.config for verifier in say.preconditions}
    assert checked["inputs-of-greet"]["value"] == {"who": "{{inputs.person}}", "times": 3}
    assert made.steps[2].verifiers[0].config["schema"] == {"minLength": 3}


def test_outputs_of_steps_before_are_arguments() -> None:
    first = step("a", 0, kind="tool", tool="http", action="call", args={"url": "https://example.org"})
    made = inlined(first, use("g", 1, "a", args={"who": "{{steps.a.outputs.json}}"}), expectedOutputs={
        "who": "{{steps.g.outputs.who.name}}"})  # fmt: skip
    assert made.steps[2].args["command"][1] == "{{steps.a.outputs.json}}"
    assert made.expected_outputs == {"who": "{{steps.a.outputs.json.name}}"}
    assert check_plan(made, TOOLS) == []


def test_verifiers_preconditions_and_rollback_of_the_step_are_kept() -> None:
    verifier = {"id": "mine", "kind": "json_schema", "config": {"value": "{{steps.g.outputs.said}}", "schema": {}}}
    ready = {"id": "ready", "kind": "shell", "config": {"command": ["true"]}}
    rollback = {"action": "call", "tool": "shell", "args": {"command": ["echo", "{{steps.g.outputs.said}}"]}}
    made = inlined(use("g", 0, verifiers=[verifier], preconditions=[ready], rollback=rollback))
    assert [v.id for v in made.steps[2].verifiers] == ["heard", "outputs-of-greet", "mine"]
    assert made.steps[2].verifiers[2].config["value"] == "{{steps.g-shout.outputs.stdout}}"
    assert [[v.id for v in s.preconditions][-1:] for s in made.steps] == [["ready"], ["ready"], []]
    assert made.steps[2].rollback is not None
    assert made.steps[2].rollback.args == {"command": ["echo", "{{steps.g-shout.outputs.stdout}}"]}


def test_secrets_are_named_and_never_stand_in_verifiers() -> None:
    made = inlined(use("g", 0, args={"who": "{{inputs.environment}}", "token": "API_KEY"}))
    assert made.steps[1].args["env"] == {"TOKEN": "{{secrets.API_KEY}}"}
    assert "secrets" not in "".join(v.model_dump_json() for s in made.steps for v in (*s.preconditions, *s.verifiers))
    assert inlined(use("g", 0)).steps[1].args["env"] == {}
    by_input = inlined(
        use("g", 0, args={"who": 1, "token": "{{inputs.key}}"}), inputs={"environment": "ci", "key": "KEY"}
    )
    assert by_input.steps[1].args["env"] == {"TOKEN": "{{secrets.KEY}}"}


def test_no_way_through_a_skill_takes_longer_than_it_may() -> None:
    look, say, shout = (s.timeout_ms for s in inlined(use("g", 0)).steps)
    assert (look, shout) == (90_000, 10_000)
    assert say == (100_000 - 10_000 - 1_000) // 2  # two tries and the pause between them
    assert [s.timeout_ms for s in inlined(use("g", 0, timeoutMs=20_000)).steps] == [10_000, 4_500, 10_000]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"args": {}}, "'who' is a required property"),
        ({"args": {"who": 1, "times": "x"}}, "not of type 'integer'"),
        ({"args": {"who": 1, "colour": 1}}, "colour"),
        ({"args": {"who": "{{secrets.KEY}}"}}, "holds a secret"),
        ({"args": {"who": 1, "token": "{{inputs.key}}"}}, "no name of a secret"),
        ({"args": {"who": ["a"]}}, "cannot stand inside a text"),
        ({"skill": "fly"}, "there is no skill 'fly'; known: greet"),
        ({"retryPolicy": {"maxAttempts": 2}}, "not repeated as a whole"),
        ({"timeoutMs": 5_000}, "add up to 11000 ms; it may take 5000 ms"),
        ({"verifiers": [{"id": "heard", "kind": "sql"}]}, "two verifiers would have the id 'heard'"),
    ],
)
def test_what_breaks_the_contract_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        inlined(use("g", 0, **change), inputs={"environment": "ci", "key": "not-a-name"})
    assert message in str(caught.value)
    assert "the step 'g'" in str(caught.value) or "list" in str(caught.value)


def test_braces_of_an_argument_stay_data() -> None:
    for text in ("{", "{{", "}}", "{{{"):
        assert inlined(use("g", 0, args={"who": text})).steps[1].args["command"] == ["echo", text, f"for {text}"]


@pytest.mark.parametrize("environment", ["production", None, 3])
def test_a_skill_stays_where_it_is_allowed(environment: Any) -> None:
    with pytest.raises(InputError, match="allowed in ci, staging only"):
        inlined(use("g", 0), inputs={"environment": environment} if environment else {})
    assert [v.id for v in inlined(use("g", 0)).steps[0].preconditions] == ["environment-of-greet"]


def wrapped(name: str, inner: str, **more: Any) -> Skill:
    """A skill whose only step uses another one."""
    only = Step(id="in", idx=0, title="In", kind="skill", skill=inner, action="run", args={"who": "{{inputs.who}}"})
    outputs = {"properties": {"told": {"x-from": "{{steps.in.outputs.said}}"}}}
    schema = {"type": "object", "properties": {"who": {}}}
    return Skill(**{
        "id": name, "slug": name, "name": name, "tools": ("shell",), "inputSchema": schema, "outputSchema": outputs,
        "steps": (only,), **more,
    })  # fmt: skip


def test_skills_use_skills() -> None:
    skills = {**SKILLS, "outer": wrapped("outer", "greet")}
    made = inlined(
        use("o", 0, skill="outer"), step("b", 1, "o", args={"x": "<{{steps.o.outputs.told}}>"}), skills=skills
    )
    assert [s.id for s in made.steps] == ["o-in-look", "o-in-say", "o-in-shout", "b"]
    assert made.steps[3].depends_on == ("o-in-shout",)
    assert made.steps[3].args == {"x": "<{{steps.o-in-shout.outputs.stdout}}>"}
    assert made.steps[1].args["command"][1] == "Ada"


def test_a_skill_inside_may_do_no_more_than_the_one_around_it() -> None:
    skills = {**SKILLS, "outer": wrapped("outer", "greet", tools=("http",))}
    with pytest.raises(InputError, match=r"\(skill outer → greet\).*calls the tool 'shell'.*'outer' does not allow"):
        inlined(use("o", 0, skill="outer"), skills=skills)


def test_times_of_skills_around_count() -> None:
    outer = wrapped("outer", "greet", constraints={"max_runtime_ms": 30_000})
    made = inlined(use("o", 0, skill="outer"), skills={**SKILLS, "outer": outer})
    assert [s.timeout_ms for s in made.steps] == [20_000, 9_500, 10_000]


def test_circles_and_depths_are_refused() -> None:
    circle = {"a": wrapped("a", "b"), "b": wrapped("b", "a")}
    with pytest.raises(InputError, match=r"skill a → b → a.*cannot use itself"):
        inlined(use("s", 0, skill="a"), skills=circle)
    deep = {f"s{n}": wrapped(f"s{n}", f"s{n + 1}") for n in range(MAX_DEPTH + 1)} | {
        f"s{MAX_DEPTH + 1}": SKILLS["greet"]
    }
    with pytest.raises(InputError, match=f"nested more than {MAX_DEPTH} deep"):
        inlined(use("s", 0, skill="s0"), skills=deep)


def changed(**parts: Any) -> dict[str, Skill]:
    return {"greet": SKILLS["greet"].model_copy(update=parts)}


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"tools": ()}, "calls the tool 'shell', which the skill 'greet' does not allow; it allows none"),
        ({"steps": ()}, "ends in 0 steps"),
        ({"steps": SKILLS["greet"].steps[:2]}, "ends in 2 steps: look, say"),
        ({"output_schema": {"properties": {"x": {"type": "string"}}}}, "does not say where its output 'x' comes from"),
        (
            {"output_schema": {"properties": {"x": {"x-from": "{{steps.gone.outputs.y}}"}}}},
            "the skill has no step 'gone'",
        ),
        ({"output_schema": {"properties": {"x": {"x-from": "{{inputs.gone}}"}}}}, "the input 'gone' is not given"),
    ],
)
def test_a_broken_skill_is_named(parts: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        inlined(use("g", 0), skills=changed(**parts))
    assert message in str(caught.value)
    problems = check_plan(plan(use("g", 0), inputs={"environment": "ci"}), TOOLS, changed(**parts))
    assert [problem.place for problem in problems] == ["/steps/0"]


def test_a_skills_verifiers_call_no_other_kinds_of_tools() -> None:
    asking = Step.model_validate(
        {**SKILLS["greet"].steps[0].model_dump(), "verifiers": [{"id": "v", "kind": "http", "config": {"url": "x"}}]}
    )
    with pytest.raises(InputError, match="the verifier 'v' of its step 'look' is of kind 'http'"):
        inlined(use("g", 0), skills=changed(steps=(asking, *SKILLS["greet"].steps[1:])))


def test_ids_stay_unique_and_short() -> None:
    with pytest.raises(InputError, match="two steps have the id 'g-say'"):
        inlined(use("g", 0), step("g-say", 1))
    with pytest.raises(InputError, match="longer than 100"):
        inlined(use("g" * 98, 0))


def test_an_output_that_a_skill_does_not_have_is_named() -> None:
    with pytest.raises(InputError, match="'g' has no output 'colour'; it has code, said, who"):
        inlined(use("g", 0), step("b", 1, "g", args={"x": "{{steps.g.outputs.colour}}"}))


def test_inputs_of_a_skill_alone_are_judged_at_once() -> None:
    with pytest.raises(InputError) as caught:
        skill_plan(STOCK["infra_deploy"], {"version": "-rf", "colour": 1}, STOCK, TOOLS)
    for word in ("'-rf'", "colour", "application", "It takes: application, version"):
        assert word in str(caught.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet="{}inputs.steps secrets.AX", max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(json_values)
def test_inputs_of_a_skill_alone_stay_data(value: Any) -> None:
    alone = Skill.model_validate({**SKILLS["greet"].model_dump(by_alias=True), "constraints": {}})
    made = skill_plan(alone, {"who": value}, tools=TOOLS)
    assert made.inputs["who"] == value
    assert made.steps[1].args["command"] == ["echo", "{{inputs.who}}", "for {{inputs.who}}"]
    assert made.steps[1].preconditions[0].config["value"]["who"] == "{{inputs.who}}"
