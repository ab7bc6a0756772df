"""Plans are run in a house that the tests share."""

from tests.jobs.fixtures import house, opened

__all__ = ["house", "opened"]
