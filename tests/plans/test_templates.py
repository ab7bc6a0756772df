"""Templates and what is made from them."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from opsroom_dagster.errors import InputError
from opsroom_dagster.plans.check import check_plan
from opsroom_dagster.plans.compile import compile_template, parse_parameters
from opsroom_dagster.plans.file import plan_bytes, read_raw_plan
from opsroom_dagster.plans.model import Plan
from opsroom_dagster.plans.schema import plan_schema
from opsroom_dagster.plans.skills import stock_skills
from opsroom_dagster.plans.templates import FOLDER, doc_to_code_steps, load_template, parse_template, template_names
from opsroom_dagster.plans.tools import stock_tools
from tests.plans.parameters import GOOD

DOC_TO_CODE = load_template("doc-to-code")


def test_terse_steps_are_completed() -> None:
    step = next(step for step in doc_to_code_steps() if step.id == "odoo_addon")
    assert (step.kind, step.action) == ("system", "opsroom_dagster.stages.odoo_addon:run")
    install = next(verifier for verifier in step.verifiers if verifier.id == "odoo_install")
    assert install.kind == "custom"
    assert install.config == {"entrypoint": "opsroom_dagster.stages.odoo_addon:odoo_install", "onInconclusive": "warn"}


def test_the_main_job_is_in_order() -> None:
    names = [step.id for step in doc_to_code_steps()]
    assert [step.idx for step in doc_to_code_steps()] == list(range(len(names)))
    assert all(need in names[: step.idx] for step in doc_to_code_steps() for need in step.depends_on)


@pytest.mark.parametrize("slug", ["nope", "../model", "doc_to_code", ""])
def test_an_unknown_template_lists_those_that_exist(slug: str) -> None:
    with pytest.raises(InputError, match="Use one of: deploy, doc-to-code"):
        load_template(slug)


EXAMPLES = [(slug, number) for slug, examples in GOOD.items() for number in range(len(examples))]


def test_every_template_has_an_example() -> None:
    assert sorted(GOOD) == template_names()


@pytest.mark.parametrize(("slug", "number"), EXAMPLES)
def test_every_template_compiles_to_a_plan_without_problems(slug: str, number: int) -> None:
    plan = compile_template(load_template(slug), GOOD[slug][number])
    assert check_plan(plan, stock_tools(), stock_skills()) == []
    assert [step.idx for step in plan.steps] == list(range(len(plan.steps)))
    assert "{{" not in "".join((plan.title, plan.description, *(step.title for step in plan.steps)))
    assert all(verifier.description for step in plan.steps for verifier in (*step.preconditions, *step.verifiers))


@pytest.mark.parametrize(("slug", "number"), EXAMPLES)
def test_equal_parameters_give_equal_bytes(slug: str, number: int) -> None:
    parameters = GOOD[slug][number]
    turned = dict(reversed(parameters.items()))
    assert plan_bytes(compile_template(load_template(slug), parameters)) == plan_bytes(
        compile_template(parse_template(template_text(slug)), turned)
    )


@pytest.mark.parametrize(("slug", "number"), EXAMPLES)
def test_a_plan_survives_being_written_and_read(slug: str, number: int, tmp_path: Path) -> None:
    plan = compile_template(load_template(slug), GOOD[slug][number])
    (tmp_path / "plan.json").write_bytes(plan_bytes(plan))
    raw = read_raw_plan(tmp_path / "plan.json")
    assert check_plan(raw, stock_tools(), stock_skills()) == []
    assert Plan.model_validate(raw) == plan


@pytest.mark.parametrize("slug", template_names())
def test_every_parameter_is_described_and_optional_ones_have_defaults_or_may_be_left_out(slug: str) -> None:
    template = load_template(slug)
    properties = template.parameters["properties"]
    Draft202012Validator.check_schema(template.parameters)
    assert template.parameters["additionalProperties"] is False
    assert set(template.parameters.get("required", [])) <= set(properties)
    if slug != "doc-to-code":
        assert all(rule.get("description") for rule in properties.values())
        assert template.description


def template_text(slug: str) -> str:
    return (FOLDER / f"{slug.replace('-', '_')}.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("slug", "parameters", "words"),
    [
        ("deploy", {"version": "-1", "environment": "moon", "colour": 1},
         ["application", "'-1'", "'moon'", "colour", "health_url", "give control_url, or current_command"]),
        ("healthcheck", {"name": "", "http": [{"url": "ftp://x"}], "commands": [{"command": []}]},
         ["name:", "http.0.url:", "commands.0.command:"]),
        ("incident", {"incident": "INC-1\n", "summary": "s", "facts": [], "token": "lower"},
         ["incident:", "facts:", "token:", "mitigation", "health_url"]),
        ("release", {"owner": "a/b", "repository": "..", "version": "v1..2", "checks": [], "token": "T"},
         ["owner:", "repository:", "version:", "checks:"]),
        ("schema-sync", {"host": "-h", "port": 0, "database": "a;b", "migration": ""},
         ["host:", "port:", "database:", "migration:", "user", "password", "rehearsal_database"]),
        ("spec", {"folder": "relative", "open_questions": -1}, ["folder:", "open_questions:"]),
        ("rollback", {}, ["application", "version", "reason", "control_url", "health_url"]),
    ],
)  # fmt: skip
def test_all_wrong_parameters_are_named_at_once(slug: str, parameters: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        compile_template(load_template(slug), parameters)
    assert [word for word in words if word not in str(caught.value)] == []


TERSE = """
id: t
kind: k
title: "For {{inputs.name}}: {{inputs.hosts}} {{inputs.gone}}"
parameters:
  type: object
  required: [name]
  properties:
    name: {type: string}
    hosts: {type: array, items: {type: object, properties: {address: {}, port: {default: 80}}}, default: []}
    words: {type: array, default: [a, b]}
    key: {type: string, format: secret-name}
    twice: {type: boolean, default: false}
