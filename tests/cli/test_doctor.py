"""``opsroom doctor`` as a process: what it finds, and how it ends."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

OPSROOM = str(Path(sys.executable).with_name("opsroom"))


def doctor(home: Path, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    kept = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8"}
    command = [OPSROOM, "doctor", "--home", str(home), *arguments]
    return subprocess.run(command, env={**kept, **env}, capture_output=True, text=True, timeout=120, check=False)


def parts(done: "subprocess.CompletedProcess[str]") -> dict[str, dict[str, Any]]:
    return {part["name"]: part for part in json.loads(done.stdout)["parts"]}


def program(folder: Path, name: str, output: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{output}'\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_this_machine_can_run_the_product(tmp_path: Path) -> None:
    done = doctor(tmp_path / "home", "--json")

    assert done.returncode == 0, done.stdout
    found = parts(done)
    assert json.loads(done.stdout)["ok"] is True
    assert {name for name, part in found.items() if part["required"]} == {"python", "git", "postgres", "home"}
    assert all(part["how"] for part in found.values() if part["status"] != "ok"), "what lacks can be got"
    assert not (tmp_path / "home").exists(), "it only looks"


def test_people_read_a_table(tmp_path: Path) -> None:
    done = doctor(tmp_path / "home")

    assert done.returncode == 0
    assert "postgres" in done.stdout
    assert "OPSROOM_ODOO_BIN" in done.stdout


def test_a_missing_git_is_required_and_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = doctor(tmp_path / "home", "--json", PATH=str(tmp_path / "empty"))

    assert done.returncode == 3
    assert parts(done)["git"]["status"] == "missing"
    assert "install git" in parts(done)["git"]["how"]


def test_a_git_without_merge_tree_is_too_old(tmp_path: Path) -> None:
    program(tmp_path / "bin", "git", "git version 2.30.2")
    done = doctor(tmp_path / "home", "--json", PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}")

    assert done.returncode == 3
    assert parts(done)["git"]["status"] == "problem"
    assert "2.38" in parts(done)["git"]["how"]


def test_a_home_that_is_a_file_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = doctor(tmp_path / "file" / "home", "--json")

    assert done.returncode == 3
    assert parts(done)["home"]["status"] == "problem"


@pytest.mark.parametrize(("exists", "status"), [(True, "ok"), (False, "problem")])
def test_a_configured_odoo_is_asked_for_its_version(exists: bool, status: str, tmp_path: Path) -> None:
    odoo = tmp_path / "odoo-bin"
    if exists:
        odoo.write_text("print('Odoo Server 18.0')\n", encoding="utf-8")
    done = doctor(tmp_path / "home", "--json", OPSROOM_ODOO_BIN=str(odoo), OPSROOM_ODOO_PYTHON=sys.executable)

    assert done.returncode == 0, "Odoo is optional"
    assert parts(done)["odoo"]["status"] == status
    assert ("Odoo Server 18.0" in parts(done)["odoo"]["found"]) == exists


def test_a_sandbox_that_does_not_work_is_a_problem(tmp_path: Path) -> None:
    program(tmp_path / "bin", "bwrap", "bubblewrap 0.8.0'; [ $1 = --version ] || exit 1; echo '")
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    done = doctor(tmp_path / "home", "--json", PATH=path)

    assert done.returncode == 0, "it is optional"
    found = parts(done)["bubblewrap"]
    assert (found["status"], "user namespaces" in found["how"]) == ("problem", True), found
    found = parts(doctor(tmp_path / "home", "--json", PATH=path, OPSROOM_SANDBOX="off"))["bubblewrap"]
    assert "OPSROOM_SANDBOX=off" in found["found"]
