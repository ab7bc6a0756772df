"""What a role may do, read from phrases: ``Creates and edits repair orders``, ``Approve expenses of their team``."""

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from opsroom_dagster.documents.inline import plain
from opsroom_dagster.requirements.model import Permission
from opsroom_dagster.requirements.names import entity_name, words_of

Action = Literal["create", "read", "update", "delete", "approve"]
ORDER: tuple[Action, ...] = ("create", "read", "update", "delete", "approve")
_ALL: tuple[Action, ...] = ("create", "read", "update", "delete")
_READ: tuple[Action, ...] = ("read",)
_VERBS: tuple[tuple[str, tuple[Action, ...]], ...] = (
    (r"creates?|adds?|submits?|records?|registers?|books?|enters?|captures?|uploads?|files?", ("create",)),
    (r"reads?|sees?|views?|monitors?|tracks?|browses?|looks? at", ("read",)),
    (r"edits?|updates?|modif(?:y|ies)|changes?|writes?|posts?|corrects?", ("update",)),
    (r"deletes?|removes?", ("delete",)),
    (r"approves?|validates?|reviews?|rejects?|authori[sz]es?|signs? off(?: on)?", ("approve",)),
    (r"manages?|administers?|maintains?|handles?|full (?:crud )?access (?:to|on)|"
    r"crud access (?:on|to)|full control (?:of|over)", _ALL),
    (r"read[- ]only access to|view access to|access(?:es)?(?: to)?", ("read",)),
    # Verbs that grant nothing end the objects of the verb before them.
    (r"sets?|ensures?|installs?|assigns?|configures?|uses?|runs?|sends?|receives?|needs?|wants?|takes?|gets?|helps?|"
    r"prepares?|pays?|checks?|finds?|works?|makes?|performs?|oversees?|coordinates?|reports?|diagnoses|repairs?", ()),
)  # fmt: skip
_VERB = "|".join(words for words, _ in _VERBS)
_GROUP = re.compile(
    rf"(?:^|(?<=[,;&/:])|\b(?:and|or|then|to|can|may|only)\b)\s*(?:also\s+|only\s+)?"
    rf"((?:{_VERB})(?:(?:\s*[,/&]\s*|\s*,?\s*(?:and|or)\s+)(?:{_VERB}))*)(?=\s)",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:can\s?not|can't|may not|must not|never|no access|not (?:be )?(?:able|allowed)|without)\b", re.IGNORECASE
)
_EVERYTHING = re.compile(
    r"^(?:everything|(?:all|any|every|the whole|the entire)?\s*(?:other\s+)?"
    r"(?:entit(?:y|ies)|records?|modules?|data|features?|system|areas?))\b",
    re.IGNORECASE,
)
_OWN = re.compile(r"^(?:only\s+)?(?:(?:his|her|their|its|the)\s+)?own\s+", re.IGNORECASE)
_LEAD = re.compile(r"^(?:all|any|every|each|the|an?|new|other|of|their|his|her|on|his or her)\s+", re.IGNORECASE)
_NOTHING = re.compile(r"^(?:etc|more|others?|nothing|anything|it|them|out|so on)\b|\S+\s+(?:etc)$", re.IGNORECASE)
_CUT = re.compile(
    r"\s+(?:for|to|by|with|in|of|from|on|at|that|which|who|when|if|as|into|per|via|only|including|records?|"
    r"quickly|themselves)\b.*$",
    re.IGNORECASE | re.DOTALL,
)


def permissions_in(text: str) -> tuple[Permission, ...]:
    """The permissions that a description grants, each once; what is denied grants nothing."""
    found: dict[tuple[str, bool], set[Action]] = {}
    text = re.sub(r"[(（][^()（）]{0,200}[)）]", "", text[:4000])
    for clause in re.split(r"[.;。；](?:\s+|$)|\n|\s[–—]\s|\bbut\b|\bexcept\b", text):
        clause = plain(clause)
        denial = _DENIED.search(clause)
        for actions, objects in _grants(clause[: denial.start()] if denial else clause):
            for name, own in _objects(objects):
                found.setdefault((name, own), set()).update(actions)
    return tuple(
        Permission(entity=name, actions=_with_read(actions, name, own, found), own_only=own)
        for (name, own), actions in found.items()
    )


def _with_read(
    actions: set[Action], name: str, own: bool, found: dict[tuple[str, bool], set[Action]]
) -> tuple[Action, ...]:
    """Who changes a record sees it; not repeated for own records where all may be read."""
    reads_all = own and "read" in found.get((name, False), ())
    wanted = actions if reads_all else {*actions, *_READ}
    # Who may do everything with everything may approve it, too.
    everything = name == "*" and wanted.issuperset(_ALL)
    return tuple(action for action in ORDER if everything or action in wanted)


def _grants(clause: str) -> Iterator[tuple[tuple[Action, ...], str]]:
    groups = list(_GROUP.finditer(clause))
    for index, group in enumerate(groups):
        end = groups[index + 1].start() if index + 1 < len(groups) else len(clause)
        actions: tuple[Action, ...] = tuple(a for verb in _verbs(group.group(1)) for a in _actions(verb))
        objects = clause[group.end() : end].strip(" ,:&") if actions else ""
        if actions == _READ and re.match(r"access", group.group(1), re.I) and _EVERYTHING.match(objects):
            actions = _ALL
        yield actions, objects


def _verbs(group: str) -> Iterable[str]:
    return (verb for verb in re.split(r"\s*[,/&]\s*|\s*,?\s*\b(?:and|or)\s+", group) if verb)


def _actions(verb: str) -> tuple[Action, ...]:
    return next((actions for words, actions in _VERBS if re.fullmatch(words, verb, re.IGNORECASE)), ())


def _objects(text: str) -> Iterator[tuple[str, bool]]:
    own = _OWN.match(text) is not None or re.search(r"\bassigned to (?:them|him|her)\b", text) is not None
    for part in re.split(r"\s*[,;&]\s*|\s+(?:/|and|or)\s+", _OWN.sub("", text)):
        phrase = re.sub(r"^(?:and|or)\s+", "", part.strip())
        if _EVERYTHING.match(_OWN.sub("", phrase)):
            yield "*", own
            return
        while (shorter := _LEAD.sub("", _OWN.sub("", phrase))) != phrase:
            phrase = shorter
        phrase = _CUT.sub("", f" {phrase}").strip(" .:") if phrase else ""
        if 1 <= len(words_of(phrase)) <= 3 and not _NOTHING.match(phrase) and (name := entity_name(phrase)):
            yield name, own
