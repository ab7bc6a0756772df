"""Tasks: Spec Kit's lines, and the forms that people write instead.

``- [ ] T001 [P] [US1] Do it in path (depends on T000)``; ids such as ``T1.1:``, ``RG-01:``, ``W5.1 —`` or ``1.1``;
check boxes without an id, nested ones too; ``✅`` lists; and headings ``### T-001 — Title`` with a ``Status:`` line.
Check boxes in code fences are examples, not tasks.
"""

import re
from dataclasses import dataclass, field

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.documents.model import Block
from opsroom_dagster.specs.model import SpecTask
from opsroom_dagster.specs.reading.page import Page
from opsroom_dagster.specs.task_ids import TaskIds
from opsroom_dagster.specs.text import unescaped

_ID = re.compile(
    r"(?:\*\*|`)?(?P<id>T\d{3,}|T-\d+|TASK-\d+|T?\d+(?:\.\d+)+|[A-Z]{1,8}\d*[-.]\d+(?:\.\d+)*(?=(?:\*\*|`)?\s*[:—–]))"
    r"(?:\*\*|`)?(?=[\s:—–-])\s*[:—–-]?\s*"
)
_MARKER = re.compile(r"\[(?P<marker>P|[A-Z]{1,12}-?\d[\w.-]*)\]\s*")
_HEADING_ID = re.compile(r"(?P<id>T\d{3,}|T-\d+|TASK-\d+)\s*[:—–-]\s+(?P<text>.+)")
_DEPENDS = re.compile(r"\s*(?<!\\)\((?:depends on|after|requires)[:\s]+(?P<ids>[^)]*)\)", re.IGNORECASE)
_DEPENDENCY = re.compile(r"\b(?:T-?\d{2,}|TASK-\d+|T?\d+\.\d+|[A-Z]{1,8}\d*[-.]\d+)\b")
_PATH = re.compile(r"`([\w.{},*<>-]*[/.][\w./{},*<>-]*)`|(?<![\w:/])((?:[\w.-]+/)+[\w.-]*\w)")
_STATUS = re.compile(
    r"(?:\*\*)?(?P<key>status|depends(?: on)?|dependencies)(?:\*\*)?\s*:\s*(?:\*\*)?\s*(?P<value>.+)", re.IGNORECASE
)
_SIGN = re.compile(r"(?P<sign>✅|☑️?|⏳|🔄|🚧|❌|⬜)\s*")
_DONE = {"done", "complete", "completed", "closed", "✅", "x"}


def read_tasks(page: Page) -> tuple[SpecTask, ...]:
    """All tasks of a file in order. An id that is used a second time is replaced by one made from the text."""
    reader = _Reader(page)
    for block in page.blocks:
        reader.take(block)
    return tuple(reader.tasks)


@dataclass
class _Reader:
    page: Page
    ids: TaskIds = field(default_factory=TaskIds)
    tasks: list[SpecTask] = field(default_factory=list[SpecTask])
    of_block: dict[str, int] = field(default_factory=dict[str, int])
    """Block id → position of the task that it is."""

    def take(self, block: Block) -> None:
        if block.kind == "heading":
            match = _HEADING_ID.match(plain(block.text))
            if match:
                self.add(block, f"{match['id']}: {match['text']}", done=False)
        elif block.kind == "list_item":
            sign = _SIGN.match(block.text)
            if block.checked is not None:
                self.add(block, block.text, done=block.checked)
            elif sign:
                self.add(block, block.text[sign.end() :], done=sign["sign"].startswith(("✅", "☑")))
            elif block.heading in self.of_block:
                self.detail(self.of_block[block.heading], block.text)

    def add(self, block: Block, written: str, *, done: bool) -> None:
        text = " ".join(written.split())
        phase = _phase(self.page.heading(block))
        identity, text = self._identity(text, phase)
        parallel, story, text = _markers(text)
        depends = tuple(name for match in _DEPENDS.finditer(text) for name in _DEPENDENCY.findall(match["ids"]))
        text = unescaped(_DEPENDS.sub("", text)).strip()
        path = _PATH.search(text)
        parent = block.parent if block.kind == "list_item" else None
        above = self.of_block.get(parent or "", self.of_block.get(block.heading or ""))
        self.of_block[block.id] = len(self.tasks)
        self.tasks.append(
            SpecTask(
                id=identity or self.ids.derive(f"{phase}\n{text}"),
                text=text,
                done=done,
                parallel=parallel,
                story=story,
                depends_on=depends,
                path=(path[1] or path[2]) if path else None,
                phase=phase,
                parent=None if above is None else self.tasks[above].id,
                line=block.location.line_start,
                derived=identity is None,
            )
        )

    def _identity(self, text: str, phase: str) -> tuple[str | None, str]:
        match = _ID.match(text)
        if match is None:
            return None, text
        rest = text[match.end() :]
        return (match["id"] if self.ids.claim(match["id"]) else None), rest or phase

    def detail(self, position: int, text: str) -> None:
        """A ``Status:`` or ``Depends on:`` line under a task that is a heading."""
        match = _STATUS.match(text)
        if match is None:
            return
        task, value = self.tasks[position], plain(match["value"])
        if match["key"].lower() == "status":
            first = value.split()[0].strip(".,;").lower() if value.split() else ""
            self.tasks[position] = task.model_copy(update={"done": first in _DONE})
        else:
            names = tuple(_DEPENDENCY.findall(value))
            self.tasks[position] = task.model_copy(update={"depends_on": (*task.depends_on, *names)})


def _markers(text: str) -> tuple[bool, str | None, str]:
    parallel, story = False, None
    while match := _MARKER.match(text):
        if match["marker"] == "P":
            parallel = True
        else:
            story = match["marker"]
        text = text[match.end() :]
    return parallel, story, text


def _phase(heading: str) -> str:
    return unescaped(re.sub(r"^\[[ xX]\]\s*", "", heading))
