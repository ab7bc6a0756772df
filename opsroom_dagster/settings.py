"""All settings, read from ``OPSROOM_*`` environment variables; nothing else in the product reads the environment."""

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from opsroom_dagster.home import Home

OdooSeries = Literal["18.0", "19.0"]


class Settings(BaseSettings):
    """One field a variable: ``home`` is ``OPSROOM_HOME``."""

    model_config = SettingsConfigDict(env_prefix="OPSROOM_", frozen=True, extra="ignore")

    home_path: Path = Field(default=Path(".opsroom"), validation_alias="OPSROOM_HOME")
    """Where artifacts, keys, the local forge and the embedded database live."""
    database_url: SecretStr | None = None
    """``postgresql://…`` of a server to use instead of the embedded one."""
    inbox: Path | None = None
    """Folder that the sensor watches; default ``OPSROOM_HOME/inbox``."""
    max_document_bytes: int = Field(default=20_000_000, gt=0)
    """Larger documents are refused."""
    odoo_bin: Path | None = None
    """``odoo-bin`` of an Odoo Community of the generated series; turns the real install check on."""
    odoo_python: Path | None = None
    """The Python that runs ``odoo_bin``; default: the interpreter beside it, else ``python3``."""
    odoo_database_url: SecretStr | None = None
    """Postgres for the install check (its role needs CREATEDB); default: the product's own server."""
    odoo_author: str = "Odoo Community Association (OCA)"
    """Author in generated manifests, required by pylint-odoo."""
    sandbox: Literal["bubblewrap", "off"] = "bubblewrap"
    """What commands of plans run in; ``off``: nothing keeps them from this machine, and every proof says so."""
    ui_port: int = Field(default=3000, ge=1, le=65535)

    @cached_property
    def home(self) -> Home:
        """The folders under ``OPSROOM_HOME``."""
        return Home(self.home_path.expanduser().absolute())

    @property
    def inbox_path(self) -> Path:
        """The watched folder."""
        return (self.inbox or self.home.root / "inbox").expanduser().absolute()
