"""The stock tools: one YAML file each, registered by being in this folder (``git_status.yaml`` is ``git-status``).

A tool is one of a kind that ``runtime.tools`` can call. Its input schema may fix an argument (``const``) or give it a
``default``: a narrow tool is safer to allow than its whole kind.
"""

from functools import cache
from pathlib import Path

from opsroom_dagster.plans.model import Tool

FOLDER = Path(__file__).parent


@cache
def stock_tools() -> dict[str, Tool]:
    """The tools that come with the product, by id, in the order of their ids."""
    return {tool.id: tool for tool in map(_load, sorted(FOLDER.glob("*.yaml")))}


def _load(path: Path) -> Tool:
    import yaml

    # libyaml is ten times faster; wheels without it exist.
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    return Tool(id=path.stem.replace("_", "-"), **content)
