"""The examples of the pages about plans, templates and skills do what the pages say."""

import re
from pathlib import Path

import pytest
import yaml

from opsroom_dagster.plans.check import check_plan
from opsroom_dagster.plans.compile import compile_template
from opsroom_dagster.plans.model import Plan
from opsroom_dagster.plans.skill_check import check_skill
from opsroom_dagster.plans.skill_steps import inline_skills, skill_plan
from opsroom_dagster.plans.skills import parse_skill, stock_skills
from opsroom_dagster.plans.templates import parse_template, template_names
from opsroom_dagster.plans.terse import complete
from opsroom_dagster.plans.tools import stock_tools
from tests.plans.carried_out import carry_out

DOCS = Path(__file__).parents[2] / "docs"
_FENCE = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def examples(page: str) -> list[str]:
    return _FENCE.findall((DOCS / page).read_text(encoding="utf-8"))


def test_the_plan_has_no_problem_and_does_what_it_says(tmp_path: Path) -> None:
    (text,) = examples("pulser-ir.md")
    raw = yaml.safe_load(text)
    assert check_plan(raw, stock_tools(), stock_skills()) == []
    outcome = carry_out(Plan.model_validate(raw), tmp_path)
    assert outcome.failed is None, outcome.error
    assert outcome.outputs["greet"]["stdout"] == "Hello Ada\nHello Ada\n"


def test_a_field_of_the_model_is_on_the_page() -> None:
    text = (DOCS / "pulser-ir.md").read_text(encoding="utf-8")
    fields = [field.alias or name for name, field in Plan.model_fields.items()]
    steps = Plan.model_json_schema()["$defs"]["Step"]["properties"]
    assert [name for name in (*fields, *steps) if f"`{name}`" not in text] == []


def test_the_template_compiles() -> None:
    template, _, _ = examples("writing-templates-and-skills.md")
    hosts = [{"address": "a.example.org"}, {"address": "b.example.org", "port": 8443}]
    parameters = {"service": "shop", "hosts": hosts, "options": ["--quick"], "token": "OPS_TOKEN"}
    plan = compile_template(parse_template(template), parameters)
    assert check_plan(plan, stock_tools()) == []
    assert [step.id for step in plan.steps] == ["approve", "restart-1", "restart-2"]
    assert plan.steps[1].args["command"] == [
        "restart-service", "{{inputs.options.0}}", "--", "{{inputs.service}}", "{{inputs.hosts.0.address}}",
    ]  # fmt: skip
    assert plan.steps[1].args["env"] == {"TOKEN": "{{secrets.OPS_TOKEN}}"}
    assert plan.steps[1].title == "Restart on a.example.org"
    quick = compile_template(parse_template(template), {"service": "shop", "hosts": hosts, "approval": False})
    assert [step.depends_on for step in quick.steps] == [(), ()]


def test_the_skill_runs_alone_and_in_a_plan(tmp_path: Path) -> None:
    _, skill, steps = examples("writing-templates-and-skills.md")
    skills = {"greet": parse_skill(skill, "greet")}
    assert check_skill(skills["greet"], stock_tools(), skills) == []
    alone = carry_out(skill_plan(skills["greet"], {"who": "Ada"}, tools=stock_tools()), tmp_path / "alone")
    assert alone.failed is None, alone.error
    raw = {
        "id": "p", "kind": "k", "title": "t", "inputs": {"name": "Grace"}, "metadata": {"source": "docs"},
        "steps": [complete(step, idx) for idx, step in enumerate(yaml.safe_load(steps))],
    }  # fmt: skip
    assert check_plan(raw, stock_tools(), skills) == []
    plan = inline_skills(Plan.model_validate(raw), skills, stock_tools())
    assert [step.id for step in plan.steps] == ["hello-ready", "hello-say", "after"]
    outcome = carry_out(plan, tmp_path / "plan")
    assert outcome.outputs["after"]["stdout"] == "Hello Grace\n\n"


@pytest.mark.parametrize("page", ["pulser-ir.md", "writing-templates-and-skills.md"])
def test_what_the_pages_name_exists(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    root = DOCS.parent
    for path in re.findall(r"`(opsroom_dagster/[\w/.]+)`", text):
        assert (root / path).exists(), path
    for name in re.findall(r"`template:([\w-]+)`", text):
        assert name in template_names()
