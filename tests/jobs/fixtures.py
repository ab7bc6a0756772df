"""The house as a fixture, for every folder of tests that runs plans."""

from collections.abc import Generator
from pathlib import Path

import pytest
from sqlalchemy import URL

from opsroom_dagster.settings import Settings
from opsroom_dagster.store.database import Database
from tests.jobs.house import House, environment, open_house

Opened = tuple[Settings, Database]


@pytest.fixture(scope="session")
def opened(server_url: URL, tmp_path_factory: pytest.TempPathFactory) -> Generator[Opened]:
    """A home whose database has all tables."""
    with open_house(server_url, tmp_path_factory.mktemp("house")) as found:
        yield found


@pytest.fixture
def house(opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """The house; what the environment says of it, and what Dagster is told through it, ends with the test."""
    settings, database = opened
    env = environment(settings)
    for name in ("DAGSTER_HOME", "OPSROOM_INBOX", "OPSROOM_DAGSTER_DATABASE_URL"):
        monkeypatch.setenv(name, "")
    for name, value in env.items():
        if name.startswith("OPSROOM_"):
            monkeypatch.setenv(name, value)
    return House(settings, database, tmp_path, env)
