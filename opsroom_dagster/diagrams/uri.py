"""SVG as a data URI, the one form of picture that the Dagster UI shows in Markdown."""

import base64


def data_uri(svg: str) -> str:
    """``data:image/svg+xml;base64,…``, for ``![title](…)``."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def picture(title: str, svg: str) -> str:
    """The SVG as an image in Markdown. ``title`` is a phrase of ours, without brackets."""
    return f"![{title}]({data_uri(svg)})"
