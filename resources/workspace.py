"""What assets and sensors need of the world: settings and the database, as one injectable resource."""

import dagster as dg

from opsroom_dagster.project import Project
from opsroom_dagster.settings import Settings
from opsroom_dagster.store.database import Database, open_database
from opsroom_dagster.store.projects import get_project


class Workspace(dg.ConfigurableResource[None]):
    """``OPSROOM_*`` settings and what hangs on them. The database is opened on first use."""

    _database: Database | None = None

    @property
    def settings(self) -> Settings:
        """Read anew for each run: the environment is the configuration."""
        return Settings()

    @property
    def database(self) -> Database:
        """The product's tables; starts the embedded server when nothing else is configured."""
        if self._database is None:
            self._database = open_database(self.settings)
        return self._database

    def project(self, slug: str) -> Project:
        """The project of a partition.

        Raises:
            InputError: no such project is registered.
        """
        return get_project(self.database, slug)

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:  # noqa: ARG002
        """Give the connections back after a run or a tick: the server would run out of them."""
        if self._database is not None:
            self._database.close()
            self._database = None
