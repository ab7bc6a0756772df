"""Brace blocks in code or text: ``Tenant { id, name, plan: enum(free, paid) }``."""

import re
from collections.abc import Iterator

from opsroom_dagster.requirements.model import Entity, Fact
from opsroom_dagster.requirements.names import entity_name, label_of
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules._code import at_offset
from opsroom_dagster.requirements.rules._lists import fields_in

RULE = "brace_blocks"
_BLOCK = re.compile(r"(?:^|[\s`*-])([A-Z][A-Za-z]{2,40})\s*\{([^{}=;@]+)\}")
_KEYWORD = re.compile(
    r"\b(?:interface|class|type|model|enum|struct|import|export|function|return|const)\b[^{]*$|erDiagram", re.MULTILINE
)


def find(reading: Reading) -> Iterator[Fact]:
    """An entity a block of at least two names; blocks of programming languages belong to other rules."""
    for block in reading.blocks:
        if block.kind not in ("code", "paragraph", "list_item") or "erDiagram" in block.text:
            continue
        for match in _BLOCK.finditer(block.text):
            line = block.text[block.text.rfind("\n", 0, match.start(1)) + 1 : match.start(1)]
            if _KEYWORD.search(line):
                continue
            sure = 0.9 if block.kind == "code" else 0.8
            in_code = block.kind == "code"
            evidence = (
                at_offset(reading, block, RULE, sure, match.start(2))
                if in_code
                else reading.evidence(block, RULE, sure)
            )
            fields = tuple(fields_in(re.sub(r"[,\s]*\n\s*", ", ", match.group(2)).strip(" ,"), evidence))
            if len(fields) > 1:
                name = match.group(1)
                yield Entity(name=entity_name(name), label=label_of(name), fields=fields, evidence=(evidence,))
