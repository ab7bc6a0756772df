"""One name, one project."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from opsroom_dagster.errors import ConflictError, InputError
from opsroom_dagster.project import Project
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.projects import get_project, list_projects, register_inbox_project, register_project

SHOP = Project(slug="shop", sources=("/docs/shop.md", "/docs/more"))


def test_what_is_registered_comes_back(database: Database) -> None:
    register_project(database, SHOP)
    register_project(database, Project(slug="a-first", sources=("/a",), origin="inbox"))

    assert get_project(database, "shop") == SHOP
    assert [project.slug for project in list_projects(database)] == ["a-first", "shop"]


def test_the_same_sources_in_another_order_are_the_same_project(database: Database) -> None:
    register_project(database, SHOP)
    changed = SHOP.model_copy(update={"sources": tuple(reversed(SHOP.sources)), "odoo_series": "19.0"})

    assert register_project(database, changed) == changed
    assert get_project(database, "shop") == changed


@pytest.mark.parametrize("sources", [("/other.md",), ("/docs/shop.md",), (*SHOP.sources, "/third.md")])
def test_other_sources_under_the_same_name_are_a_conflict(database: Database, sources: tuple[str, ...]) -> None:
    register_project(database, SHOP)
    other = SHOP.model_copy(update={"sources": sources})

    with pytest.raises(ConflictError, match=r"--project.*--replace") as caught:
        register_project(database, other)

    assert "/docs/shop.md, /docs/more" in str(caught.value)
    assert sources[-1] in str(caught.value)
    assert get_project(database, "shop") == SHOP
    register_project(database, other, replace=True)
    assert get_project(database, "shop") == other


def test_a_project_of_the_inbox_follows_its_folder(database: Database) -> None:
    register_inbox_project(database, "shop", "/inbox/Shop")

    assert register_inbox_project(database, "shop", "/inbox/shop").sources == ("/inbox/shop",)
    assert get_project(database, "shop").origin == "inbox"


def test_a_build_of_the_inboxs_own_folder_leaves_it_to_the_inbox(database: Database) -> None:
    register_inbox_project(database, "shop", "/inbox/Shop")
    register_project(database, Project(slug="shop", sources=("/inbox/Shop",), odoo_series="19.0"))

    moved = register_inbox_project(database, "shop", "/inbox/shop")
    assert (moved.sources, moved.odoo_series) == (("/inbox/shop",), "19.0")


def test_a_project_of_the_command_line_is_not_taken_over_by_the_inbox(database: Database) -> None:
    register_project(database, SHOP)

    with pytest.raises(ConflictError, match="/inbox/shop"):
        register_inbox_project(database, "shop", "/inbox/shop")
    assert get_project(database, "shop") == SHOP


def test_two_at_once_cannot_both_have_the_name(database: Database) -> None:
    def register(number: int) -> bool:
        try:
            register_project(database, Project(slug="shop", sources=(f"/{number}.md",)))
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(register, range(4))) == [False, False, False, True]


def test_an_unknown_project_lists_the_known_ones(database: Database) -> None:
    register_project(database, SHOP)

    with pytest.raises(InputError, match=r"no project 'sho'.*shop"):
        get_project(database, "sho")
