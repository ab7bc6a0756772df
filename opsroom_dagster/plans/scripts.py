"""Values that would become code: interpolations inside a script of a shell or inside an SQL statement."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from opsroom_dagster.plans.interpolate import is_reference
from opsroom_dagster.plans.model import Tool
from opsroom_dagster.plans.problems import Problem
from opsroom_dagster.plans.raw import Raw, Steps, a_text, an_object, calls, verifier_groups


@dataclass(frozen=True)
class _Interpreter:
    """A program that reads the value of some of its options as code.

    Attributes:
        option: those options.
        valued: other options that take a value, after which code may still come: ``bash -o pipefail -c …``.
        first: its first argument is code, too.
    """

    name: re.Pattern[str]
    option: re.Pattern[str]
    valued: tuple[str, ...] = ()
    first: bool = False


_INTERPRETERS = (
    _Interpreter(re.compile(r"(?:ba|da|z|k|mk|a|fi)?sh"), re.compile(r"-[A-Za-z]*c|--command"), ("-o", "+o", "-O")),
    _Interpreter(re.compile(r"python[\d.]*"), re.compile(r"-[A-Za-z]*c"), ("-W", "-X")),
    _Interpreter(re.compile(r"psql"), re.compile(r"-[A-Za-z]*c|--command"), ("-d", "-h", "-p", "-U", "-v")),
    _Interpreter(re.compile(r"perl|ruby|node|lua|php"), re.compile(r"-[A-Za-z]*[eEpr]|--eval|--print"), ("-I", "-M")),
    _Interpreter(re.compile(r"mysql|mariadb"), re.compile(r"-[A-Za-z]*e|--execute"), ("-h", "-P", "-u", "-D")),
    _Interpreter(re.compile(r"sed|[gmn]?awk"), re.compile(r"-[A-Za-z]*e|--(?:expression|source)"), ("-F", "-v"), True),
)


def script_problems(steps: Steps, tools: Mapping[str, Tool]) -> Iterator[Problem]:
    """Each place where a value would be read as code. Values belong into arguments and bound parameters."""
    for index, step in steps:
        name = a_text(step.get("id")) or None
        for kind, config, place in _configs(step, tools):
            for below, message in _mistakes(kind, config):
                yield Problem(f"/steps/{index}{place}{below}", message, name)


def _configs(step: Raw, tools: Mapping[str, Tool]) -> Iterator[tuple[str, Raw, str]]:
    for tool, args, place in calls(step):
        if tool in tools:
            yield tools[tool].kind, args, place
    for group, place in verifier_groups(step):
        for number, verifier in enumerate(group):
            yield a_text(verifier.get("kind")), an_object(verifier.get("config")), f"{place}/{number}/config"


def _mistakes(kind: str, config: Raw) -> Iterator[tuple[str, str]]:
    if kind == "shell":
        command = config.get("command")
        for number in _scripts(cast(list[Any], command) if isinstance(command, list | tuple) else []):
            yield (
                f"/command/{number}",
                "a value would become part of a script; pass it as an argument after the script ($1, $2, …)",
            )
    statement = a_text(config.get("statement"))
    if kind == "sql" and "{{" in statement and not is_reference(statement):
        yield "/statement", "a value would become part of the statement; pass it in parameters (%s)"


def _scripts(command: list[Any]) -> Iterator[int]:
    """Places of scripts inside a command that hold an interpolation."""
    words = [a_text(word) for word in command]
    for number, word in enumerate(words):
        program = word.rpartition("/")[2]
        found = next((interpreter for interpreter in _INTERPRETERS if interpreter.name.fullmatch(program)), None)
        if found is not None:
            yield from (place for place in _code(words, number + 1, found) if "{{" in words[place])


def _code(words: list[str], start: int, interpreter: _Interpreter) -> Iterator[int]:
    """Places of the code among the arguments of a program: what follows its own options is data of the script."""
    place = start
    while place < len(words):
        word = words[place]
        if interpreter.option.fullmatch(word):
            yield from range(place + 1, min(place + 2, len(words)))
            return
        if interpreter.option.fullmatch(word.partition("=")[0]):
            yield place
            return
        if not word.startswith(("-", "+")):
            if interpreter.first:
                yield place
            return
        place += 2 if word in interpreter.valued else 1
