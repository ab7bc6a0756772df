"""Code blocks and the place of each of their lines."""

from collections.abc import Iterator

from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.model import Evidence
from opsroom_dagster.requirements.reading import Reading


def code_blocks(reading: Reading) -> Iterator[Block]:
    """All code blocks, whatever language they claim: the content decides."""
    return (block for block in reading.blocks if block.kind == "code")


def at_offset(reading: Reading, block: Block, rule: str, confidence: float, offset: int) -> Evidence:
    """Evidence at the line of a character of the code; fenced code starts one line below its fence."""
    fenced = block.location.line_end - block.location.line_start + 1 > block.text.count("\n") + 1
    line = block.location.line_start + int(fenced) + block.text.count("\n", 0, offset)
    return reading.evidence(block, rule, confidence, min(line, block.location.line_end))
