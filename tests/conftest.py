"""A home, settings and a database of one's own for each test, on one server for all of them."""

import shutil
import tempfile
import uuid
from collections.abc import Callable, Generator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL

from opsroom_dagster.home import Home
from opsroom_dagster.postgres import ensure_running, status, stop
from opsroom_dagster.settings import Settings
from opsroom_dagster.store.database import Database, open_database


@pytest.fixture(scope="session")
def make_server_home() -> Generator[Callable[[], Home]]:
    """Homes for tests that start a server of their own; at the end each is stopped and removed.

    They lie outside of ``tmp_path``: as root, pytest closes that folder to the account that runs the server,
    which would then keep its data under /var/lib.
    """
    homes: list[Home] = []

    def make() -> Home:
        folder = Path(tempfile.mkdtemp(prefix="opsroom-test-"))
        folder.chmod(0o755)
        homes.append(Home(folder / "home"))
        return homes[-1]

    yield make
    for home in homes:
        stop(home)
        data = status(home).data
        if data is not None and not data.is_relative_to(home.root):
            shutil.rmtree(data.parent)
        shutil.rmtree(home.root.parent)


@pytest.fixture
def server_home(make_server_home: Callable[[], Home]) -> Home:
    """A home whose embedded server no other test uses; nothing is started yet."""
    return make_server_home()


@pytest.fixture(scope="session")
def server_url(make_server_home: Callable[[], Home]) -> URL:
    """An embedded server that tests share; each takes a database of its own in it."""
    return ensure_running(make_server_home())


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A fresh OPSROOM_HOME; nothing is in it."""
    return Home(tmp_path / "home")


@pytest.fixture
def settings(home: Home, server_url: URL) -> Generator[Settings]:
    """Settings with the fresh home and an empty database."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    server = server_url.render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    url = server_url.set(database=name).render_as_string(hide_password=False)
    yield Settings(OPSROOM_HOME=home.root, database_url=url)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(settings: Settings) -> Generator[Database]:
    """The migrated database of ``settings``."""
    opened = open_database(settings)
    yield opened
    opened.close()
