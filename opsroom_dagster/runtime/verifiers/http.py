"""A web service answers as expected. Asked as a tool of kind ``http`` asks: redirects and private addresses are off."""

from importlib.metadata import version

from opsroom_dagster.errors import StepError
from opsroom_dagster.plans.model import Json
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.fetch import Answer
from opsroom_dagster.runtime.model import Verdict
from opsroom_dagster.runtime.verifiers import _documents
from opsroom_dagster.runtime.verifiers._arguments import split_expect
from opsroom_dagster.runtime.verifiers._expect import ABSENT, TEXTS, Differences, around, at, texts
from opsroom_dagster.runtime.verifiers._http import ARGUMENTS, ask, text_of

_SUCCESS = "200 to 299"
CONFIG: Json = {
    "type": "object",
    "additionalProperties": False,
    "required": ["url"],
    "properties": {
        **ARGUMENTS,
        "expect": {
            "description": "All of it must hold.",
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "status": {
                    "description": "One of these; without it any from 200 to 299.",
                    "type": ["integer", "array"],
                    "minimum": 100,
                    "maximum": 599,
                    "minItems": 1,
                    "items": {"type": "integer", "minimum": 100, "maximum": 599},
                },
                "bodyContains": {"description": "One text, or several that must all be there.", **TEXTS},
                "jsonPath": {
                    "description": "Dotted path into the JSON body (`items.0.name`) → the value there.",
                    "type": "object",
                    "minProperties": 1,
                },
                "header": {
                    "description": "Name, in any case → value.",
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": {"type": "string"},
                },
            },
        },
    },
}


def judge(config: Json, context: StepContext) -> Verdict:
    """The answer fits; the evidence holds what was expected and found."""
    arguments, expect = split_expect(config)
    name, answer = ask(arguments, context)
    differences, found = _compared(expect, answer)
    return differences.verdict(
        f"{name} answered {answer.status}, as expected",
        looked_at=name,
        expected={"status": _SUCCESS, **expect},
        found=found,
        tool=f"httpx {version('httpx')}",
    )


def _compared(expect: Json, answer: Answer) -> tuple[Differences, Json]:
    differences, body, parts = Differences(), text_of(answer), texts(expect.get("bodyContains", []))
    status = expect.get("status", _SUCCESS)
    allowed: list[int] = (
        list(range(200, 300)) if status == _SUCCESS else [status] if isinstance(status, int) else status
    )
    differences.expect(answer.status in allowed, f"the status is {answer.status}, not {_among(status)}")
    headers = {name: answer.headers.get(name.lower(), ABSENT) for name in ("content-type", *expect.get("header", {}))}
    for header, wanted in expect.get("header", {}).items():
        differences.equal(f"the header {header}", wanted, headers[header])
    for part in parts:
        differences.expect(part in body, f"the body does not contain {part!r}")
    found: Json = {"status": answer.status, "header": headers, "body": around(body, parts)}
    if "jsonPath" in expect:
        found["jsonPath"] = _values(list(expect["jsonPath"]), answer)
        for path, wanted in expect["jsonPath"].items():
            differences.equal(f"the body at {path}", wanted, found["jsonPath"][path])
    return differences, found


def _values(paths: list[str], answer: Answer) -> Json:
    try:
        document = _documents.parse(answer.body, "the body")
    except StepError:
        return dict.fromkeys(paths, "(no JSON)")
    return {path: at(document, path) for path in paths}


def _among(status: str | int | list[int]) -> str:
    return " or ".join(map(str, status)) if isinstance(status, list) else str(status)
