"""Chains of arrows as moves between states: ``a | b → c (Manager only)`` and ``from `a` -> `b```."""

import re
from collections.abc import Iterator, Sequence

from opsroom_dagster.requirements.model import Transition
from opsroom_dagster.requirements.names import snake_case, words_of

ARROW = re.compile(r"(?:→|➔|➜|⟶|-{1,2}\[?\s*(?P<action>[A-Za-z][\w ]{0,30}?)\s*\]?-{1,2}>|-{1,3}>)")
_LEAD = re.compile(
    r"^.*\b(?:from|through|via|to|is|are|was|as|of|for|on|in|a|an|the|add|moves?|goes|changes?|follows?|life ?cycle|"
    r"workflow|flow|states?|status(?:es)?|transitions?|transition|stages?|every|each|can|be)\b\s+",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"\s+(?:and|or|but|when|while|with|then|on|by|in|before|after|only|if|where|which|so|for|at|is|are|states?|status|"
    r"transitions?|lifecycle|to|from|as|via)\b.*$",
    re.IGNORECASE | re.DOTALL,
)
_PARENS = re.compile(r"\s*[(（]([^()（）]{0,80})[)）]\s*")
_ROLE = re.compile(
    r"^\s*(?:by\s+)?(?:the\s+)?([A-Z][\w ]{1,40}?)(?:\s+(?:or|and|/)\s+[^()]*)?\s+only\s*$|"
    r"^by\s+(?:the\s+)?([\w ]{2,40})$"
)
LONGEST_STATE = 32


class Chains:
    """States in the order met, with labels and moves, of all chains of a text."""

    def __init__(self) -> None:
        self.labels: dict[str, str] = {}
        self.transitions: list[Transition] = []
        self.longest = 0
        self.marked = False

    def add(self, steps: Sequence[tuple[list[str], str | None]], role: str | None) -> None:
        """One chain: each step its alternatives and the action of the arrow that leads to it."""
        self.longest = max(self.longest, len(steps))
        sources: list[str] = []
        for index, (names, action) in enumerate(steps):
            keys = [snake_case(name) for name in names]
            for key, name in zip(keys, names, strict=True):
                self.labels.setdefault(key, name)
            for source in sources:
                for target in keys:
                    move = Transition(source=source, target=target, action=action, role=role)
                    if source != target and move not in self.transitions:
                        self.transitions.append(move)
            # Alternatives at the start all lead on; in the middle only the last one does.
            sources = keys if index == 0 else keys[-1:]


def chains_in(text: str) -> Chains:
    """All chains of a text, line by line; those whose parts are no names of states are left out."""
    found = Chains()
    for line in text[:20000].split("\n"):
        for sentence in re.split(r"(?<=[.;])\s+", line[:2000]):
            if ARROW.search(sentence):
                _read(sentence.replace("*", ""), found)
    return found


def _read(sentence: str, found: Chains) -> None:
    arrows = list(ARROW.finditer(sentence))
    edges = [0, *(arrow.end() for arrow in arrows)]
    ends = [*(arrow.start() for arrow in arrows), len(sentence)]
    parts = [sentence[start:end] for start, end in zip(edges, ends, strict=True)]
    actions = [None, *(arrow.group("action") for arrow in arrows)]
    found.marked = found.marked or "`" in sentence
    steps: list[tuple[list[str], str | None]] = []
    role: str | None = None
    for index, (part, action) in enumerate(zip(parts, actions, strict=True)):
        role = _role(part) or role
        whole = _names(part) if 0 < index < len(parts) - 1 else []
        if whole:
            steps.append((whole, action))
            continue
        if index and (ending := _names(_first(part))):
            steps.append((ending, action))
        if len(steps) > 1:
            found.add(steps, role)
        beginning = _names(_last(part)) if index < len(parts) - 1 else []
        steps = [(beginning, None)] if beginning else []


def _role(part: str) -> str | None:
    inner = _PARENS.search(part)
    match = _ROLE.match(inner.group(1)) if inner else None
    return (match.group(1) or match.group(2)).strip() if match else None


def _names(part: str) -> list[str]:
    """The alternatives of a part that is nothing but names of states; else none."""
    names = [name.strip(" `\"'“”.,;:") for name in re.split(r"\s*\|\s*|\s+/\s+", _PARENS.sub(" ", part).strip())]
    good = all(
        name and len(name) <= LONGEST_STATE and re.fullmatch(r"[A-Za-z][\w' -]*", name) and len(words_of(name)) <= 3
        for name in names
    )
    return names if good and len(names) <= 8 else []


def _first(part: str) -> str:
    """The name at the start of the text after an arrow."""
    part = part.strip()
    if part.startswith("`"):
        marked = re.match(r"(?:`[^`]*`(?:\s*[|/]\s*)?)+", part)
        return marked.group() if marked else part
    return _TAIL.sub("", re.split(r"[.,;:!()`\"”—–]", part)[0].strip())


def _last(part: str) -> str:
    """The name at the end of the text before an arrow."""
    part = _PARENS.sub(" ", part).strip()
    if part.endswith("`"):
        marked = re.search(r"(?:`[^`]*`(?:\s*[|/]\s*)?)+$", part)
        return marked.group() if marked else part
    return _LEAD.sub("", re.split(r"[.,;:：!()`\"“—–]", part)[-1].strip())


def listed(text: str) -> Iterator[str]:
    """States of a list: ```a` / `b` / `c``` or ``in-stock, sold, and returned``."""
    text = re.split(r"(?<=[\w`])[.;](?:\s|$)", text[:600])[0]
    pieces = re.split(r"(\s*[,，、|]\s*(?:(?:and|or)\s+)?|\s+/\s+|\s+(?:and|or)\s+)", text.replace("*", ""))
    for index in range(0, len(pieces), 2):
        names = _names(_first(pieces[index]))
        if len(names) != 1:
            return
        yield names[0]
        if index and re.search(r"\b(?:and|or)\b", pieces[index - 1]):
            return
