"""A command ends and prints as expected. Run as a tool of kind ``shell`` runs it, on a copy of the step's folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from opsroom_dagster.apart import run_apart
from opsroom_dagster.apart.pattern import answer
from opsroom_dagster.plans.interpolate import references
from opsroom_dagster.plans.model import Json
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.model import Verdict
from opsroom_dagster.runtime.tools import shell
from opsroom_dagster.runtime.verifiers._arguments import arguments_schema, split_expect
from opsroom_dagster.runtime.verifiers._copy import on_a_copy
from opsroom_dagster.runtime.verifiers._expect import TEXTS, Differences, around, texts

CONFIG: Json = {
    "type": "object",
    "additionalProperties": False,
    "required": ["command"],
    "properties": {
        **arguments_schema(shell.ShellArguments, "allowedExitCodes"),
        "expect": {
            "description": "All of it must hold.",
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "exitCode": {
                    "description": "One of these; without it 0.",
                    "type": ["integer", "array"],
                    "minimum": 0,
                    "maximum": 255,
                    "minItems": 1,
                    "items": {"type": "integer", "minimum": 0, "maximum": 255},
                },
                "stdoutContains": {"description": "One text, or several that must all be there.", **TEXTS},
                "stdoutMatches": {
                    "description": "A regular expression that is found in the first 200,000 characters.",
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 1_000,
                },
            },
        },
    },
}
SEARCHED = 200_000
"""Characters of standard output that a regular expression is looked for in."""
_FOREVER = 1e9
_ANY_CODE = list(range(256))
_SHOWN = 300


def mistakes(config: Json) -> Iterator[tuple[str, str]]:
    """The regular expression is one."""
    expect = config.get("expect")
    pattern: Any = cast(Json, expect).get("stdoutMatches") if isinstance(expect, dict) else None
    if isinstance(pattern, str) and not any(references(pattern)):
        try:
            answer({"pattern": pattern, "text": ""})
        except ValueError as error:
            yield "/expect/stdoutMatches", str(error)


def judge(config: Json, context: StepContext) -> Verdict:
    """The command did what was expected; the evidence holds what it printed, and in which sandbox it ran."""
    arguments, expect = split_expect(config)
    with on_a_copy(context) as apart:
        outputs = shell.call({**arguments, "allowedExitCodes": _ANY_CODE}, apart)
        stdout, stderr = (_text(outputs[name], apart.output) for name in ("stdout", "stderr"))
    differences, parts = Differences(), texts(expect.get("stdoutContains", []))
    codes = expect.get("exitCode", 0)
    allowed: list[int] = [codes] if isinstance(codes, int) else codes
    told = f": {stderr.strip()[-_SHOWN:]}" if stderr.strip() else ""
    code = outputs["exitCode"]
    differences.expect(code in allowed, f"the exit code is {code}, not {' or '.join(map(str, allowed))}{told}")
    for part in parts:
        differences.expect(part in stdout, f"standard output does not contain {part!r}")
    found: Json = {"exitCode": code, "stdout": around(stdout, parts), "stderr": stderr}
    if "stdoutMatches" in expect:
        question = {"pattern": expect["stdoutMatches"], "text": stdout[:SEARCHED]}
        found["match"] = run_apart("pattern", question, context.remaining(_FOREVER))
        differences.expect(found["match"] is not None, f"standard output does not match {expect['stdoutMatches']!r}")
    return differences.verdict(
        f"{_name(arguments)} ended with {code}, as expected",
        looked_at=arguments["command"],
        expected={"exitCode": 0, **expect},
        found=found,
        sandbox=outputs["sandbox"],
    )


def _text(stream: str | Json, folder: Path) -> str:
    """What was printed; when it is long, it was put into a file."""
    return stream if isinstance(stream, str) else (folder / stream["file"]).read_text("utf-8", "replace")


def _name(arguments: Json) -> str:
    return str(arguments["command"][0])
