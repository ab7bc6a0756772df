"""Statements: the ids that documents give them, what kind they are, and how testable criteria are written."""

import re
from collections.abc import Iterable, Iterator

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.model import AcceptanceCriterion, Evidence, RequirementKind
from opsroom_dagster.requirements.reading import Reading

LONGEST = 4000
"""Characters of a block that are read as one statement; hostile input is longer."""

ID = r"[A-Z][A-Z0-9]{0,11}(?:[-_.][A-Z][A-Z0-9]{0,11}){0,3}[-_. ]?\d{1,4}(?:\.\d{1,3}){0,2}[a-z]?"
_LED = re.compile(
    rf"^\s*(?:\[[ xX]\]\s*)?(?P<open>\*\*|__|`)?\s*\[?(?P<id>{ID})\]?(?![\w-])\s*(?:\((?P<note>[^()]{{0,80}})\))?\s*"
    r"(?P<close>\*\*|__|`)?(?P<rest>.*)$",
    re.DOTALL,
)
_FAMILY = re.compile(
    r"^(?:FR|NFR|REQ|RQ|BR|SR|UR|TR|SC|AC|FUNC|SYS|SRS|PRD|SPEC|RULE|CON|F|R|NF|QA|PERF|SEC|USAB|SYSREQ)(?=[-_. \d])|"
    r"(?:^|[-_.])(?:REQ|FR|NFR)(?=[-_. \d])"
)
_OTHER = re.compile(
    r"^(?:T|P|V|M|W|WS|D|Q|OQ|CHK|TC|TS|ADR|RFC|ISO|UTF|SHA|MD|AES|TLS|HTTP|RISK|EPIC|EP|PHASE|STEP|US|UC|ST|STORY|KE|"
    r"FIG|TBL|TASK|BUG|G|GOAL|A|ASM|ASSUMPTION|DEP|H|S|X|JIRA|CVE|PO|SO|ODOO|Q[1-4]|EN|IEC|RULE)(?=[-_. ]?\d)"
)
_NON_FUNCTIONAL = re.compile(
    r"non[-_ ]?functional|quality attribute|\bnfrs?\b|performance|usability|reliability|availability|scalability|"
    r"maintainability|accessibility requirements|security requirements|success (?:criteria|metrics)|"
    r"measurable outcomes|technical requirements|非功能|非機能|no funcionales|non fonctionnelles",
    re.IGNORECASE,
)
_CONSTRAINT = re.compile(r"business rules?|constraints?\b|业务规则|業務規則|制約|约束|reglas de negocio", re.IGNORECASE)
MODAL = re.compile(
    r"\b(?:shall|must|should|has to|have to|needs? to|required to|is prohibited|are prohibited)\b|"
    r"必须|必須|應該|应该|应当|しなければならない|系统\s*SHALL",
    re.IGNORECASE,
)

_GIVEN = re.compile(r"^.{0,80}?\bgiven\b(?: that\b)?\s+", re.IGNORECASE | re.DOTALL)
_AND_WHEN = re.compile(r"[,;.]?\s*\b(?:and\s+)?when\s+", re.IGNORECASE)
_THEN = re.compile(r"[,;.，]?\s*(?:\bthen\b|则|那么)[,:，]?\s*", re.IGNORECASE)
_CONDITION = re.compile(
    r"^\W*(when|if|while|where|whenever|once|as soon as|upon|当|如果|若)(?![a-z])\s*", re.IGNORECASE
)
_RESPONSE = re.compile(r"[,，;]\s*(?=[^,，;]{0,80}?(?:\b(?:shall|must|will|should)\b|必须|应))", re.IGNORECASE)
_SYSTEM_SHALL = re.compile(
    r"\s(?=(?:the )?(?:system|app|application|系统)\s*(?:shall|must|will|should)\b)", re.IGNORECASE
)


class Led:
    """A statement that its id leads: ``**FR-001 Login** (P1): The user logs in``."""

    def __init__(self, id_: str, title: str | None, text: str, note: str | None) -> None:
        self.id, self.title, self.text, self.note = id_, title, text, note


def led_by_id(text: str) -> Led | None:
    """The id at the start of a text, with its title and what follows; None when no id of a statement leads it."""
    match = _LED.match(text[:LONGEST])
    if match is None or not is_statement_id(match.group("id")):
        return None
    rest, title = match.group("rest"), None
    if match.group("open") and not match.group("close"):
        bold, _, rest = rest.partition(match.group("open"))
        title = plain(bold).strip(" :：–—-.") or None
    rest = rest.lstrip("\n\t :：–—-.)]|*")
    # "FR-001, FR-002 are covered" and "FR-1 to FR-9" talk about statements.
    if re.match(rf"^(?:[,;&/]|and\b|to\b|through\b|\.\.)?\s*{ID}(?![\w-])", rest):
        return None
    if match.group("rest").startswith((",", "'")) or not (plain(rest) or title):
        return None
    text = plain(rest)
    return Led(match.group("id").replace(" ", "-"), title if text else None, text or str(title), match.group("note"))


