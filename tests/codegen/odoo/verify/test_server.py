"""Running Odoo: its log, its databases, and what becomes of a run that does not end."""

import time
import uuid
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL

from opsroom_dagster.codegen.odoo.verify import server as module
from opsroom_dagster.codegen.odoo.verify.server import RUN_PREFIX, TEMPLATE_PREFIX, OdooServer
from opsroom_dagster.errors import MissingToolError, OpsroomError
from tests.codegen.odoo.verify.pretended_odoo import log, noted, pretended_odoo, tell

TRACEBACK = ("Traceback (most recent call last):", '  File "x.py", line 1, in y', "ValueError: no")


@pytest.fixture
def text_url(server_url: URL) -> str:
    return server_url.render_as_string(hide_password=False)


def databases(url: str) -> set[str]:
    """Names of the databases that runs and templates have."""
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'opsroom\\_%'").fetchall()
    return {name for (name,) in rows if name.startswith((RUN_PREFIX, TEMPLATE_PREFIX))}


def alive(pid: int) -> bool:
    """It is there, and no corpse that waits for its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_lines_of_the_log_are_told_apart_from_what_follows_them(tmp_path: Path) -> None:
    says = ["noise before the first line", log("INFO", "odoo.modules.loading", "loading 1 modules..."),
            log("ERROR", "odoo.addons.x.tests.test_y", "ERROR: TestY.test_z"), *TRACEBACK,
            log("WARNING", "py.warnings", "x.py:1: DeprecationWarning: a: b"), "  old()"]  # fmt: skip
    server = pretended_odoo(tmp_path, says=says, status=3)

    status, lines = server.run("some", "--test-enable")

    assert status == 3
    assert [(line.level, line.logger) for line in lines] == [
        ("INFO", "odoo.modules.loading"),
        ("ERROR", "odoo.addons.x.tests.test_y"),
        ("WARNING", "py.warnings"),
    ]
    assert lines[1].text == "ERROR: TestY.test_z \n" + "\n".join(TRACEBACK)
    assert lines[2].text.endswith("a: b \n  old()")


def test_the_password_stands_in_no_argument_and_nothing_of_ours_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPSROOM_SECRET", "hidden")
    monkeypatch.setenv("PGPASSWORD", "hidden")
    server = pretended_odoo(tmp_path)

    server.run("some", "-i", "booking", addons=tmp_path)

    (run,) = noted(server)
    assert run["options"]["db_password"] == "secret%%", "a percent sign is doubled in the file"
    assert str(tmp_path) in run["options"]["addons_path"]
    assert run["options"]["http_interface"] == "127.0.0.1" and int(run["options"]["http_port"]) > 1023
    assert not any("secret" in argument for argument in run["arguments"])
    assert "secret" not in repr(server)
    assert {"OPSROOM_SECRET", "PGPASSWORD"}.isdisjoint(run["environment"])
    assert not Path(run["environment"]["HOME"]).exists(), "the folder of the run is gone"


def test_a_run_that_does_not_end_is_killed_with_all_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "INSTALL_SECONDS", 2)
    server = pretended_odoo(tmp_path, hangs=True)

    with pytest.raises(OpsroomError, match="did not end within 2 s"):
        server.run("some")

    (run,) = noted(server)
    deadline = time.monotonic() + 10
    while any(map(alive, (run["pid"], run["child"]))) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not alive(run["pid"]) and not alive(run["child"])


def test_the_version_is_what_the_program_says(tmp_path: Path) -> None:
    assert pretended_odoo(tmp_path).version == "Odoo Server 18.0-20250506"


@pytest.mark.parametrize("told", [{"version_status": 1}, {}])
def test_a_program_that_does_not_run_is_missing(told: dict[str, int], tmp_path: Path) -> None:
    server = pretended_odoo(tmp_path, **told)
    if not told:
        server = OdooServer(tmp_path / "gone", tmp_path / "no-python", server.database_url)

    with pytest.raises(MissingToolError, match="Set OPSROOM_ODOO_BIN"):
        _ = server.version


def test_dependencies_are_installed_once_and_copied_for_each_run(tmp_path: Path, text_url: str) -> None:
    server = pretended_odoo(tmp_path, text_url)
    before = databases(text_url)

    with server.database_with(["mail", "hr"]) as first, server.database_with(["hr", "mail"]) as second:
        assert first != second
        assert {first, second} <= databases(text_url)
    with server.database_with(["mail"]):
        pass

    assert [run["arguments"][-1] for run in noted(server)] == ["hr,mail", "mail"]
    made = databases(text_url) - before
    assert len(made) == 2 and all(name.startswith(TEMPLATE_PREFIX) for name in made), "no run left anything"


def test_another_program_gets_templates_of_its_own(tmp_path: Path, text_url: str) -> None:
    for name in ("one", "two"):
        server = pretended_odoo(tmp_path / name, text_url)
        with server.database_with(["mail"]):
            assert len(noted(server)) == 1


@pytest.mark.parametrize("told", [{"template": [log("ERROR", "odoo", "no such module")]}, {"template_status": 1}])
def test_dependencies_that_do_not_install_leave_no_template(
    told: dict[str, object], tmp_path: Path, text_url: str
) -> None:
    server = pretended_odoo(tmp_path, text_url, **told)
    before = databases(text_url)

    with pytest.raises(OpsroomError, match=r"cannot install mail: (no such module|exit status 1)"):
        server.database_with(["mail"]).__enter__()
    assert databases(text_url) == before

    tell(server.program)
    with server.database_with(["mail"]):
        assert len(noted(server)) == 2, "it is tried again"


def test_what_a_killed_run_left_is_dropped_and_what_is_in_use_stays(tmp_path: Path, text_url: str) -> None:
    left = f"{RUN_PREFIX}{uuid.uuid4().hex[:12]}"
    with psycopg.connect(text_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {left}")
    server = pretended_odoo(tmp_path, text_url)

    with server.database_with(["mail"]) as first, server.database_with(["mail"]) as second:
        found = databases(text_url)
    assert left not in found
    assert {first, second} <= found


def test_a_database_that_somebody_looks_into_is_dropped_all_the_same(tmp_path: Path, text_url: str) -> None:
    server = pretended_odoo(tmp_path, text_url)
    with server.database_with(["mail"]) as name:
        other = psycopg.connect(psycopg.conninfo.make_conninfo(text_url, dbname=name))
    assert name not in databases(text_url)
    with pytest.raises(psycopg.OperationalError):
        other.execute("SELECT 1")
    other.close()


def test_a_server_that_does_not_answer_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingToolError, match="Set OPSROOM_ODOO_DATABASE_URL"):
        pretended_odoo(tmp_path).database_with(["mail"]).__enter__()


def test_a_role_that_may_not_create_databases_is_told_so(tmp_path: Path, server_url: URL, text_url: str) -> None:
    role = f"weak_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(text_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'weak'")
    weak = server_url.set(username=role, password="weak", database="postgres").render_as_string(hide_password=False)

    with pytest.raises(MissingToolError, match="Give its role CREATEDB"):
        pretended_odoo(tmp_path, weak).database_with(["mail"]).__enter__()


def test_the_state_of_a_module_is_read_from_the_database(tmp_path: Path, text_url: str) -> None:
    server = pretended_odoo(tmp_path, text_url, state="to install")
    with server.database_with(["mail"]) as name:
        assert server.module_state(name, "booking") == "to install"
        assert server.module_state(name, "unheard_of") == ""
