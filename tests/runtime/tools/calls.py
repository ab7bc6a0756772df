"""Call a stock tool as a step does."""

from typing import Any

from opsroom_dagster.plans.model import Json
from opsroom_dagster.plans.tools import stock_tools
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.tools import call_tool


def call(context: StepContext, tool: str, **args: Any) -> Json:
    """The outputs of a stock tool."""
    return call_tool(stock_tools()[tool], args, context)
