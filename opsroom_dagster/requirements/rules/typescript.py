"""TypeScript interfaces, object types and classes, and classes of C# and Java with typed members."""

import re
from collections.abc import Iterator

from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.model import Entity, Evidence, Fact, Field
from opsroom_dagster.requirements.names import entity_name
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules._code import at_offset, code_blocks
from opsroom_dagster.requirements.types import make_field

RULE = "typescript"
_OPEN = re.compile(
    r"^[ \t]*(?:export\s+)?(?:default\s+)?(?:public\s+|internal\s+|abstract\s+|sealed\s+|partial\s+|data\s+)*"
    r"(?:(?:interface|class|struct|record)\s+(?P<name>\w+)[^{;=\n]*\n?[ \t]*|type\s+(?P<alias>\w+)\s*=\s*)\{",
    re.MULTILINE,
)
_ALIAS = re.compile(
    r"^[ \t]*(?:export\s+)?(?:type\s+(\w+)\s*=\s*([^;{]*?\|[^;{]*?);|(?:const\s+)?enum\s+(\w+)\s*\{([^}]*)\})",
    re.MULTILINE,
)
_MEMBER = re.compile(
    r"^[ \t]*(?:(?:public|private|protected|readonly|static)\s+)*(\w+)(\?|!)?\s*:\s*([^;\n]+?)\s*[;,]?\s*(?://\s*(.*))?$"
)
_CSHARP = re.compile(
    r"^[ \t]*(?:\[[^\]]*\]\s*)*(?:(?:public|private|protected|internal|required|virtual|final|readonly)\s+"
    r")+([\w<>\[\].?]+)\s+(\w+)\s*(?:\{\s*get|;|=)(.*)$"
)
_CODE_WORDS = (
    "Props",
    "State",
    "Context",
    "Service",
    "Controller",
    "Repository",
    "Provider",
    "Options",
    "Store",
    "Response",
    "Request",
    "Dto",
    "DTO",
    "Input",
    "Payload",
    "Params",
    "Error",
    "Config",
    "Result",
)


def find(reading: Reading) -> Iterator[Fact]:
    """An entity a type with at least two data members; types of functions and components are left out."""
    enums = _enums(reading)
    for block in code_blocks(reading):
        for match in _OPEN.finditer(block.text):
            name = match.group("name") or match.group("alias")
            body = block.text[match.end() : _closing(block.text, match.end())]
            fields = _members(reading, block, match.end(), body, enums)
            if len(fields) > 1 and not name.endswith(_CODE_WORDS) and not _is_code(body):
                yield Entity(
                    name=entity_name(name),
                    label=name,
                    fields=tuple(fields),
                    evidence=(at_offset(reading, block, RULE, 0.93, match.end() - 1),),
                )


def _enums(reading: Reading) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for block in code_blocks(reading):
        for match in _ALIAS.finditer(block.text):
            if match.group(1):
                found[match.group(1)] = tuple(re.findall(r"['\"]([^'\"]+)['\"]", match.group(2)))
            else:
                members = re.findall(
                    r"(\w+)\s*(?:=\s*['\"]([^'\"]*)['\"])?\s*(?:=\s*\d+)?\s*(?:,|$|\n)", match.group(4)
                )
                found[match.group(3)] = tuple(value or name for name, value in members)
    return found


def _members(reading: Reading, block: Block, start: int, body: str, enums: dict[str, tuple[str, ...]]) -> list[Field]:
    fields: list[Field] = []
    offset, depth = start, 0
    for line in body.split("\n"):
        typed, sharp = _MEMBER.match(line), _CSHARP.match(line)
        if depth == 0 and (typed or sharp):
            evidence = at_offset(reading, block, RULE, 0.93, offset)
            name, kind, notes = (
                (sharp[2], sharp[1], "") if sharp else (typed[1], typed[3], typed[4] or "") if typed else ("", "", "")
            )
            field = None if "=>" in kind or "(" in kind.split("<")[0] else _field(name, kind, notes, evidence, enums)
            if field is not None:
                optional = kind.endswith("?") or (typed is not None and typed[2] == "?") or "null" in kind
                fields.append(field.model_copy(update={"required": not optional and sharp is None}))
        depth += line.count("{") - line.count("}") if not sharp else 0
        offset += len(line) + 1
    return fields


def _field(name: str, kind: str, notes: str, evidence: Evidence, enums: dict[str, tuple[str, ...]]) -> Field | None:

    bare = re.sub(r"\s*\|\s*(?:null|undefined)\b|\?$", "", kind).strip()
    # A JavaScript Date may hold a day or a moment: the name decides.
    field = make_field(name, evidence, "date or datetime" if bare == "Date" else bare)
    if field is None:
        return None
    update: dict[str, object] = {"help": notes.strip() or None}
    if enums.get(bare):
        update |= {"type": "selection", "values": enums[bare], "type_stated": True}
    elif not field.type_stated and re.fullmatch(r"[A-Z]\w+", bare) and bare not in ("Date", "Record", "Map"):
        update |= {"type": "reference", "target": entity_name(bare), "type_stated": True}
    return field.model_copy(update=update)


def _is_code(body: str) -> bool:
    """Mostly functions: an interface of behaviour, not a record."""
    lines = [line for line in body.split("\n") if line.strip() and not line.strip().startswith(("//", "*", "/*"))]
    calls = sum(bool(re.search(r"\w+\??\s*(?:<[^>]*>)?\([^)]*\)\s*[:{]|=>", line)) for line in lines)
    return calls * 2 >= len(lines) and calls > 0


def _closing(text: str, start: int) -> int:
    depth = 1
    for position in range(start, len(text)):
        depth += (text[position] == "{") - (text[position] == "}")
        if depth == 0:
            return position
    return len(text)
