"""User stories: "As a X, I want Y so that Z" in one line or three, titled ones of Spec Kit, and Chinese ones.

Acceptance scenarios and EARS statements below a story become its criteria. Roles that only stories name are less sure.
"""

import re
from collections.abc import Iterator, Sequence

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.documents.model import Block
from opsroom_dagster.requirements.model import AcceptanceCriterion, Fact, Role, UserStory
from opsroom_dagster.requirements.names import entity_key
from opsroom_dagster.requirements.reading import Reading
from opsroom_dagster.requirements.rules._statements import LONGEST, criterion, gherkin, led_by_id
from opsroom_dagster.requirements.rules.roles import role_name

RULE = "user_stories"
_AS = re.compile(
    r"(?:(?P<start>^|[\n:：|]\s*[-(]?\s*)|[\s(\"“>-])as\s+(?:(?:any|an?|the)\s+)?(?P<role>[^,，:;.|\n]{2,60}?)"
    r"(?:\s*[,，:]\s*|\s*\n[\s-]*|(?(start)\s+|(?!)))I\s+"
    r"(?P<verb>(?:would\s+)?(?:want|wish|like|need|can|must|should|expect|prefer|am able)\b)[\s:]*"
    r"(?P<want>[^|]{3,1200})",
    re.IGNORECASE,
)
_EMPHASIS = re.compile(r"\*{1,3}|(?<!\w)_{1,3}|_{1,3}(?!\w)")
_AS_PASSIVE = re.compile(
    r"^\W*as\s+(?:an?|the)\s+(?P<role>[^,，:;.|\n]{2,60}?),\s*(?P<want>[^|]{3,1200})$", re.IGNORECASE
)
_CHINESE = re.compile(
    r"作为(?:一名|一个|一位)?(?P<role>[^，,、]{1,20})[，,]\s*我(?:希望|想要|想|需要)(?:能够|能|可以)?(?P<want>[^\n]{2,400})"
)
_BENEFIT = re.compile(
    r"[,，.;；]?[\s*_-]*(?:\b(?:so\s+that|so\s+I|in\s+order\s+(?:that|to)|because)\b|以便于?|从而)[\s*_:]*",
    re.IGNORECASE,
)
_HEADING = re.compile(
    r"^\W*(?:\d+(?:\.\d+)*[.)]?\s*)?(?:user\s+(?:story|scenario)|story|用户故事|ユーザーストーリー)\s*(?P<number>\d{1,3})?\s*"
    r"(?:[:：.–—-]+\s*(?P<title>.+))?$",
    re.IGNORECASE,
)
_ID = re.compile(
    r"^\W*(?P<id>(?:US|STORY|ST|UC)[-_ ]?[A-Z]{0,8}[-_]?\d{1,4}(?:\.\d{1,3})?)\b\s*[:：.–—-]*\s*(?P<title>.*)$"
)
_PRIORITY = re.compile(
    r"[(（\[]?\b(?:priority\s*(?:\*\*|__)?\s*[:：]\s*(?:\*\*|__)?\s*|(?<=[(\[])(?=P\d))"
    r"(P[0-4]|high|medium|low|critical|must(?: have)?|should(?: have)?|could(?: have)?)\b[)）\]]?",
    re.IGNORECASE,
)
_ANYBODY = ("user", "enduser", "用户", "ユーザー", "使用者", "person", "visitor")
_NUMBER = re.compile(r"^\W*(?:需求|requirement|feature|epic)?\s*[\d.]*\s*[:：.)-]*\s*", re.IGNORECASE)
_ACCEPTANCE = re.compile(r"acceptance|criteria|scenarios?\b|验收|受け入れ|criterios", re.IGNORECASE)
_SECTION_END = re.compile(
    r"^\W*(?:why this priority|independent test|edge cases|notes?|priority|out of scope|estimate|tasks?)\b",
    re.IGNORECASE,
)


def find(reading: Reading) -> Iterator[Fact]:
    """Stories, and the roles that they name."""
    told: set[str] = set()
    stories = _stories(reading)
    places = {reading.position(block) for block, _ in stories}
    for block, story in stories:
        below = _below(reading, block, places)
        criteria = tuple(_criteria(reading, block, below))
        yield story.model_copy(update={"criteria": criteria})
        name = role_name(story.role) if story.role else ""
        key = entity_key(name) or name
        if name and key not in told and key not in _ANYBODY:
            told.add(key)
            yield Role(name=name, evidence=(reading.evidence(block, RULE, 0.6),))


def _stories(reading: Reading) -> list[tuple[Block, UserStory]]:
    found: list[tuple[Block, UserStory]] = []
    titled: set[str] = set()
    for block in reading.blocks:
        if block.kind == "heading" and (story := _titled(reading, block)) is not None:
            titled.add(block.id)
            found.append((block, story))
        elif block.kind in ("paragraph", "list_item") and not titled & {h.id for h in reading.headings_of(block)}:
            story = _told(reading, block)
            if story is not None:
                found.append((block, story))
        elif block.kind == "table":
            found += _rows(reading, block)
    return found


