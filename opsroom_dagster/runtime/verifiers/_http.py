"""Ask a web service exactly as a tool of kind ``http`` does, and hear all of its answer, whatever its status."""

from opsroom_dagster.plans.model import Json
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.fetch import Answer, fetch
from opsroom_dagster.runtime.tools._arguments import parsed
from opsroom_dagster.runtime.tools.http import HttpArguments, request_of
from opsroom_dagster.runtime.verifiers._arguments import arguments_schema

ARGUMENTS: Json = arguments_schema(HttpArguments, "expectStatus")
"""JSON Schemas of what a request is made of, by name."""


def ask(args: Json, context: StepContext) -> tuple[str, Answer]:
    """Method and URL as they may be shown, and the answer; for the errors see ``runtime.fetch``."""
    request = request_of(parsed(HttpArguments, args))
    return request.name, fetch(request, context)


def text_of(answer: Answer) -> str:
    """The body as a text; what is none is replaced."""
    try:
        return answer.body.decode(answer.charset or "utf-8", "replace")
    except LookupError:
        return answer.body.decode("utf-8", "replace")
