"""Plans as files, and the command that reads them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from opsroom_dagster.errors import InputError
from opsroom_dagster.plans.file import read_raw_plan

OPSROOM = str(Path(sys.executable).with_name("opsroom"))


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("p.json", b"{", "no JSON"),
        ("p.json", b"[]", "a plan is an object"),
        ("p.json", b"\xff", "not UTF-8"),
        ("p.json", b"[" * 200_000, "nested too deeply"),
        ("p.yaml", b"a: [", "no YAML"),
        ("p.yaml", b"a: &x [1]\nb: *x\n", "aliases"),
        ("p.yaml", b"a: !!python/object/apply:os.getcwd []\n", "no YAML"),
    ],
)
def test_what_is_no_plan_is_refused_with_its_reason(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=message):
        read_raw_plan(tmp_path / name)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([OPSROOM, "plan", *arguments], capture_output=True, text=True, check=False, timeout=120)


def test_a_plan_is_compiled_checked_and_shown(tmp_path: Path) -> None:
    file = str(tmp_path / "plan.json")
    done = run("compile", "--template", "doc-to-code", "--set", "project=shop", "-o", file, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["file"] == file
    assert run("check", file).returncode == 0
    assert "odoo_addon" in run("show", file).stdout
    assert run("show", "--mermaid", file).stdout.startswith("flowchart LR")


def test_a_broken_plan_ends_with_1_and_names_every_problem(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text("id: p\nsteps:\n- {id: a, dependsOn: [b]}\n- {id: a}\n", encoding="utf-8")
    done = run("check", str(file), "--json")
    assert done.returncode == 1
    places = [problem["place"] for problem in json.loads(done.stdout)["problems"]]
    assert {"/kind", "/metadata", "/steps/0/dependsOn/0", "/steps/0/idx", "/steps/1/id"} <= set(places)


def test_documents_become_a_plan_of_their_entities(tmp_path: Path) -> None:
    source = tmp_path / "kennel.md"
    source.write_text(
        "# Kennel\n\n## Data model\n\n### Dog\n\n| Field | Type | Required |\n| --- | --- | --- |\n"
        "| name | string | yes |\n| born | date | no |\n",
        encoding="utf-8",
    )
    done = run("compile", "--doc", str(source))
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert plan["inputs"]["project"] == "kennel"
    assert plan["expectedOutputs"]["models"] == ["Dog"]


@pytest.mark.parametrize("arguments", [(), ("--template", "a", "--spec", "b")])
def test_a_plan_comes_from_one_thing(arguments: tuple[str, ...]) -> None:
    done = run("compile", *arguments)
    assert done.returncode == 2
    assert "--template, --spec, --doc" in done.stderr