def _parts(text: str) -> tuple[str | None, str, str | None] | None:
    """(role, want, benefit) of a sentence in story form."""
    text = _EMPHASIS.sub("", text)
    match = _AS.search(text) or _CHINESE.search(text)
    if match is None:
        return None
    want, benefit = match.group("want"), None
    cut = _BENEFIT.search(want)
    if cut:
        want, benefit = want[: cut.start()], want[cut.end() :]
        benefit = plain(re.split(r"\n\s*\n|\n(?=\W*(?:acceptance|priority|notes?)\b)", benefit, flags=re.I)[0]).strip(
            " .。*_"
        )
    want = plain(re.split(r"\n\s*\n|\n(?=\W*(?:acceptance|priority|notes?)\b)", want, flags=re.I)[0])
    verb = match.groupdict().get("verb", "")
    want = re.sub(r"^(?:be able\s+)?to\s+", "", want.strip(" .。,，*_:"), flags=re.IGNORECASE)
    if verb and re.match(r"(?:can|must|should)", verb, re.IGNORECASE):
        want = re.sub(r"^be able to\s+", "", want)
    role = re.sub(r"(?:\s*[(（]|\s+(?:with|who|of|in|using)\b).*$", "", plain(match.group("role"))).strip(" *_<>[]")
    return (role or None), want, (benefit or None)


def _told(reading: Reading, block: Block) -> UserStory | None:
    text = block.text[:LONGEST]
    parts = _parts(text)
    if parts is None and re.search(r"user stor", reading.heading_text(block), re.IGNORECASE):
        passive = _AS_PASSIVE.match(plain(text))
        parts = (passive.group("role"), passive.group("want").rstrip("."), None) if passive else None
    if parts is None or not parts[1]:
        return None
    role, want, benefit = parts
    id_, title = _title(reading, block, text)
    return UserStory(
        id=id_,
        title=title or _short(want),
        role=_role(role),
        want=want,
        benefit=benefit,
        priority=_priority(text) or _priority_below(reading, block) or _priority(reading.heading_text(block)),
        evidence=(reading.evidence(block, RULE, 0.95),),
    )


def _role(text: str | None) -> str | None:
    return (role_name(text) or text) if text else None


def _short(want: str) -> str:
    title = want[:1].upper() + want[1:]
    return title if len(title) <= 80 else title[:80].rsplit(" ", 1)[0] + "…"


def _title(reading: Reading, block: Block, text: str) -> tuple[str, str | None]:
    """(id, title): written before the story, or of the heading when the story is the only one under it."""
    lead = re.split(r"\bas\s+(?:any|an?|the)?\b|作为", text, maxsplit=1, flags=re.IGNORECASE)[0]
    lead = plain(lead).strip(" :：–—-*[]|")
    lead = re.sub(
        r"^(?:description|user story|story|用户故事)\W*|\W*(?:user story|description|用户故事)$", "", lead, flags=re.I
    )
    if (named := _ID.match(lead)) is not None:
        return named.group("id").replace(" ", "-"), named.group("title").strip(" :：–—-") or None
    if 3 <= len(lead) <= 80:
        return "", lead
    if block.heading is None:
        return "", None
    heading = reading.block(block.heading)
    others = any(
        b.id != block.id and b.kind != "heading" and _parts(b.text[:LONGEST]) for b in reading.children(heading)
    )
    title = plain(heading.text)
    if others or re.search(r"user stor|stories$", title, re.IGNORECASE):
        return "", None
    if (named := _ID.match(title)) is not None:
        return named.group("id").replace(" ", "-"), _PRIORITY.sub("", named.group("title")).strip(" :：–—-") or None
    return "", _PRIORITY.sub("", _NUMBER.sub("", title)).strip(" :：–—-") or None


def _priority(text: str) -> str | None:
    match = _PRIORITY.search(text[:LONGEST])
    return match.group(1) if match else None


def _priority_below(reading: Reading, block: Block) -> str | None:
    """A line ``Priority: High`` nested in the story or right below it."""
    after = reading.after(block)
    near = [*reading.children(block), *([after] if after is not None and after.kind != "heading" else [])]
    return next((p for b in near if re.match(r"\W*priority\b", b.text, re.I) and (p := _priority(b.text))), None)