def is_statement_id(text: str) -> bool:
    """Whether an id is one of requirements, rules or criteria, as opposed to tasks, risks, stories and standards."""
    if not re.fullmatch(ID, text) or _OTHER.match(text):
        return False
    topic = re.fullmatch(r"[A-Z]{2,}(?:[-_][A-Z]{2,}){0,3}-\d{2,4}[a-z]?", text)
    return topic is not None or _FAMILY.search(text) is not None


def is_family(text: str) -> bool:
    """Whether an id alone says that a requirement follows (FR-1), unlike one of a topic (LEDGER-001)."""
    return _FAMILY.search(text) is not None


def kind_of(id_: str, headings: Iterable[str]) -> RequirementKind:
    """The kind that the id or the innermost telling heading states."""
    if re.match(r"NFR|NF(?=\W|\d)|SC(?=\W|\d)|QA|PERF|USAB", id_) or "-NFR-" in id_:
        return "non_functional"
    if re.match(r"BR(?=\W|\d)|CON(?=\W|\d)|C(?=\W|\d)|RULE", id_):
        return "constraint"
    if re.match(r"FR|FUNC", id_):
        return "functional"
    for heading in reversed(tuple(headings)):
        if _NON_FUNCTIONAL.search(heading):
            return "non_functional"
        if _CONSTRAINT.search(heading):
            return "constraint"
        if re.search(r"functional|feature|user stor|acceptance", heading, re.IGNORECASE):
            return "functional"
    return "functional"


def headings_text(reading: Reading, block: Block) -> tuple[str, ...]:
    """Plain text of the headings above, outermost first."""
    return tuple(plain(heading.text) for heading in reading.headings_of(block))


def joined(start: str, points: Iterable[Block]) -> str:
    """A text with the points of its lists: ``The system must support: quotations; invoices``."""
    text = start
    for block in points:
        part = plain(block.text)
        if block.kind == "list_item":
            text += (" " if text.endswith((":", "：")) else "; " if text else "") + part.rstrip(".;")
        else:
            text += (" " if text.endswith((".", ":", "：")) else ". " if text else "") + part
    return text


def criterion(text: str, evidence: Evidence, *, stated: bool = False) -> AcceptanceCriterion | None:
    """A criterion in Given/When/Then or EARS form; ``stated``: the document says that any text here is one."""
    text = plain(re.sub(r"^\s*\[[ xX]\]\s*", "", text[:LONGEST]))
    text = re.sub(r"^(?:AC|SC|Scenario)[-\s]?\d{0,3}(?:\.\d+)?\s*[:.)–-]\s*", "", text)
    if not text:
        return None
    given, when, then = _given_when_then(text) or _ears(text, plainly=stated) or (None, None, None)
    if then is None and not stated:
        return None
    return AcceptanceCriterion(text=text, given=given, when=when, then=then, evidence=(evidence,))


def _given_when_then(text: str) -> tuple[str, str, str] | None:
    given = _GIVEN.match(text)
    when = _AND_WHEN.search(text, given.end()) if given else None
    then = _THEN.search(text, when.end()) if when else None
    if given is None or when is None or then is None or not text[then.end() :]:
        return None
    return _part(text[given.end() : when.start()]), _part(text[when.end() : then.start()]), _part(text[then.end() :])


def _ears(text: str, *, plainly: bool) -> tuple[str | None, str | None, str] | None:
    """``WHEN x THEN the system SHALL y``, ``If x, the system shall y``; WHILE and WHERE state what is given.

    ``plainly``: ``When x, y`` will do.
    """
    condition = _CONDITION.match(text)
    if condition is None:
        return None
    end = condition.end()
    response = _THEN.search(text, end) or _RESPONSE.search(text, end) or _SYSTEM_SHALL.search(text, end)
    if response is None and plainly:
        response = re.compile(r"[,，]\s*").search(text, end)
    if response is None or not text[response.end() :] or not text[end : response.start()].strip():
        return None
    held, then = _part(text[end : response.start()]), _part(text[response.end() :])
    return (held, None, then) if condition.group(1).lower() in ("while", "where") else (None, held, then)


def _part(text: str) -> str:
    return text.strip(" ,;，；")


def gherkin(reading: Reading, block: Block, rule: str, confidence: float) -> Iterator[AcceptanceCriterion]:
    """Criteria of steps on lines of their own: ``Given …`` / ``When …`` / ``Then …``, with ``And`` lines."""
    steps: dict[str, list[str]] = {}
    last = ""
    evidence = reading.evidence(block, rule, confidence)
    for line in [*block.text[: LONGEST * 4].split("\n"), "Scenario:"]:
        found = re.match(r"^\W*(given|when|then|and|but|scenario(?: outline)?)\b[*_:]*\s*(.*)$", line, re.IGNORECASE)
        if found is None:
            continue
        word, rest = found.group(1).lower(), plain(found.group(2))
        starts = word.startswith("scenario") or (word == "given" and "then" in steps)
        if starts and {"when", "then"} <= steps.keys():
            given, when, then = (" and ".join(steps.get(name, ())) for name in ("given", "when", "then"))
            text = (f"Given {given}, when" if given else "When") + f" {when}, then {then}"
            yield AcceptanceCriterion(text=text, given=given or None, when=when, then=then, evidence=(evidence,))
        if starts:
            steps, last = {}, ""
        last = last if word in ("and", "but") else word
        if last in ("given", "when", "then") and rest:
            steps.setdefault(last, []).append(rest)
