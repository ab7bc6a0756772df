"""Source files → blocks with exact places."""

from opsroom_dagster.documents.sources import SourceFile, read_sources

__all__ = ["SourceFile", "read_sources"]
