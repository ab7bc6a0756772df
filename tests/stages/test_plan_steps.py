"""Functions that steps of runbooks call: facts, migrations, databases, whole projects, and what is missing."""

import json
from pathlib import Path
from typing import Any

import pytest

from opsroom_dagster.errors import InputError, StepError, VerificationError
from opsroom_dagster.plans.model import Step
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.settings import Settings
from opsroom_dagster.stages import database_document, facts, migration, needed, project_build


def context(folder: Path, settings: Settings | None = None, **args: Any) -> StepContext:
    used = settings or Settings(OPSROOM_HOME=folder / "home")  # pyright: ignore[reportCallIssue]
    output = folder / "step"
    output.mkdir(exist_ok=True)
    return StepContext(
        step=Step(id="s", idx=0, title="s", kind="system", action="x", args=args), settings=used, home=used.home,
        output=output, run_id="run", log=lambda _: None, scope={"inputs": {"x": ["a"]}, "steps": {}},
    )  # fmt: skip


def test_facts_are_kept_as_they_are(tmp_path: Path) -> None:
    found = facts.run(context(tmp_path, a=1, b={"c": [None]}))
    assert found == {"facts": {"a": 1, "b": {"c": [None]}}}
    assert json.loads((tmp_path / "step/facts.json").read_text("utf-8")) == found["facts"]


@pytest.mark.parametrize(
    ("sql", "destructive"),
    [
        ("drop table a;", ["line 1: DROP TABLE A"]),
        ("create table a (); truncate a", ["line 1: TRUNCATE A"]),
        ("\ndelete from a where x", ["line 2: DELETE FROM A WHERE X"]),
        ("alter table a rename to b", ["line 1: ALTER TABLE A RENAME TO B"]),
        ("alter table a alter x type int", ["line 1: ALTER TABLE A ALTER X TYPE INT"]),
        ("alter table a drop x", ["line 1: ALTER TABLE A DROP X"]),
        ("alter table a alter x drop not null, alter y drop default", []),
        ("alter type t add value 'drop'", []),
        ("create table a (x int references b on delete cascade)", []),
        ("-- drop table a\n/* truncate a */ select 1", []),
        ("select 'drop table a', \"drop\", E'it\\'s; drop'", []),
        ("create function f() returns int as $x$ begin; drop table a; end $x$ language plpgsql", []),
        ("insert into a values (1); update a set x = 2", []),
    ],
)
def test_destructive_statements_are_found(tmp_path: Path, sql: str, destructive: list[str]) -> None:
    found = migration.lint(context(tmp_path, sql=sql))
    assert found["destructive"] == destructive
    assert found["transaction"] == found["commands"] == []


@pytest.mark.parametrize("sql", ["BEGIN", "select 1; commit", "End;", "create index concurrently i on a (x)", "VACUUM"])
def test_what_leaves_the_transaction_is_found(tmp_path: Path, sql: str) -> None:
    assert len(migration.lint(context(tmp_path, sql=sql))["transaction"]) == 1
    assert len(migration.lint(context(tmp_path, sql="select 1", undo=sql))["transaction"]) == 1


@pytest.mark.parametrize("sql", ["\\! id", "select 1\n\\gexec", "copy a from program 'id'"])
def test_commands_are_found(tmp_path: Path, sql: str) -> None:
    assert len(migration.lint(context(tmp_path, sql=sql))["commands"]) == 1


def test_what_is_no_sql_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StepError, match="is no SQL"):
        migration.lint(context(tmp_path, sql="select 'never closed"))
    assert migration.lint(context(tmp_path, sql=" ;; -- nothing"))["statements"] == 0


def test_a_database_becomes_a_document_that_is_read_back(tmp_path: Path) -> None:
    columns = [
        {"table": "tool_loan", "column": "id", "type": "bigint", "required": True, "references": None},
        {"table": "tool_loan", "column": "borrower_id", "type": "bigint", "required": False, "references": "borrower"},
        {"table": "borrower", "column": "name | ## x", "type": "varchar(20)", "required": True, "references": None},
    ]  # fmt: skip
    found = database_document.run(context(tmp_path, title="Loans\n# x", columns=columns))
    assert found["tables"] == found["entities"] == ["Borrower", "ToolLoan"]
    assert found["document"].splitlines()[0] == "# Loans # x"
    assert "| borrower_id | reference to Borrower | no |" in found["document"]
    assert (tmp_path / "step/data-model.md").read_text("utf-8") == found["document"]


@pytest.mark.parametrize(
    ("precondition", "args", "status", "words"),
    [
        (needed.mcp, {"servers": []}, "passed", "no MCP server"),
        (needed.mcp, {"servers": "{{inputs.x}}"}, "failed", "MCP servers cannot be asked by this version"),
        (needed.screenshots, {"screens": []}, "passed", "no picture"),
        (
            needed.screenshots,
            {"screens": ["http://x"]},
            "failed",
            "pictures of web pages cannot be taken by this version",
        ),
        (needed.targets, {"targets": ["odoo"]}, "passed", "odoo can be generated"),
        (
            needed.targets,
            {"targets": ["odoo", "fax"]},
            "failed",
            "fax cannot be generated by this version; the targets",
        ),
        (needed.platform, {"platform": "postgres"}, "passed", "postgres can be migrated"),
        (needed.platform, {"platform": "supabase"}, "failed", "supabase cannot be migrated by this version"),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, precondition: Any, args: Any, status: str, words: str) -> None:
    verdict = precondition(context(tmp_path, **args))
    assert verdict.status == status
    assert words in verdict.summary


KENNEL = (
    "# Kennel\n\n## Data model\n\n### Dog\n\n| Field | Type | Required |\n| --- | --- | --- |\n"
    "| name | string | yes |\n| born | date | no |\n"
)


def test_a_project_is_built_as_far_as_a_stage(tmp_path: Path, settings: Settings) -> None:
    source = tmp_path / "kennel.md"
    source.write_text(KENNEL, encoding="utf-8")
    args = {"project": "kennel", "sources": [str(source)], "targets": ["odoo"], "odoo_series": "18.0"}
    found = project_build.run(context(tmp_path, settings, until="spec_bundle", **args))
    assert list(found["digests"]) == ["document", "requirements", "spec_bundle"]
    assert (Path(found["folder"]) / "specs/kennel/spec.md").is_file()
    assert found["pullRequest"] is None
    assert {check["status"] for check in found["checks"] if check["blocking"]} == {"passed"}
    again = project_build.run(context(tmp_path, settings, until="spec_bundle", **args))
    assert again == found


@pytest.mark.parametrize("change", [{"sources": ["relative.md"]}, {"sources": ["/nowhere.md"]}, {"until": "release"}])
def test_what_cannot_be_built_is_refused(tmp_path: Path, settings: Settings, change: dict[str, Any]) -> None:
    source = tmp_path / "kennel.md"
    source.write_text(KENNEL, encoding="utf-8")
    args = {"project": "kennel", "sources": [str(source)], "targets": ["odoo"], "odoo_series": "18.0", **change}
    with pytest.raises(InputError):
        project_build.run(context(tmp_path, settings, **args))


def test_a_check_that_stops_the_build_is_named(tmp_path: Path, settings: Settings) -> None:
    source = tmp_path / "letter.md"
    source.write_text("# A letter\n\nDear Ada, all is well.\n", encoding="utf-8")
    args = {"project": "letter", "sources": [str(source)], "targets": ["odoo"], "odoo_series": "18.0"}
    with pytest.raises(VerificationError, match="has_entities"):
        project_build.run(context(tmp_path, settings, until="change_set", **args))
