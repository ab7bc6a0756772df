"""Layers for a directed graph, after Sugiyama: break cycles, rank by longest path, order by neighbours.

Deterministic: ties are broken by the order in which nodes and edges are given.
"""

from collections.abc import Sequence
from itertools import pairwise

Pair = tuple[int, int]
MAX_BENDS = 600
"""Beyond this, long edges are drawn straight: nobody follows them anyway."""
SWEEPS = 4
"""Rounds of ordering; more change nothing that an eye sees in graphs of this size."""


def split_edges(count: int, edges: Sequence[Pair]) -> tuple[list[Pair], list[Pair]]:
    """(forward, back): ``back`` closes cycles when nodes are visited in order, or leads from a node to itself."""
    following: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        following[source].append(target)
    back: set[Pair] = set()
    state = [0] * count  # 0 unseen, 1 open, 2 done
    for start in range(count):
        if state[start]:
            continue
        state[start] = 1
        stack = [(start, iter(following[start]))]
        while stack:
            node, targets = stack[-1]
            target = next(targets, None)
            if target is None:
                state[node] = 2
                stack.pop()
            elif state[target] == 1:
                back.add((node, target))
            elif state[target] == 0:
                state[target] = 1
                stack.append((target, iter(following[target])))
    return [edge for edge in edges if edge not in back], [edge for edge in edges if edge in back]


def layers(count: int, forward: Sequence[Pair]) -> tuple[list[list[int]], list[list[int]]]:
    """(rows, chains) of a graph without cycles.

    Rows hold the nodes by rank (longest path from a root), each in drawing order. A chain is the way of one edge: its
    source, a bend in every row between (a number from ``count`` up, which stands in that row too), its target.
    """
    rank = _ranks(count, forward)
    chains = [list(edge) for edge in forward]
    if sum(rank[target] - rank[source] - 1 for source, target in forward) <= MAX_BENDS:
        for chain in chains:
            between = range(rank[chain[0]] + 1, rank[chain[1]])
            chain[1:1] = range(len(rank), len(rank) + len(between))
            rank += between
    return _ordered(rank, [pair for chain in chains for pair in pairwise(chain)]), chains


def _ordered(rank: Sequence[int], forward: Sequence[Pair]) -> list[list[int]]:
    count = len(rank)
    rows: list[list[int]] = [[] for _ in range(max(rank, default=-1) + 1)]
    for node in range(count):
        rows[rank[node]].append(node)
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    for source, target in forward:
        before[target].append(source)
        after[source].append(target)
    for _ in range(SWEEPS):
        _sweep(rows, before)
        _sweep(rows[::-1], after)
    _sweep(rows, before)
    return rows


def _ranks(count: int, forward: Sequence[Pair]) -> list[int]:
    rank, waiting = [0] * count, [0] * count
    following: list[list[int]] = [[] for _ in range(count)]
    for source, target in forward:
        following[source].append(target)
        waiting[target] += 1
    ready = [node for node in range(count) if not waiting[node]]
    for node in ready:
        for target in following[node]:
            rank[target] = max(rank[target], rank[node] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    return rank


def _sweep(rows: Sequence[list[int]], neighbours: Sequence[Sequence[int]]) -> None:
    """Sort each row, in place, by the mean place of its nodes' neighbours in rows that were sorted before."""
    place: dict[int, float] = {}
    for row in rows:
        for position, node in enumerate(row):
            place.setdefault(node, position - (len(row) - 1) / 2)
    for row in rows:
        means = {
            node: sum(place[n] for n in neighbours[node]) / len(neighbours[node]) if neighbours[node] else place[node]
            for node in row
        }
        row.sort(key=lambda node: (means[node], place[node]))
        for position, node in enumerate(row):
            place[node] = position - (len(row) - 1) / 2
