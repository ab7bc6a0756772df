"""Small diagrams as SVG: the Dagster UI shows data images, but neither Mermaid nor HTML."""

from opsroom_dagster.diagrams.layered import layered_svg
from opsroom_dagster.diagrams.uri import data_uri, picture

__all__ = ["data_uri", "layered_svg", "picture"]
