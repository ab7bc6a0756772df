"""``opsroom plan``: templates, skills and tools by name, plans compiled, checked and shown."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from opsroom_dagster.plans.templates import template_names
from tests.plans.parameters import GOOD
from tests.plans.test_skills import INPUTS

OPSROOM = str(Path(sys.executable).with_name("opsroom"))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([OPSROOM, "plan", *arguments], capture_output=True, text=True, check=False, timeout=120)


def settings(parameters: dict[str, Any]) -> list[str]:
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}
    return [part for name, text in texts.items() for part in ("--set", f"{name}={text}")]


@pytest.mark.parametrize("slug", template_names())
def test_every_template_is_compiled_checked_and_shown(slug: str, tmp_path: Path) -> None:
    file = str(tmp_path / "plan.json")
    done = run("compile", "--template", slug, *settings(GOOD[slug][0]), "-o", file, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["steps"] > 0
    checked = run("check", file, "--json")
    assert json.loads(checked.stdout)["ok"], checked.stdout
    page = tmp_path / "plan.html"
    assert run("show", file, "--html", str(page)).returncode == 0
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_the_graph_is_shown_by_level(tmp_path: Path) -> None:
    file = str(tmp_path / "plan.json")
    run("compile", "--template", "schema-sync", *settings(GOOD["schema-sync"][0]), "-o", file)
    shown = run("show", file).stdout
    assert "2 in parallel" in shown
    assert "┌─────" in shown
    assert "undo" not in shown
    assert run("show", file, "--mermaid").stdout.startswith("flowchart LR")


def test_a_parameter_comes_from_a_file(tmp_path: Path) -> None:
    sql = tmp_path / "0001.sql"
    sql.write_text("CREATE TABLE x ();\n", encoding="utf-8")
    parameters = {name: value for name, value in GOOD["schema-sync"][0].items() if name != "migration"}
    done = run("compile", "--template", "schema-sync", *settings(parameters), "--set", f"migration=@{sql}")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["inputs"]["migration"] == "CREATE TABLE x ();\n"
    missing = run("compile", "--template", "schema-sync", *settings(parameters), "--set", "migration=@/nowhere.sql")
    assert missing.returncode == 2
    assert "/nowhere.sql: there is no such file" in missing.stderr


def test_every_wrong_parameter_is_named_with_status_2() -> None:
    done = run("compile", "--template", "deploy", "--set", "version=-1", "--set", "colour=red")
    assert done.returncode == 2
    assert all(word in done.stderr for word in ("'-1'", "colour", "application", "health_url", "It takes: application"))


def test_a_skill_is_compiled_alone() -> None:
    done = run("compile", "--skill", "odoo_addon", "--set", "sources=/a,/b")
    assert done.returncode == 2
    assert "'project' is a required property" in done.stderr
    done = run("compile", "--skill", "odoo_addon", "--set", "project=shop", "--set", "sources=/a,/b")
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert plan["metadata"]["source"] == "skill:odoo_addon"
    assert plan["inputs"]["sources"] == ["/a", "/b"]
    assert run("compile", "--skill", "fly").returncode == 2


@pytest.mark.parametrize(
    ("what", "names"),
    [
        ("templates", set(template_names())),
        ("skills", set(INPUTS)),
        ("tools", {"shell", "http", "sql"}),
    ],
)
def test_what_there_is_is_listed(what: str, names: set[str]) -> None:
    listed = json.loads(run(what, "--json").stdout)[what]
    assert names <= {entry["id"] for entry in listed}
    assert all(entry["description"] and entry["parameters"]["type"] == "object" for entry in listed)
    shown = run(what).stdout
    assert all(name in shown for name in names)


def test_a_plan_that_names_unknown_things_is_told_what_there_is(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(
        "id: p\nkind: k\ntitle: t\nmetadata: {source: me}\nsteps:\n"
        "- {id: a, idx: 0, title: a, kind: tool, tool: telnet, action: call}\n"
        "- {id: b, idx: 1, title: b, kind: skill, skill: fly, action: run}\n"
        "- {id: c, idx: 2, title: c, kind: tool, tool: http, action: call, args: {uri: x}, dependsOn: [c]}\n",
        encoding="utf-8",
    )
    done = run("check", str(file), "--json")
    assert done.returncode == 1
    messages = {problem["place"]: problem["message"] for problem in json.loads(done.stdout)["problems"]}
    assert "known: git-status, http, http-get, shell, sql" in messages["/steps/0/tool"]
    assert "known: db_migration, doc_to_code" in messages["/steps/1/skill"]
    assert messages["/steps/2/dependsOn"] == "the steps depend on each other: c → c"
    assert "/steps/2/args" in messages


def test_no_command_loads_what_only_another_one_needs() -> None:
    code = (
        "import sys; from opsroom_dagster.cli import plan; "
        "heavy = {'jinja2', 'yaml', 'jsonschema', 'sqlglot', 'dagster', 'pydantic'}; "
        "print(sorted(heavy & {module.partition('.')[0] for module in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"
