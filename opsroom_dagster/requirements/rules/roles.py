"""Kinds of users under "Roles", "Personas", "Actors", "User classes" and the like, with what each may do.

Read are bullets, tables, numbered bold names with nested descriptions, subheadings, and matrices of roles and
capabilities.
"""

import re
from collections.abc import Iterator

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.model import Evidence, Fact, Permission, Role
from opsroom_dagster.requirements.names import entity_name, singular, words_of
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules._permissions import ORDER, Action, permissions_in

RULE = "roles"
HEADING = re.compile(
    r"^\W*(?:[\d.]+\s*)?(?:(?:target|primary|key|main|end|user|system|security|access|rbac|application|app)\s+)*"
    r"(?:users?(?:\s+(?:classes|types|groups|roles|personas))?(?:\s+(?:and|&)\s+\w+)?|personas?|actors?|roles?|"
    r"role-based access control|permissions?|user classes and characteristics)"
    r"(?:\s*(?:,|&|and)\s*(?:key\s+)?(?:permissions?|use cases|characteristics|responsibilities|access|capabilities|"
    r"actors?|personas?|roles?|security))*(?:\s*matrix)?(?:\s*\([^)]*\))?\W*$|"
    r"^\W*(?:[\d.]+\s*)?(?:security\s*(?:&|and)\s*permissions?|access control|permissions? matrix|role matrix)\W*$|"
    r"^\W*(?:[\d.]+\s*)?(?:用户角色|角色(?:与权限|和权限)?|用户类型|ユーザー?ロール|役割|roles de usuario|rôles)\W*$",
    re.IGNORECASE,
)
_LABEL = re.compile(r"^\W*(?:user |security )?(?:roles|actors|personas)\W*$", re.IGNORECASE)
_COLUMN = re.compile(r"^(?:user\s+)?(?:role|actor|persona|user class|user type|角色)s?(?:\s+name)?$", re.IGNORECASE)
_NAME = r"[A-Z][A-Za-z]*(?: [A-Z][A-Za-z]*){0,2}"
_ENUMERATED = re.compile(
    rf"\b[Rr]oles?\b(?: set| list)?(?: are| include)?\s*(?:[:：—–(]|(?<=are)|(?<=include))\s*"
    rf"({_NAME}(?:,\s*(?:and |or )?{_NAME})+(?:,?\s+(?:and|or)\s+{_NAME})?)"
)
_BOLD = re.compile(r"^(?:\*\*|__)([^*\n]{1,80}?)(?:\*\*|__)\s*(?:\([^()]{0,80}\))?\s*[:：–—-]*\s*(.*)$", re.DOTALL)
_COLON = re.compile(r"^([A-Z][\w /&'-]{1,40}?)\s*(?:[:：]|\s[–—-])\s+(.+)$", re.DOTALL)
_BARE = re.compile(r"^([A-Z][\w'-]*(?: [\w/&'-]+){0,3})$")
_KIND = re.compile(
    r"^(?:[\w/-]+ ){0,3}(?:staff|users?|clerks?|managers?|owners?|analysts?|accountants?|auditors?|approvers?|"
    r"administrators?|admins?|operators?|engineers?|developers?|officers?|customers?|employees?|teams?|members?|supervisors?|agents|"
    r"technicians?|workers?|teachers?|students?|doctors?|nurses?|patients?|drivers?|suppliers?|vendors?)\b",
    re.IGNORECASE,
)
_TAIL = re.compile(r"\s+(?:and|approving|who|that|responsible|using)\s.*$|[.;,]$", re.IGNORECASE | re.DOTALL)
_NO_ROLE = re.compile(
    r"\b(?:system|app|application|platform|software|service|copilot|bot|agent|api|model|module|policy|authentication|"
    r"authorization|encryption|rls|rbac|access|data|note|goals?|pain points?|needs?|description|permissions?|least|"
    r"privilege|security|audit|database|odoo|server|security|rules?|roles?|actors?|personas?|users|permissions|requirements?|mvp)$",
    re.IGNORECASE,
)
_PEOPLE = re.compile(r"\b(?:admin(?:istrator)?|owner|manager|user|developer|engineer|operator|agent)\b", re.IGNORECASE)
_CELL: tuple[tuple[re.Pattern[str], tuple[Action, ...]], ...] = (
    (re.compile(r"^(?:✓|✔|✅|☑|x|yes|y|full|all|●|ja|是|any|manage)\b|^[✓✔✅☑●]", re.IGNORECASE), ORDER[:4]),
    (re.compile(r"^(?:read(?:[- ]only)?|view(?: only)?|r)$", re.IGNORECASE), ("read",)),
    (re.compile(r"^(?:read\s*/\s*write|rw|edit)$", re.IGNORECASE), ("create", "read", "update")),
)
_LETTERS: dict[str, Action] = {"c": "create", "r": "read", "u": "update", "d": "delete", "a": "approve"}


