"""A plan's graph in the terminal: boxes and lines by level, or the levels alone where that would be too wide."""

import textwrap

from opsroom_dagster.diagrams.boxes import layered_boxes
from opsroom_dagster.diagrams.layout import split_edges
from opsroom_dagster.plans.graph import ancestors
from opsroom_dagster.plans.model import Plan

MOST_BOXES = 150
"""Steps beyond which nobody follows lines any more."""


def graph_lines(plan: Plan, width: int) -> list[str]:
    """The graph, one level a number; steps of one level can run in parallel.

    Args:
        width: columns of the terminal.
    """
    numbered = _boxes(plan, width) if len(plan.steps) <= MOST_BOXES else None
    return numbered if numbered is not None else _levels(plan, width)


def levels(plan: Plan) -> list[list[str]]:
    """Step ids by the length of the longest way to them, in the order of the plan."""
    graph = _graph(plan)
    rank: dict[str, int] = {}
    for name in graph:  # what closes a cycle, or names a later step, does not count
        rank[name] = 1 + max((rank[need] for need in graph[name] if need in rank), default=-1)
    found: list[list[str]] = [[] for _ in range(max(rank.values(), default=-1) + 1)]
    for name, level in rank.items():
        found[level].append(name)
    return found


def _boxes(plan: Plan, width: int) -> list[str] | None:
    names = [step.id for step in plan.steps]
    place = {name: number for number, name in enumerate(names)}
    edges = [(place[need], place[name]) for name, needs in _reduced(_graph(plan)).items() for need in needs]
    gutter = len(str(len(names))) + 2
    drawn = layered_boxes(names, edges, width - gutter - 16)
    if drawn is None:
        return None
    counts = [len(level) for level in levels(plan)]
    found: list[str] = []
    for number, lines in enumerate(drawn):
        parallel = counts[number] if number < len(counts) else 1
        for line, text in enumerate(lines):
            head = str(number + 1) if line == 1 else ""
            tail = f"   {parallel} in parallel" if line == 1 and parallel > 1 else ""
            found.append(f"{head:>{gutter - 2}}  {text}{tail}".rstrip())
    return found


def _levels(plan: Plan, width: int) -> list[str]:
    found: list[str] = []
    for number, names in enumerate(levels(plan)):
        head = f"{number + 1:>4}  " + (f"{len(names)} in parallel: " if len(names) > 1 else "")
        found += textwrap.wrap(
            head + ", ".join(names), width, subsequent_indent=" " * 6, break_long_words=False, break_on_hyphens=False
        )
    return found


def _graph(plan: Plan) -> dict[str, list[str]]:
    """The dependencies that are no part of a cycle."""
    names = {step.id: number for number, step in enumerate(plan.steps)}
    pairs = [(names[need], names[step.id]) for step in plan.steps for need in step.depends_on if need in names]
    kept = set(split_edges(len(names), pairs)[0])
    return {
        step.id: [need for need in step.depends_on if need in names and (names[need], names[step.id]) in kept]
        for step in plan.steps
    }


def _reduced(graph: dict[str, list[str]]) -> dict[str, list[str]]:
    """Without the dependencies that follow from others: they would only be more lines."""
    before = ancestors(graph)
    place = {name: number for number, name in enumerate(graph)}
    return {
        name: [need for need in needs if not any(before[other] >> place[need] & 1 for other in needs)]
        for name, needs in graph.items()
    }