steps:
  - {id: one, title: One, action: approve}
  - id: host
    title: "Ask {{item.address}}"
    forEach: hosts
    dependsOn: [one]
    tool: shell
    args:
      command: [ask, "{{item.address}}:{{item.port}}", {spread: words}, {given: key, value: "{{inputs.key}}"}]
      env: {KEY: {given: key, value: "key={{inputs.key}}"}}
    verifiers:
      - {id: v, kind: json_schema, config: {value: "{{steps.host.outputs.exitCode}}", schema: {}}}
  - {id: two, title: Two, action: approve, when: {twice: {const: true}}, dependsOn: [host]}
  - id: three
    title: Three
    action: approve
    dependsOn: [two]
    rollback: {when: {key: {}}, tool: shell, args: {command: [x]}}
"""


def terse(**parameters: Any) -> Plan:
    return compile_template(parse_template(TERSE), {"name": "n", **parameters})


def test_a_step_for_each_item_refers_to_it() -> None:
    plan = terse(hosts=[{"address": "a"}, {"address": "b", "port": 1}], key="API_KEY", twice=True)
    assert [(step.id, step.depends_on) for step in plan.steps] == [
        ("one", ()), ("host-1", ("one",)), ("host-2", ("one",)), ("two", ("host-1", "host-2")), ("three", ("two",)),
    ]  # fmt: skip
    assert plan.steps[2].args == {
        "command": [
            "ask", "{{inputs.hosts.1.address}}:{{inputs.hosts.1.port}}", "{{inputs.words.0}}", "{{inputs.words.1}}",
            "{{secrets.API_KEY}}",
        ],
        "env": {"KEY": "key={{secrets.API_KEY}}"},
    }  # fmt: skip
    assert plan.steps[2].verifiers[0].config["value"] == "{{steps.host-2.outputs.exitCode}}"
    assert plan.steps[4].rollback is not None
    assert plan.inputs["hosts"] == [{"address": "a", "port": 80}, {"address": "b", "port": 1}]
    assert [step.title for step in plan.steps[1:3]] == ["Ask a", "Ask b"]


def test_what_depends_on_a_step_that_is_left_out_waits_for_what_that_waited_for() -> None:
    plan = terse()
    assert [(step.id, step.depends_on, step.rollback) for step in plan.steps] == [
        ("one", (), None), ("three", ("one",), None),
    ]  # fmt: skip
    assert plan.title == "For n: …"
    assert terse(hosts=[{"address": "a"}]).steps[1].args == {
        "command": [
            "ask",
            "{{inputs.hosts.0.address}}:{{inputs.hosts.0.port}}",
            "{{inputs.words.0}}",
            "{{inputs.words.1}}",
        ],
        "env": {},
    }


def test_titles_are_plain_text_on_one_line() -> None:
    title = terse(name="a\n{{secrets.X}} {{{inputs.name}}}").title
    assert title.startswith("For a { {secrets.X}} { { {inputs.name}}}: ")
    assert len(terse(name="x" * 500).title) == 200


@pytest.mark.parametrize("key", ["secret", "A-B", "A\n", "{{secrets.A}}", ""])
def test_a_secret_is_named_and_never_given(key: str) -> None:
    with pytest.raises(InputError, match="no name of a secret"):
        terse(hosts=[{"address": "a"}], key=key)


def test_parameters_become_inputs_with_defaults() -> None:
    plan = compile_template(DOC_TO_CODE, {"project": "shop"})
    assert plan.inputs == {"odoo_series": "18.0", "project": "shop", "targets": ["odoo"]}
    assert plan.created_at is None
    assert check_plan(plan) == []


def test_every_wrong_parameter_is_named() -> None:
    with pytest.raises(InputError) as caught:
        compile_template(DOC_TO_CODE, {"project": "No Slug", "targets": ["fax"], "colour": 1})
    message = str(caught.value)
    assert all(word in message for word in ("No Slug", "fax", "colour", "It takes: project, targets, odoo_series"))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (["project=a=b"], {"project": "a=b"}),
        (["targets=odoo"], {"targets": ["odoo"]}),
        (['targets=["odoo"]'], {"targets": ["odoo"]}),
        (["odoo_series=18.0"], {"odoo_series": "18.0"}),
    ],
)
def test_settings_have_the_type_of_the_schema(settings: list[str], expected: dict[str, Any]) -> None:
    assert parse_parameters(settings, DOC_TO_CODE.parameters) == expected


SCHEMA = {
    "properties": {"n": {"type": "integer"}, "o": {"type": ["object", "null"]}, "s": {"type": ["string", "null"]}}
}


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("n=3", 3),
        ("o=null", None),
        ('o={"a": [1]}', {"a": [1]}),
        ("s=null", "null"),
        ("s=@file", "text of file"),
        ("n=@3", 3),
        ("s=@@file", "@file"),
        ("x=@@", "@"),
        ("s={{secrets.X}}", "{{secrets.X}}"),
    ],
)
def test_settings_can_come_from_files(setting: str, expected: Any) -> None:
    found = parse_parameters([setting], SCHEMA, lambda name: "3" if name == "3" else f"text of {name}")
    assert list(found.values()) == [expected]


@pytest.mark.parametrize("setting", ["n=three", "o=[", "n="])
def test_a_setting_of_another_type_is_refused(setting: str) -> None:
    with pytest.raises(InputError, match="Write the value as JSON"):
        parse_parameters([setting], SCHEMA)


def test_a_setting_without_a_value_is_refused() -> None:
    with pytest.raises(InputError, match="NAME=VALUE"):
        parse_parameters(["project"], DOC_TO_CODE.parameters)


def test_the_schema_accepts_what_is_compiled() -> None:
    schema = plan_schema()
    Draft202012Validator.check_schema(schema)
    plan = compile_template(DOC_TO_CODE, {"project": "shop"}).model_dump(mode="json", by_alias=True)
    assert list(Draft202012Validator(schema).iter_errors(plan)) == []
    plan["steps"][0]["depends_on"] = []
    assert list(Draft202012Validator(schema).iter_errors(plan))