def find(reading: Reading) -> Iterator[Fact]:
    """Roles, with the permissions that their descriptions state."""
    for block in reading.blocks:
        if block.kind == "table":
            yield from _from_table(reading, block)
        elif block.kind == "list_item" and _is_listed(reading, block):
            yield from _from_item(reading, block)
        elif block.kind in ("paragraph", "list_item"):
            yield from _from_sentence(reading, block)
        elif block.kind == "heading" and block.heading and HEADING.match(reading.heading_text(block)):
            yield from _from_heading(reading, block)


def _from_sentence(reading: Reading, block: Block) -> Iterator[Role]:
    """``a fixed set of roles — Cashier, Clerk, Manager — and …``: three names or more."""
    match = _ENUMERATED.search(plain(block.text[:4000]))
    names = (
        [role_name(part) for part in re.split(r",\s*(?:and\s+|or\s+)?|\s+(?:and|or)\s+", match.group(1))]
        if match
        else []
    )
    if len(names) > 2 and all(names):
        for name in names:
            yield Role(name=name, evidence=(reading.evidence(block, RULE, 0.8),))


def _is_listed(reading: Reading, block: Block) -> bool:
    if block.level == 0:
        return HEADING.match(reading.heading_text(block)) is not None
    return block.parent is not None and _LABEL.match(plain(reading.block(block.parent).text)) is not None


def _from_item(reading: Reading, block: Block) -> Iterator[Role]:
    nested = [child for child in reading.children(block) if child.kind in ("list_item", "paragraph")]
    match = _BOLD.match(block.text) or _COLON.match(block.text) or (_BARE.match(plain(block.text)) if nested else None)
    if match is None and (bare := _KIND.fullmatch(_TAIL.sub("", plain(block.text)))):
        yield from _roles(reading, bare.group(), plain(block.text), [block], 0.7)
    if match:
        description = match.group(2) if match.re is not _BARE else ""
        yield from _roles(reading, match.group(1), description, [block, *nested], 0.9 if match.re is _BOLD else 0.75)


def _from_heading(reading: Reading, heading: Block) -> Iterator[Role]:
    below = [b for b in reading.children(heading) if b.kind in ("list_item", "paragraph")]
    text = re.sub(r"^\W*[\d.]+\s*", "", plain(heading.text))
    if below and _BARE.match(text) and (permissions_in("\n".join(b.text for b in below)) or _PEOPLE.search(text)):
        yield from _roles(reading, text, "", [heading, *below], 0.85)


def _roles(reading: Reading, title: str, description: str, blocks: list[Block], confidence: float) -> Iterator[Role]:
    """The roles of one title: ``Approver / Line Manager`` is one, under its first name."""
    name = role_name(title)
    if not name:
        return
    parts = [plain(part).strip(" –—-") for part in (description, *(b.text for b in blocks[1:]))]
    evidence = tuple(reading.evidence(block, RULE, confidence) for block in blocks)
    text = "\n".join(part for part in parts if part)
    yield Role(
        name=name,
        description=text or None,
        permissions=permissions_in(text),
        evidence=evidence,
    )


