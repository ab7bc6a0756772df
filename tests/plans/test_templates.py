"""Templates and what is made from them."""

from typing import Any

import pytest

from opsroom_dagster.errors import InputError
from opsroom_dagster.plans.check import check_plan
from opsroom_dagster.plans.compile import compile_template, parse_parameters
from opsroom_dagster.plans.schema import plan_schema
from opsroom_dagster.plans.templates import doc_to_code_steps, load_template, template_names

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


@pytest.mark.parametrize("slug", template_names())
def test_every_template_loads(slug: str) -> None:
    assert load_template(slug).steps


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


def test_a_setting_without_a_value_is_refused() -> None:
    with pytest.raises(InputError, match="NAME=VALUE"):
        parse_parameters(["project"], DOC_TO_CODE.parameters)


def test_the_schema_accepts_what_is_compiled() -> None:
    from jsonschema import Draft202012Validator

    schema = plan_schema()
    Draft202012Validator.check_schema(schema)
    plan = compile_template(DOC_TO_CODE, {"project": "shop"}).model_dump(mode="json", by_alias=True)
    assert list(Draft202012Validator(schema).iter_errors(plan)) == []
    plan["steps"][0]["depends_on"] = []
    assert list(Draft202012Validator(schema).iter_errors(plan))
