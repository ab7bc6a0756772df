"""The dependency graph of steps: order, cycles, ancestors. Plain names, so that broken plans can be looked at too."""

from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush

Graph = Mapping[str, Sequence[str]]
"""Name → names that it depends on; every name that is depended on is a key."""


def in_dependency_order(graph: Graph) -> list[str]:
    """Names after all that they depend on, else in the graph's own order; what stands in a cycle is left out."""
    position = {name: place for place, name in enumerate(graph)}
    dependents: dict[str, list[str]] = {name: [] for name in graph}
    waiting = {name: len(set(needs)) for name, needs in graph.items()}
    for name, needs in graph.items():
        for need in dict.fromkeys(needs):
            dependents[need].append(name)
    names = list(graph)
    ready = [position[name] for name in names if not waiting[name]]
    heapify(ready)
    ordered: list[str] = []
    while ready:
        name = names[heappop(ready)]
        ordered.append(name)
        for dependent in dependents[name]:
            waiting[dependent] -= 1
            if not waiting[dependent]:
                heappush(ready, position[dependent])
    return ordered


def cycles(graph: Graph) -> list[list[str]]:
    """One cycle of each knot (strongly connected part), starting at its first name, in the graph's order."""
    remaining = set(graph) - set(in_dependency_order(graph))
    found: list[list[str]] = []
    for start in graph:
        cycle = _cycle_through(start, graph, remaining) if start in remaining else []
        if cycle:
            found.append(cycle)
            remaining -= _knot(start, graph, remaining)
    return found


def ancestors(graph: Graph) -> dict[str, int]:
    """Name → bit set (by place in the graph) of all that it depends on, directly or not; empty for cycles."""
    position = {name: place for place, name in enumerate(graph)}
    found: dict[str, int] = dict.fromkeys(graph, 0)
    for name in in_dependency_order(graph):
        bits = 0
        for need in graph[name]:
            bits |= found[need] | 1 << position[need]
        found[name] = bits
    return found


def _cycle_through(start: str, graph: Graph, allowed: set[str]) -> list[str]:
    """The shortest way from ``start`` along dependencies back to it, or nothing."""
    came_from: dict[str, str] = {}
    queue = [start]
    for name in queue:
        for need in graph[name]:
            if need == start:
                path = [name]
                while path[-1] != start:
                    path.append(came_from[path[-1]])
                return path[::-1]
            if need in allowed and need not in came_from:
                came_from[need] = name
                queue.append(need)
    return []


def _knot(start: str, graph: Graph, allowed: set[str]) -> set[str]:
    """All names that ``start`` reaches and that reach ``start``."""
    backwards: dict[str, list[str]] = {name: [] for name in allowed}
    for name in allowed:
        for need in graph[name]:
            if need in allowed:
                backwards[need].append(name)
    return _reach(start, graph, allowed) & _reach(start, backwards, allowed)


def _reach(start: str, graph: Graph, allowed: set[str]) -> set[str]:
    seen, queue = {start}, [start]
    for name in queue:
        for need in graph[name]:
            if need in allowed and need not in seen:
                seen.add(need)
                queue.append(need)
    return seen
