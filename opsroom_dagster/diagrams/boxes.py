"""A directed graph as boxes and lines of text, from top to bottom: one row of boxes for what can run side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from unicodedata import east_asian_width

from opsroom_dagster.diagrams.layout import layers, split_edges

GAP, MAX_LABEL, MAX_TRACKS = 3, 30, 24
UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
_LINES = dict(zip(range(16), " │││─┘┐┤─└┌├─┴┬┼", strict=True))
_WIDE = "\0"
"""The second cell of a character that is two cells wide."""


def layered_boxes(labels: Sequence[str], edges: Sequence[tuple[int, int]], width: int) -> list[list[str]] | None:
    """The lines of each layer, those to the next layer included; None: it is wider than ``width`` or too entangled.

    Args:
        labels: texts of the boxes, by number; long ones are cut.
        edges: (from, to). What closes a cycle is not drawn.
    """
    forward, _ = split_edges(len(labels), list(dict.fromkeys(edges)))
    rows, chains = layers(len(labels), forward)
    texts = [_odd(_cut(label)) for label in labels]
    columns, total = _columns(rows, texts)
    if total > width:
        return None
    following: dict[int, list[int]] = {}
    for chain in chains:
        for source, target in pairwise(chain):
            targets = following.setdefault(source, [])
            if target not in targets:
                targets.append(target)
    drawn: list[list[str]] = []
    for place, row in enumerate(rows):
        canvas = _Canvas(total)
        entered = (
            {target for source in rows[place - 1] for target in following.get(source, [])} if place else set[int]()
        )
        for node in row:
            if node < len(texts):
                canvas.box(texts[node], columns[node], below=node in following, above=node in entered)
            else:
                canvas.pipe(columns[node])
        nets = _nets([(columns[source], [columns[t] for t in following.get(source, [])]) for source in row])
        tracks = _tracks(nets)
        if max(tracks, default=0) > MAX_TRACKS:
            return None
        canvas.wires(nets, tracks)
        drawn.append(canvas.lines())
    return drawn


@dataclass(frozen=True)
class _Net:
    """Columns that are joined by one line: from above (sources) and to below (targets)."""

    sources: frozenset[int]
    targets: frozenset[int]

    @property
    def span(self) -> tuple[int, int]:
        columns = self.sources | self.targets
        return min(columns), max(columns)

    @property
    def straight(self) -> bool:
        return len(self.sources | self.targets) == 1


@dataclass
class _Canvas:
    width: int
    cells: list[list[str]] = field(default_factory=list[list[str]])

    def box(self, text: str, middle: int, *, below: bool, above: bool) -> None:
        """Three lines; ``below`` and ``above``: lines leave it and reach it there."""
        inner = _width(text) + 2
        left = middle - (inner + 2) // 2
        self._grow(3)
        self._put(0, left, "┌" + "─" * inner + "┐")
        self._put(1, left, "│ " + text + " │")
        self._put(2, left, "└" + "─" * inner + "┘")
        if below:
            self._put(2, middle, "┬")
        if above:
            self._put(0, middle, "▼")

    def pipe(self, column: int) -> None:
        """A line that passes the row."""
        self._grow(3)
        for line in range(3):
            self._put(line, column, "│")

    def wires(self, nets: Sequence[_Net], tracks: Sequence[int]) -> None:
        """What leads to the next row."""
        height = max(tracks, default=-1) + 1 or int(any(net.targets for net in nets))
        marks: list[dict[int, dict[int, int]]] = [{} for _ in range(height)]  # line → column → net → directions
        for number, (net, track) in enumerate(zip(nets, tracks, strict=True)):
            _mark(marks, number, net, track)
        top = len(self.cells)
        self._grow(top + height)
        for line, columns in enumerate(marks):
            for column, found in columns.items():
                self._put(top + line, column, _joint(list(found.values())))

    def lines(self) -> list[str]:
        """The text, without blanks at the ends."""
        return ["".join(cell for cell in line if cell != _WIDE).rstrip() for line in self.cells]

    def _grow(self, lines: int) -> None:
        while len(self.cells) < lines:
            self.cells.append([" "] * self.width)

    def _put(self, line: int, column: int, text: str) -> None:
        for character in text:
            self.cells[line][column] = character
            if east_asian_width(character) in "WF":
                column += 1
                self.cells[line][column] = _WIDE
            column += 1


def _columns(rows: Sequence[Sequence[int]], texts: Sequence[str]) -> tuple[dict[int, int], int]:
    """(node → its middle column, the width of all)."""
    sizes = [[_width(texts[node]) + 4 if node < len(texts) else 1 for node in row] for row in rows]
    widths = [sum(row) + GAP * (len(row) - 1) for row in sizes]
    total = max(widths, default=0)
    found: dict[int, int] = {}
    for row, inner, own in zip(rows, sizes, widths, strict=True):
        left = (total - own) // 2
        for node, size in zip(row, inner, strict=True):
            found[node] = left + size // 2
            left += size + GAP
    return found, total


def _nets(wires: Sequence[tuple[int, Sequence[int]]]) -> list[_Net]:
    """Sources that lead to the same targets share a line."""
    joined: dict[frozenset[int], set[int]] = {}
    for source, targets in wires:
        if targets:
            joined.setdefault(frozenset(targets), set()).add(source)
    return [_Net(frozenset(sources), targets) for targets, sources in joined.items()]


def _tracks(nets: Sequence[_Net]) -> list[int]:
    """The line of each net, counted from the top, so that no two lie on each other; straight ones need none (-1)."""
    found = [-1] * len(nets)
    waiting = [number for number, net in enumerate(nets) if not net.straight]
    while waiting:
        # A line that comes from above into a column must turn away above the line that leaves it downwards.
        free = [n for n in waiting if not any(m != n and nets[m].sources & nets[n].targets for m in waiting)]
        number = (free or waiting)[0]
        waiting.remove(number)
        above = [found[m] for m in range(len(nets)) if found[m] >= 0 and nets[m].sources & nets[number].targets]
        track = max(above, default=-1) + 1
        while any(found[m] == track and _overlap(nets[m].span, nets[number].span) for m in range(len(nets))):
            track += 1
        found[number] = track
    return found


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _mark(marks: list[dict[int, dict[int, int]]], number: int, net: _Net, track: int) -> None:
    def add(line: int, column: int, direction: int) -> None:
        cell = marks[line].setdefault(column, {})
        cell[number] = cell.get(number, 0) | direction

    if net.straight:
        for line in range(len(marks)):
            add(line, min(net.sources), UP | DOWN)
        return
    first, last = net.span
    for column in range(first, last + 1):
        add(track, column, (LEFT if column > first else 0) | (RIGHT if column < last else 0))
    for column in net.sources:
        add(track, column, UP)
        for line in range(track):
            add(line, column, UP | DOWN)
    for column in net.targets:
        add(track, column, DOWN)
        for line in range(track + 1, len(marks)):
            add(line, column, UP | DOWN)


def _joint(directions: list[int]) -> str:
    """Lines that cross without a joint: the one that runs down lies above the other."""
    upright = [mask for mask in directions if mask & (UP | DOWN)]
    mask = 0
    for part in upright or directions:
        mask |= part
    return _LINES[mask]


def _odd(text: str) -> str:
    """Of an odd width, so that boxes have a middle and rows of any number of them the same one."""
    return text if _width(text) % 2 else f"{text} "


def _width(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _cut(label: str) -> str:
    plain = "".join(character if character.isprintable() else "·" for character in label)
    return plain if len(plain) <= MAX_LABEL else plain[: MAX_LABEL - 1] + "…"
