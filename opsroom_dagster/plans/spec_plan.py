"""The tasks of any spec bundle → a plan: one step a task, in the order that its marks ask for.

A phase waits for the one before it; phases of user stories wait for the last other phase and not for each other.
Inside a phase a task waits for the tasks above it, except that neighbours marked ``[P]`` run side by side. A task that
says what it depends on waits for that instead of for its phase's order, and a task with nested tasks waits for them.

No command is made up: a task that names a known tool (``tool: <id>``) becomes a call of it, any other waits for a
person. Words of the bundle stand in titles and descriptions only, which are never interpolated.
"""

import re
from collections.abc import Mapping

from opsroom_dagster.plans.graph import in_dependency_order
from opsroom_dagster.plans.literal import literal
from opsroom_dagster.plans.model import APPROVE, Json, Plan, PlanMetadata, Step, Tool
from opsroom_dagster.project import slugify
from opsroom_dagster.specs.model import SpecBundle, SpecTask

_TOOL = re.compile(r"\btool:\s*`?([a-z0-9][a-z0-9_-]*)`?", re.IGNORECASE)
_STORY_PHASE = re.compile(r"\buser (?:story|scenario)\b", re.IGNORECASE)
TITLE_LENGTH = 120


def compile_spec_plan(bundle: SpecBundle, tools: Mapping[str, Tool] | None = None) -> Plan:
    """The plan. Contradictory dependencies stay in it, so that ``check_plan`` names them."""
    needs = _within_phases(bundle.tasks)
    _between_phases(bundle.tasks, needs)
    names = _step_ids(bundle.tasks)
    graph = {task.id: list(dict.fromkeys(need for need in needs[task.id] if need in names)) for task in bundle.tasks}
    order = in_dependency_order(graph)
    order += [name for name in graph if name not in set(order)]
    tasks = {task.id: task for task in bundle.tasks}
    return Plan(
        id=slugify(f"spec {bundle.slug}") or "spec",
        kind="spec",
        title=literal(bundle.title) or bundle.slug,
        description=f"The tasks of the specification {literal(bundle.slug)}.",
        steps=tuple(
            _step(tasks[name], idx, names, [names[need] for need in graph[name]], tools or {})
            for idx, name in enumerate(order)
        ),
        metadata=PlanMetadata(source=f"spec:{literal(bundle.slug)}"),
    )


def _step(task: SpecTask, idx: int, names: Mapping[str, str], needs: list[str], tools: Mapping[str, Tool]) -> Step:
    match = _TOOL.search(task.text)
    tool = match.group(1) if match and match.group(1) in tools else None
    text = literal(task.text)
    unknown = [need for need in task.depends_on if need not in names]
    notes = [text if len(text) > TITLE_LENGTH else "", f"Phase: {literal(task.phase)}." if task.phase else ""]
    notes.append(f"It also names {', '.join(unknown)}, which this bundle does not have." if unknown else "")
    args: Json = {"task": literal(task.id), "done": task.done}
    return Step(
        id=names[task.id],
        idx=idx,
        title=text if len(text) <= TITLE_LENGTH else f"{text[: TITLE_LENGTH - 1]}…",
        description=" ".join(note for note in notes if note) or None,
        kind="tool" if tool else "system",
        tool=tool,
        action="call" if tool else APPROVE,
        args={} if tool else args,
        dependsOn=tuple(needs),
    )


def _step_ids(tasks: tuple[SpecTask, ...]) -> dict[str, str]:
    """Task id → step id; two task ids that differ in punctuation only get different ones."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for task in tasks:
        base = slugify(task.id) or "task"
        name, number = base, 1
        while name in taken:
            number += 1
            name = f"{base}-{number}"
        taken.add(name)
        found[task.id] = name
    return found


def _within_phases(tasks: tuple[SpecTask, ...]) -> dict[str, list[str]]:
    needs: dict[str, list[str]] = {task.id: list(task.depends_on) for task in tasks}
    group: list[SpecTask] = []  # what the next task waits for, unless it runs beside it
    before: list[SpecTask] = []  # what stands above that group
    phase: str | None = None
    for task in (task for task in tasks if task.parent is None):
        if task.phase != phase:
            group, before, phase = [], [], task.phase
        beside = task.parallel and bool(group) and group[-1].parallel
        if not beside:
            before, group = group, []
        if not task.depends_on:
            needs[task.id] += [above.id for above in before]
        group.append(task)
    for task in tasks:
        if task.parent is not None and task.parent in needs:
            # The nested task starts when its parent could have; the parent is done when its parts are.
            needs[task.parent].append(task.id)
    parents = {task.id: task.parent for task in tasks}
    starts = {name: [need for need in found if parents.get(need) != name] for name, found in needs.items()}
    for task in tasks:
        if task.parent is not None and task.parent in starts and not task.depends_on:
            needs[task.id] += starts[task.parent]
    return needs


def _between_phases(tasks: tuple[SpecTask, ...], needs: dict[str, list[str]]) -> None:
    phases: dict[str, list[str]] = {}
    for task in tasks:
        phases.setdefault(task.phase, []).append(task.id)
    gate: list[str] = []  # ends of the phase that phases of stories wait for
    ends = gate  # ends of the phases of stories since then, or the gate itself
    for phase, members in phases.items():
        inside = set(members)
        waits = gate if _STORY_PHASE.search(phase) else ends
        for name in members:
            if not inside.intersection(needs[name]):
                needs[name] += [end for end in waits if end not in needs[name]]
        wanted = {need for name in members for need in needs[name]}
        last = [name for name in members if name not in wanted]
        if _STORY_PHASE.search(phase):
            ends = last if ends is gate else [*ends, *last]
        else:
            gate = ends = last
