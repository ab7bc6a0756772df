"""The documentation tells the truth: commands and options exist, links lead somewhere, examples run."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from opsroom_dagster.cli.main import app, register_commands
from opsroom_dagster.requirements.reading import Reading
from tests.requirements.reading_text import documents

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), ROOT / "benchmarks" / "README.md"])
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_COMMAND = re.compile(r"^(?:\$ )?(?:\.venv/bin/)?opsroom ([^\n|]*)", re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?://|#)([^)\s]+)\)")


@pytest.fixture(scope="module")
def commands() -> Any:
    """The command line, as the library under typer sees it: a tree with ``commands`` and ``params``."""
    if not app.registered_commands:
        register_commands()
    return typer.main.get_command(app)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_lead_to_files(page: Path) -> None:
    missing = [link for link in _LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_commands_and_options_exist(page: Path, commands: Any) -> None:
    text = page.read_text(encoding="utf-8")
    code = "\n".join([*(body for *_, body in _FENCE.findall(text)), *_INLINE.findall(_FENCE.sub("", text))])
    wrong = [fault for line in _COMMAND.findall(code) for fault in _faults(line, commands)]
    assert wrong == []


def _faults(line: str, group: Any) -> Iterator[str]:
    """What the words of a command line name that is not there. Words in capitals and what follows ``…`` are free."""
    try:
        words = shlex.split(line.partition("#")[0].replace("…", " … "))
    except ValueError:  # an apostrophe of running text
        return
    command = group
    for word in words:
        if word.rstrip(",.;:") in getattr(command, "commands", {}):
            command = command.commands[word.rstrip(",.;:")]
        elif hasattr(command, "commands"):
            if command is group and re.fullmatch(r"[a-z-]+", word):
                yield f"opsroom {line}: there is no command {word!r}"
            return
        elif word.startswith("--"):
            known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
            if word.rstrip(",.;:") not in {*known, "--help"}:
                yield f"opsroom {line}: there is no option {word}"


def test_the_example_of_a_rule_runs() -> None:
    text = (ROOT / "docs" / "writing-a-rule.md").read_text(encoding="utf-8")
    (source,) = (body for _, language, body in _FENCE.findall(text) if language == "python")
    rule = ModuleType("rooms")
    exec(re.sub(r"^   ", "", source, flags=re.MULTILINE), vars(rule))

    found = list(rule.find(Reading(documents("# House\n\n## Rooms\n\n- Room: Blue Salon (12 seats)\n- Room: none\n"))))

    assert [(screen.name, screen.description) for screen in found] == [("Blue Salon", "12 seats")]


def test_settings_are_documented() -> None:
    from opsroom_dagster.settings import Settings

    text = (ROOT / "docs" / "contracts.md").read_text(encoding="utf-8")
    names = {str(field.validation_alias or f"OPSROOM_{name.upper()}") for name, field in Settings.model_fields.items()}
    assert {name for name in names if name not in text} == set()
