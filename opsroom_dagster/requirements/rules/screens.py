"""Pages and forms that a document lists under "Screens", "Pages", "Views" or in a table of them."""

import re
from collections.abc import Iterator

from opsroom_dagster.requirements.model import Fact, Screen
from opsroom_dagster.requirements.names import words_of
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules._named_parts import parts_under

RULE = "screens"
_HEADING = re.compile(
    r"^\W*(?:\d+(?:\.\d+)*[.)]?\s*)?(?:(?:key|main|core|ui|user interface|app|application|web|list of)\s+)*"
    r"(?:screens?|pages|views|surfaces|forms|screen (?:list|inventory|descriptions)|wireframes)(?:\s+(?:and|&)\s+"
    r"(?:pages|views|forms|navigation))?(?:\s*\([^)]*\))?\W*$|^\W*(?:[\d.]+\s*)?(?:画面一覧|页面(?:列表|设计)?|界面列表|pantallas|écrans)\W*$",
    re.IGNORECASE,
)
_COLUMN = re.compile(r"^(?:screen|page|view|surface|form)(?:\s+name)?$|^画面(?:名)?$|^页面$", re.IGNORECASE)
_ACTIONS = re.compile(r"(?:^|\n)\W*(?:actions?|buttons?)\s*[:：]\s*([^\n]{2,300})", re.IGNORECASE)


def find(reading: Reading) -> Iterator[Fact]:
    """Screens with their actions; the merge finds the entity that a name speaks of."""
    for part in parts_under(reading, _HEADING, _COLUMN):
        if not 1 <= len(words_of(part.name)) <= 6 or part.name.endswith((".", "?")):
            continue
        stated = _ACTIONS.search(part.text)
        actions = part.cells.get("actions") or part.cells.get("buttons") or (stated.group(1) if stated else "")
        yield Screen(
            name=part.name,
            description=part.text or None,
            entity=part.cells.get("entity") or None,
            actions=tuple(a.strip(" .") for a in re.split(r"\s*[,;/]\s*|\s+and\s+", actions) if a.strip(" .")),
            evidence=tuple(reading.evidence(block, RULE, 0.8, part.line) for block in part.blocks),
        )
