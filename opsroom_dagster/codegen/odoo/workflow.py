"""Life cycles as a state field, buttons and guarded methods."""

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from opsroom_dagster.codegen.odoo.design import FieldDesign, TransitionDesign, WorkflowDesign
from opsroom_dagster.codegen.odoo.fields import MEANINGFUL, selection_keys
from opsroom_dagster.codegen.odoo.identifiers import field_name, one_line, title, unused
from opsroom_dagster.codegen.odoo.security import group_of
from opsroom_dagster.requirements.model import Transition, Workflow


def design_workflow(
    workflow: Workflow, groups: Mapping[str, str], approvers: Iterable[str], fields: Mapping[str, FieldDesign]
) -> WorkflowDesign:
    """The workflow; without stated transitions the states follow one another.

    Args:
        workflow: as required.
        groups: role name → local id of its group.
        approvers: local ids of the groups that may approve; only they do, where no role is stated.
        fields: the entity's other fields.
    """
    keys = selection_keys(workflow.states)
    labels = {keys[state]: title(workflow.labels.get(state, state)) or title(keys[state]) for state in keys}
    stated = [move for move in workflow.transitions if move.source in keys and move.target in keys]
    moves = stated or list(_assumed(list(keys)))
    return WorkflowDesign(
        field=_field(workflow, fields),
        states=tuple(labels.items()),
        transitions=tuple(_transitions(moves, keys, labels, groups, tuple(approvers), fields)),
        assumed=not stated,
    )


def _field(workflow: Workflow, fields: Mapping[str, FieldDesign]) -> str:
    """The state field: the one that is named, or the entity's own that holds states under another name."""
    name = field_name(workflow.field, fallback="state")
    if name in fields and fields[name].kind in ("Selection", "Char"):
        return name
    for other in ("state", "status"):
        if other in fields and fields[other].kind == "Selection":
            return other
    return "state" if name in MEANINGFUL or name in fields else name


def _assumed(states: list[str]) -> Iterable[Transition]:
    """One state after the other; ends and detours are reached from all before the end, a detour leads back to all."""
    exits = [state for state in states[1:] if state in _words()["exits"]]
    detours = [state for state in states[1:] if state in _words()["detours"]]
    steps = [state for state in states if state not in (*exits, *detours)]
    for source, target in pairwise(steps):
        yield Transition(source=source, target=target)
    for detour in detours:
        for step in steps[:-1] or steps:
            yield Transition(source=step, target=detour)
        for step in steps:
            yield Transition(source=detour, target=step)
    for target in exits:
        for source in steps[:-1] or steps:
            yield Transition(source=source, target=target)


def _transitions(
    moves: Iterable[Transition],
    keys: Mapping[str, str],
    labels: Mapping[str, str],
    groups: Mapping[str, str],
    approvers: tuple[str, ...],
    fields: Mapping[str, FieldDesign],
) -> Iterable[TransitionDesign]:
    """One method a target: its sources are all that lead there, each with the groups that may do it."""
    found: dict[str, dict[str, list[str | None]]] = {}
    actions: dict[str, str] = {}
    for move in moves:
        source, target = keys[move.source], keys[move.target]
        if source != target:
            allowed = [group_of(move.role, groups)] if move.role else _approvers_of(target, approvers)
            found.setdefault(target, {}).setdefault(source, []).extend(allowed or [None])
            if move.action:
                actions.setdefault(target, move.action)
    for target, sources in found.items():
        said = title(one_line(actions.get(target, ""), 40))
        yield TransitionDesign(
            method=unused(field_name(f"action_{target}", fallback=target), fields),
            label=said or _words()["buttons"].get(target, f"Mark {labels[target]}"),
            target=target,
            moves=tuple((source, _groups(allowed)) for source, allowed in sources.items()),
        )


def _approvers_of(target: str, approvers: tuple[str, ...]) -> list[str | None]:
    return [*approvers] if target in ("approved", "rejected", "refused") else []


def _groups(allowed: Iterable[str | None]) -> tuple[str, ...]:
    """None among them: everybody may."""
    found = list(dict.fromkeys(allowed))
    return () if None in found else tuple(group for group in found if group)


@cache
def _words() -> dict[str, Any]:
    import yaml

    return yaml.safe_load((Path(__file__).parent / "state_words.yaml").read_text(encoding="utf-8"))
