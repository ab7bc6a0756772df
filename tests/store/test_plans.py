"""Plans: one row a content, pinned, approved."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from opsroom_dagster.digests import digest_bytes
from opsroom_dagster.errors import ConflictError, InputError, OpsroomError
from opsroom_dagster.plans.file import plan_bytes
from opsroom_dagster.store.catalog import Pins, pinned
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.plans import (
    approve_plan,
    get_plan,
    list_plans,
    plan_of,
    quarantine_plan,
    register_plan,
)
from tests.store.samples import BASH, CURL, plan, skill, step

CALL = step("call", kind="tool", tool="curl")


def test_a_plan_comes_back_under_the_digest_of_its_file(database: Database) -> None:
    given = plan(inputs={"size": 1e22, "list": [1.0, None, "ü"]})

    digest = register_plan(database, given, by="ann", approved=False)

    stored = get_plan(database, digest)
    assert digest == digest_bytes(plan_bytes(given))
    assert plan_of(stored) == given
    assert (stored.state, stored.created_by, stored.approved_by, stored.pins) == ("draft", "ann", None, Pins())


def test_the_same_plan_twice_is_one_row(database: Database) -> None:
    digest = register_plan(database, plan(), by="ann", approved=True)
    before = get_plan(database, digest)

    assert register_plan(database, plan(), by="bob", approved=False) == digest
    assert list_plans(database) == [before]


def test_pins_reach_through_skills_and_rollbacks(database: Database) -> None:
    undo = {"action": "undo", "tool": "bash"}
    inner = skill("inner", step("deep", kind="tool", tool="curl"))
    outer = skill("outer", step("in", kind="skill", skill="inner"), step("again", kind="skill", skill="outer"))
    given = plan("p", step("one", kind="skill", skill="outer", rollback=undo))
    tools = {"curl": CURL, "bash": BASH, "unused": CURL.model_copy(update={"id": "unused"})}

    digest = register_plan(
        database, given, by="ann", approved=True, tools=tools, skills={"inner": inner, "outer": outer}
    )

    catalog = pinned(database, get_plan(database, digest).pins)
    assert catalog.tools == {"curl": CURL, "bash": BASH}
    assert catalog.skills == {"inner": inner, "outer": outer}


def test_a_tool_that_only_a_skills_list_names_is_pinned_too(database: Database) -> None:
    given = plan("p", step("one", kind="skill", skill="s"))
    skills = {"s": skill("s", tools=("bash",))}

    digest = register_plan(database, given, by="ann", approved=True, tools={"bash": BASH}, skills=skills)

    assert list(get_plan(database, digest).pins.tools) == ["bash"]


def test_what_a_plan_names_must_exist(database: Database) -> None:
    with pytest.raises(InputError, match=r"tools that do not exist: curl\. There are: bash"):
        register_plan(database, plan("p", CALL), by="ann", approved=True, tools={"bash": BASH})
    with pytest.raises(InputError, match=r"a skill 's', which does not exist\. There are: none"):
        register_plan(database, plan("p", step("one", kind="skill", skill="s")), by="ann", approved=True)
    assert list_plans(database) == []


def test_an_approval_covers_the_versions_that_it_was_given_for(database: Database) -> None:
    newer = CURL.model_copy(update={"description": "Newer"})
    given = plan("p", CALL)
    digest = register_plan(database, given, by="ann", approved=True, tools={"curl": CURL})
    seen = get_plan(database, digest).pins

    register_plan(database, given, by="bob", approved=False, tools={"curl": newer})

    stored = get_plan(database, digest)
    assert (stored.state, stored.approved_by) == ("draft", None)
    assert pinned(database, stored.pins).tools == {"curl": newer}
    with pytest.raises(ConflictError, match="other versions"):
        approve_plan(database, digest, by="ann", pins=seen)
    assert get_plan(database, digest).state == "draft"
    assert approve_plan(database, digest, by="ann", pins=stored.pins).state == "approved"


def test_quarantine_ends_with_an_approval_only(database: Database) -> None:
    digest = register_plan(database, plan(), by="ann", approved=True)

    assert quarantine_plan(database, digest, "cannot\0 be built").reason == "cannot� be built"
    register_plan(database, plan(), by="ann", approved=True)
    assert [stored.digest for stored in list_plans(database, "quarantined")] == [digest]
    assert list_plans(database, "approved") == []
    released = approve_plan(database, digest, by="bob")
    assert (released.state, released.reason, released.approved_by) == ("approved", None, "bob")


def test_two_approvers_at_once_are_one_approval(database: Database) -> None:
    digest = register_plan(database, plan(), by="ann", approved=False)

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda n: approve_plan(database, digest, by=f"p{n}").approved_by, range(8)))

    assert seen == [get_plan(database, digest).approved_by] * 8


def test_many_at_once_register_one_row(database: Database) -> None:
    def register(number: int) -> str:
        tools = {"curl": CURL, "bash": BASH}
        steps = (CALL, step("run", kind="tool", tool="bash"))
        return register_plan(database, plan("p", *steps), by=f"p{number}", approved=True, tools=tools)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(register, range(16)))) == 1
    assert len(list_plans(database)) == 1


def test_an_unknown_digest_is_named(database: Database) -> None:
    for act in (
        lambda: get_plan(database, "sha256:x"),
        lambda: approve_plan(database, "sha256:x", by="ann"),
        lambda: quarantine_plan(database, "sha256:x", "bad"),
    ):
        with pytest.raises(InputError, match="no plan with the digest sha256:x"):
            act()


@pytest.mark.parametrize("inputs", [{"a": "\0"}, {"a": 2**60}])
def test_what_cannot_be_kept_is_refused(database: Database, inputs: dict[str, object]) -> None:
    with pytest.raises(InputError, match="the plan 'deploy'"):
        register_plan(database, plan(inputs=inputs), by="ann", approved=True)


def test_the_content_of_a_plan_never_changes(database: Database) -> None:
    digest = register_plan(database, plan(), by="ann", approved=True)
    for change in ("definition = '{}'", "digest = 'x'"):
        with pytest.raises(DBAPIError, match="named by its content"), database.begin() as connection:
            connection.execute(text(f"UPDATE plans SET {change}"))
    assert plan_of(get_plan(database, digest)) == plan()


def test_one_bad_row_hides_no_other(database: Database) -> None:
    good = register_plan(database, plan(), by="ann", approved=True)
    with database.begin() as connection:
        connection.execute(
            text(
                """INSERT INTO plans
                (digest, id, version, kind, title, definition, pins, state, created_by, approved_by)
                VALUES ('sha256:0', 'old', '1', 'x', 'Old', '{"id": "old"}', '{}', 'approved', 'ann', 'ann')"""
            )
        )

    plans = {stored.digest: stored for stored in list_plans(database, "approved")}

    assert plan_of(plans[good]) == plan()
    with pytest.raises(OpsroomError, match="not what was registered"):
        plan_of(plans["sha256:0"])