def role_name(title: str) -> str:
    """``**Counter Clerks** (front desk)`` → ``Counter Clerk``; empty when it names no kind of user."""
    text = re.sub(r"\s*[(（\[][^)）\]]*[)）\]]", "", plain(title)).strip(" :：–—-*.")
    text = re.split(r"\s+/\s+|\s+(?:or|oder)\s+", text)[0]
    words = text.split()
    if not 1 <= len(words) <= 4 or not re.match(r"[A-Za-z一-鿿぀-ヿÀ-ÿ]", text) or len(text) > 40:
        return ""
    if _NO_ROLE.search(text) or re.search(r"\d|[.!?;]", text):
        return ""
    if not words[-1].isupper() and len(words_of(words[-1])) == 1:
        last = words[-1]
        one = singular(last.lower())
        words[-1] = last if one == last.lower() else last[0] + one[1:]
    return " ".join(word[0].upper() + word[1:] if word not in ("of", "and", "the", "for") else word for word in words)


def _from_table(reading: Reading, table: Block) -> Iterator[Role]:
    header = [plain(cell) for cell in table.header]
    if not header or not table.rows:
        return
    column = next((i for i, cell in enumerate(header) if _COLUMN.match(cell)), None)
    announced = HEADING.match(reading.heading_text(table)) is not None
    if column == 0 and (announced or len(header) > 1):
        yield from _by_row(reading, table, header)
    elif announced and len(header) > 2:
        yield from _by_column(reading, table, header)


def _row_evidence(reading: Reading, table: Block, row: int, confidence: float) -> Evidence:
    line = min(table.location.line_start + 2 + row, table.location.line_end)
    return reading.evidence(table, RULE, confidence, line)


def _by_row(reading: Reading, table: Block, header: list[str]) -> Iterator[Role]:
    for index, row in enumerate(table.rows):
        name = role_name(row[0]) if row else ""
        cells = list(zip(header[1:], map(plain, row[1:]), strict=False))
        if not name:
            continue
        permissions = _matrix(cells)
        if not permissions:
            permissions = permissions_in("\n".join(cell for _, cell in cells))
        described = [cell if len(cells) == 1 else f"{title}: {cell}" for title, cell in cells if cell]
        yield Role(
            name=name,
            description="\n".join(described) or None,
            permissions=permissions,
            evidence=(_row_evidence(reading, table, index, 0.85),),
        )


def _by_column(reading: Reading, table: Block, header: list[str]) -> Iterator[Role]:
    """A matrix whose columns are roles: its cells must be marks."""
    for column, title in enumerate(header[1:], start=1):
        cells = [(row[0], plain(row[column])) for row in table.rows if len(row) > column]
        name = role_name(title)
        permissions = _matrix([(plain(capability), cell) for capability, cell in cells])
        if name and permissions:
            yield Role(name=name, permissions=permissions, evidence=(reading.evidence(table, RULE, 0.85),))


def _matrix(cells: list[tuple[str, str]]) -> tuple[Permission, ...]:
    """``("Create orders", "✓")`` and ``("Orders", "CRU")`` as permissions; a capability with a verb keeps its own."""
    found: list[Permission] = []
    for capability, cell in cells:
        own = re.search(r"\bown\b", cell, re.IGNORECASE) is not None
        mark = re.sub(r"\s*\(?\bown\b(?: only)?\)?", "", cell, flags=re.IGNORECASE).strip() or ("yes" if own else "")
        actions = _cell_actions(mark)
        if not actions:
            continue
        stated = permissions_in(capability)
        if stated:
            found += [p.model_copy(update={"own_only": p.own_only or own}) for p in stated]
        elif 1 <= len(words_of(capability)) <= 3 and not re.fullmatch(r"access|primary.*|notes?", capability, re.I):
            found.append(Permission(entity=entity_name(capability), actions=actions, own_only=own))
        elif re.fullmatch(r"access", capability, re.I):
            found.append(Permission(entity="*", actions=actions, own_only=own))
    return tuple(found)


def _cell_actions(mark: str) -> tuple[Action, ...]:
    if re.fullmatch(r"[CRUDA](?:[,/ ]*[CRUDA]){0,4}", mark):
        wanted = {_LETTERS[letter] for letter in mark.lower() if letter in _LETTERS}
        return tuple(action for action in ORDER if action in wanted)
    return next((actions for pattern, actions in _CELL if pattern.match(mark)), ())
