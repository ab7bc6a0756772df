"""The templates deploy, rollback, healthcheck and incident, carried out against a service on this machine."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from opsroom_dagster.plans.compile import compile_template
from opsroom_dagster.plans.model import Plan
from opsroom_dagster.plans.skill_steps import skill_plan
from opsroom_dagster.plans.skills import stock_skills
from opsroom_dagster.plans.templates import load_template
from opsroom_dagster.plans.tools import stock_tools
from tests.plans.carried_out import carry_out
from tests.plans.control import Service, running


@pytest.fixture
def service() -> Generator[Service]:
    with running(Service(bad=("6.6",))) as found:
        yield found


def compiled(template: str, service: Service, **parameters: Any) -> Plan:
    common = {"health_url": service.health, "health_within_ms": 1500, "allow_private": True}
    return compile_template(load_template(template), {**common, **parameters})


def deploy(service: Service, version: str, **parameters: Any) -> Plan:
    more = {"application": "shop", "version": version, "control_url": service.control, "approval": False}
    return compiled("deploy", service, **{**more, **parameters})


def test_a_good_version_is_deployed_and_proved(service: Service, tmp_path: Path) -> None:
    outcome = carry_out(deploy(service, "1.1", health_contains='"1.1"'), tmp_path)
    assert outcome.failed is None, outcome.error
    assert service.version == "1.1"
    assert outcome.outputs["previous"]["json"] == {"version": "1.0"}
    assert outcome.proved["confirm"] == ["version_in_service", "healthy"]
    assert outcome.outputs["record"]["facts"]["version"] == "1.1"


def test_a_bad_version_is_taken_back_and_the_old_one_proved(service: Service, tmp_path: Path) -> None:
    outcome = carry_out(deploy(service, "6.6"), tmp_path)
    assert (outcome.failed, outcome.undone) == ("confirm", ["switch"])
    assert "503" in outcome.error
    assert service.told == ["6.6", "1.0"]
    assert outcome.proved["undo-switch"] == ["version_back", "healthy_again"]


def test_the_control_is_told_who_asks(service: Service, tmp_path: Path) -> None:
    service.token = "s3cret-t0ken"
    secrets = {"DEPLOY_TOKEN": service.token}
    plan = deploy(service, "1.1", control_token="DEPLOY_TOKEN")
    assert service.token not in plan.model_dump_json()
    assert carry_out(plan, tmp_path / "a", secrets).failed is None
    refused = carry_out(deploy(service, "1.2"), tmp_path / "b")
    assert refused.failed == "previous"
    assert service.version == "1.1"


def test_an_artifact_is_fetched_and_compared(service: Service, tmp_path: Path) -> None:
    import hashlib

    data = b'{"service": "shop", "version": "1.0"}'
    digest = hashlib.sha256(data).hexdigest()
    good = deploy(service, "1.1", artifact_url=service.health, artifact_sha256=digest)
    assert carry_out(good, tmp_path / "a").proved["fetch"] == ["curl_there", "digest"]
    wrong = deploy(service, "1.2", artifact_url=service.health, artifact_sha256="0" * 64)
    outcome = carry_out(wrong, tmp_path / "b")
    assert outcome.failed == "fetch"
    assert service.version == "1.1"


def test_commands_can_be_the_control(service: Service, tmp_path: Path) -> None:
    current = ["python3", "-c", "import json,sys,urllib.request as u; "
               "print(json.load(u.urlopen(sys.argv[1]))['version'])", service.control]  # fmt: skip
    switch = ["python3", "-c", "import json,sys,urllib.request as u; "
              "u.urlopen(u.Request(sys.argv[1], json.dumps({'version': sys.argv[2]}).encode(), method='PUT'))",
              service.control]  # fmt: skip
    commands = {"current_command": current, "switch_command": switch, "application": "shop", "approval": False}
    good = carry_out(compiled("deploy", service, version="1.1", **commands), tmp_path / "a")
    assert good.failed is None, good.error
    bad = carry_out(compiled("deploy", service, version="6.6", **commands), tmp_path / "b")
    assert (bad.failed, bad.undone) == ("confirm", ["switch"])
    assert service.told == ["1.1", "6.6", "1.1"]
    assert bad.proved["undo-switch"] == ["version_back", "healthy_again"]


def test_a_service_goes_back_to_a_named_version(service: Service, tmp_path: Path) -> None:
    service.version = "6.6"
    parameters = {"application": "shop", "reason": "it is ill", "control_url": service.control}
    outcome = carry_out(compiled("rollback", service, version="1.0", **parameters), tmp_path / "a")
    assert outcome.failed is None, outcome.error
    assert outcome.outputs["record"]["facts"] == {
        "application": "shop", "environment": "staging", "from": "6.6", "to": "1.0", "reason": "it is ill",
    }  # fmt: skip
    same = carry_out(compiled("rollback", service, version="1.0", **parameters), tmp_path / "b")
    assert same.failed == "present"
    worse = carry_out(compiled("rollback", service, version="6.6", **parameters), tmp_path / "c")
    assert (worse.failed, worse.undone, service.version) == ("confirm", ["switch"], "1.0")


def test_healthy_things_are_healthy(service: Service, tmp_path: Path) -> None:
    plan = compile_template(
        load_template("healthcheck"),
        {
            "name": "shop",
            "http": [{"url": service.health, "contains": ["shop"], "values": {"version": "1.0"}}],
            "commands": [{"command": ["true"]}, {"command": ["sh", "-c", "exit 3"], "exit_codes": [3]}],
            "allow_private": True,
        },
    )
    assert all(step.depends_on == () for step in plan.steps)
    outcome = carry_out(plan, tmp_path)
    assert outcome.failed is None, outcome.error
    assert outcome.proved == {"http-1": ["answers"], "command-1": ["succeeded"], "command-2": ["succeeded"]}


@pytest.mark.parametrize(
    ("probe", "step"),
    [
        ({"http": [{"values": {"version": "2.0"}}]}, "http-1"),
        ({"http": [{"contains": ["another shop"]}]}, "http-1"),
        ({"http": [{"status": 204}]}, "http-1"),
        ({"commands": [{"command": ["false"]}]}, "command-1"),
    ],
)
def test_ill_things_are_not(service: Service, tmp_path: Path, probe: dict[str, Any], step: str) -> None:
    for one in probe.get("http", []):
        one["url"] = service.health
    plan = compile_template(load_template("healthcheck"), {"name": "shop", "allow_private": True, **probe})
    assert carry_out(plan, tmp_path).failed == step


def test_an_incident_keeps_facts_even_of_what_fails(service: Service, tmp_path: Path) -> None:
    def incident(**parameters: Any) -> Plan:
        facts = [{"title": "disk", "command": ["df", "-h", "/"]}, {"title": "gone", "command": ["false"]}]
        more = {"incident": "INC-1", "summary": "slow", "facts": facts, "mitigation": ["true"]}
        return compiled("incident", service, **{**more, **parameters})

    outcome = carry_out(incident(), tmp_path / "a")
    assert outcome.failed is None, outcome.error
    assert "Filesystem" in outcome.outputs["fact-1"]["stdout"]
    assert "[exit status 1]" in outcome.outputs["fact-2"]["stdout"]
    service.version = "6.6"
    ill = carry_out(incident(undo=["true"]), tmp_path / "b")
    assert (ill.failed, ill.undone) == ("recovered", ["mitigate"])


def test_the_mitigation_finds_its_token(service: Service, tmp_path: Path) -> None:
    plan = compiled(
        "incident", service, incident="INC-1", summary="s", facts=[{"title": "t", "command": ["true"]}], token="KEY",
        mitigation=["sh", "-c", 'test "$TOKEN" = "open sesame"'],
    )  # fmt: skip
    assert carry_out(plan, tmp_path, {"KEY": "open sesame"}).failed is None


def test_the_skill_deploys_and_takes_back(service: Service, tmp_path: Path) -> None:
    inputs = {
        "application": "shop", "environment": "staging", "control_url": service.control, "health_url": service.health,
        "health_within_ms": 1500, "allow_private": True,
    }  # fmt: skip
    skill = stock_skills()["infra_deploy"]
    good = carry_out(skill_plan(skill, {**inputs, "version": "1.1"}, tools=stock_tools()), tmp_path / "a")
    assert good.failed is None, good.error
    assert "outputs-of-infra_deploy" in good.proved["confirm"]
    bad = carry_out(skill_plan(skill, {**inputs, "version": "6.6"}, tools=stock_tools()), tmp_path / "b")
    assert (bad.failed, bad.undone, service.version) == ("confirm", ["switch"], "1.1")


def test_a_running_application_is_judged(service: Service, tmp_path: Path) -> None:
    inputs = {
        "url": service.health, "contains": "shop", "environment": "ci", "allow_private": True,
        "test": ["sh", "-c", 'echo "tested $APP_URL"'],
    }  # fmt: skip
    skill = stock_skills()["eval_qa"]
    good = carry_out(skill_plan(skill, inputs, tools=stock_tools()), tmp_path / "a")
    assert good.failed is None, good.error
    assert good.outputs["tests"]["stdout"] == f"tested {service.health}\n"
    pictured = carry_out(skill_plan(skill, {**inputs, "screens": [service.url]}, tools=stock_tools()), tmp_path / "b")
    assert pictured.failed == "screens"
    assert "pictures of web pages cannot be taken by this version" in pictured.error