def _titled(reading: Reading, heading: Block) -> UserStory | None:
    """``User Story 1 - Title (Priority: P1)`` with a description below, which may be in story form."""
    match = _HEADING.match(plain(heading.text))
    if match is None or (match.group("number") is None and match.group("title") is None):
        return None
    body = [b for b in reading.children(heading) if b.kind in ("paragraph", "list_item")]
    text = next((b for b in body if b.kind == "paragraph" and not _SECTION_END.match(plain(b.text))), None)
    title = _PRIORITY.sub("", match.group("title") or "")
    title = re.sub(r"[(（\[]\s*(?:priority)?\s*[:：]?\s*[)）\]]|[^\w\s)）.。!?]+\s*$", "", title, flags=re.I).strip(
        " :：–—-"
    )
    told = next(((b, parts) for b in body if (parts := _parts(b.text[:LONGEST]))), None)
    role, want, benefit = told[1] if told else (None, plain(text.text[:LONGEST]) if text else title, None)
    used = [b for b in ((told[0] if told else text),) if b is not None]
    if not want:
        return None
    if role is None:
        actor = re.match(
            r"(?:An?|The)\s+([a-z][a-z -]{2,40}?)\s+(?:needs?|wants?|can|must|should|creates?|opens?)\b", want
        )
        role = actor.group(1) if actor else None
    number = match.group("number")
    return UserStory(
        id=f"US{number}" if number else "",
        title=title or _short(want),
        role=_role(role),
        want=want,
        benefit=benefit,
        priority=_priority(heading.text),
        evidence=(reading.evidence(heading, RULE, 0.95), *(reading.evidence(b, RULE, 0.9) for b in used)),
    )


def _rows(reading: Reading, table: Block) -> Iterator[tuple[Block, UserStory]]:
    header = [plain(cell).lower() for cell in table.header]
    columns = {
        name: next((i for i, cell in enumerate(header) if re.match(start, cell)), None) for name, start in _COLUMNS
    }
    for index, row in enumerate(table.rows):
        line = min(table.location.line_start + 2 + index, table.location.line_end)

        def cell(name: str, row: Sequence[str] = row) -> str:
            column = columns[name]
            return plain(row[column]) if column is not None and column < len(row) else ""

        parts = next((found for text in row if (found := _parts(text[:LONGEST]))), None)
        if parts is None and columns["role"] is not None and columns["want"] is not None and cell("want"):
            parts = (cell("role") or None, re.sub(r"^to\s+", "", cell("want")), cell("benefit") or None)
        if parts is None:
            continue
        id_ = next((plain(c) for c in row if re.fullmatch(r"(?:US|STORY|ST)[-_ ]?\d{1,4}", plain(c))), "")
        yield (
            table,
            UserStory(
                id=id_,
                title=cell("title") or _short(parts[1]),
                role=_role(parts[0]),
                want=parts[1],
                benefit=parts[2],
                priority=cell("priority") or None,
                evidence=(reading.evidence(table, RULE, 0.95, line),),
            ),
        )


_COLUMNS = (
    ("role", r"as an?\b"),
    ("want", r"i (?:want|need|can|would like)\b|want to\b"),
    ("benefit", r"so that\b|so i can\b|benefit"),
    ("priority", r"priority"),
    ("title", r"(?:story )?(?:title|name)$"),
)


def _below(reading: Reading, block: Block, places: set[int]) -> list[Block]:
    """What may hold a story's criteria: nested blocks, else everything up to the next story or section."""
    if block.kind == "table":
        return []
    if block.kind == "list_item":
        nested: list[Block] = []
        for child in reading.children(block):
            nested += [child, *reading.children(child)]
        return nested
    level = block.level if block.kind == "heading" else reading.block(block.heading).level if block.heading else 0
    found: list[Block] = []
    for position in range(reading.position(block) + 1, len(reading.blocks)):
        other = reading.blocks[position]
        same = other.location.file == block.location.file
        if not same or position in places or (other.kind == "heading" and other.level <= level) or len(found) > 400:
            break
        found.append(other)
    return found


def _criteria(reading: Reading, story: Block, below: Sequence[Block]) -> Iterator[AcceptanceCriterion]:
    """Criteria in a testable form anywhere below; any item where the document announces criteria."""
    announced = False
    for block in below:
        text = plain(block.text[:200])
        if block.kind == "heading" or (
            block.kind == "paragraph" and len(text) < 80 and text.endswith((":", "：", "*"))
        ):
            announced = _ACCEPTANCE.search(text) is not None
            continue
        if block.kind == "paragraph" and re.match(r"^(?:\*\*|__)?\w[\w ]{2,40}(?:\*\*)?\s*[:：]", block.text):
            announced = _ACCEPTANCE.search(text[:60]) is not None
            continue
        if block.kind == "list_item" and story.kind == "list_item" and _ACCEPTANCE.match(text) and len(text) < 60:
            announced = True
            continue
        if block.kind == "code" or (block.kind == "paragraph" and "\n" in block.text):
            yield from gherkin(reading, block, RULE, 0.9)
        elif block.kind in ("list_item", "paragraph") and not led_by_id(block.text):
            stated = announced and block.kind == "list_item"
            found = criterion(block.text, reading.evidence(block, RULE, 0.9), stated=stated)
            if found is not None:
                yield found
