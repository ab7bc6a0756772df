"""Systems outside that a document lists under "Integrations", "External interfaces" or in a table of them."""

import re
from collections.abc import Iterator

from opsroom_dagster.requirements.model import Fact, Integration
from opsroom_dagster.requirements.names import words_of
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules._named_parts import parts_under

RULE = "integrations"
_HEADING = re.compile(
    r"^\W*(?:\d+(?:\.\d+)*[.)]?\s*)?(?:(?:external|third[- ]party|system|software|required|key)\s+)*"
    r"(?:integrations?(?:\s+(?:points?|requirements?|boundaries|with other systems))?|"
    r"(?<=external )(?:systems|interfaces?|services|apis)|(?<=third-party )(?:systems|services|apis)|"
    r"(?<=third party )(?:systems|services|apis))(?:\s*\([^)]*\))?\W*$|"
    r"^\W*(?:[\d.]+\s*)?(?:外部(?:接口|系统|連携)|集成)\W*$",
    re.IGNORECASE,
)
_COLUMN = re.compile(
    r"^(?:integration|external (?:system|service|api)|third[- ]party (?:system|service)|connector)s?$", re.I
)
_NONE = re.compile(
    r"^(?:odoo|file ?system|data ?base|user interface|hardware|none|n/?a|notes?|risks?|overview)$", re.IGNORECASE
)
_URL = re.compile(r"https?://[^\s)\"'>]{3,300}")


def find(reading: Reading) -> Iterator[Fact]:
    """Integrations with the first address that their text states."""
    for part in parts_under(reading, _HEADING, _COLUMN):
        if not 1 <= len(words_of(part.name)) <= 6 or _NONE.match(part.name) or part.name.endswith((".", "?")):
            continue
        address = _URL.search(" ".join((part.text, *part.cells.values())))
        yield Integration(
            name=part.name,
            description=part.text or None,
            endpoint=address.group().rstrip(".,;") if address else part.cells.get("endpoint") or None,
            evidence=tuple(reading.evidence(block, RULE, 0.8, part.line) for block in part.blocks),
        )
