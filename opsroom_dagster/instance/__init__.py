"""The Dagster instance of a home: one configuration for the command line, the daemon, the UI and every step."""

from opsroom_dagster.instance.folder import apply_environment, environment, open_instance, prepare

__all__ = ["apply_environment", "environment", "open_instance", "prepare"]
