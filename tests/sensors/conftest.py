"""Rooms whose environment is put back after each test."""

from collections.abc import Callable, Generator
from contextlib import ExitStack

import pytest

from opsroom_dagster.settings import Settings
from tests.sensors.room import Room, open_room


@pytest.fixture
def make_room(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Generator[Callable[[str], Room]]:
    """Opens the room of a sensor on the test's home; every call is a restart of the daemon."""
    assert settings.database_url is not None
    # What open_instance sets in this process is undone after the test.
    for name in ("DAGSTER_HOME", "OPSROOM_HOME", "OPSROOM_INBOX", "OPSROOM_DAGSTER_DATABASE_URL"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("OPSROOM_DATABASE_URL", settings.database_url.get_secret_value())
    with ExitStack() as stack:
        yield lambda sensor: stack.enter_context(open_room(settings, sensor))
