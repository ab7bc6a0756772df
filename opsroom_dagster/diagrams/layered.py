"""A directed graph (steps of a plan, states of a workflow) as a layered drawing, left to right."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from unicodedata import east_asian_width

from opsroom_dagster.diagrams.layout import layers, split_edges

HEIGHT, ROW_GAP, LAYER_GAP, MARGIN, MAX_LABEL = 32, 22, 46, 14, 34
SHOWN_WIDTH, SMALLEST = 1000, 0.65
"""What fits into a dialog of the UI; wider graphs are scaled down, as far as their texts stay readable."""
CHARACTER = 7.0
"""Pixels of an average character at 13 px."""
# Mid greys and blues that read on white and on the UI's dark background alike.
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1f2a37;text-anchor:middle;dominant-baseline:central}"
    ".n{fill:#e8eef7;stroke:#5b7aa8;stroke-width:1.2}"
    ".e{fill:none;stroke:#7a8699;stroke-width:1.4}.b{stroke-dasharray:5 3}"
    ".l{font-size:11px;fill:#3d4a5c}.h{fill:#f4f6f9;opacity:.92}"
)

_FORBIDDEN = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class _Box:
    x: float
    y: float
    width: float

    @property
    def middle(self) -> float:
        return self.y + HEIGHT / 2

    @property
    def right(self) -> float:
        return self.x + self.width


def layered_svg(nodes: Sequence[tuple[str, str]], edges: Sequence[tuple[str, str, str]]) -> str:
    """The graph as a stand-alone SVG; equal arguments give equal text.

    Args:
        nodes: (id, label); a label longer than 34 characters is cut, its full text is the box's tooltip.
        edges: (source id, target id, label, which may be empty). Cycles are allowed: what closes one is drawn dashed,
            in a bow below. Edges that name an unknown node are left out.
    """
    unique = dict(nodes)
    index = {name: position for position, name in enumerate(unique)}
    labels = list(unique.values())
    named: dict[tuple[int, int], str] = {}
    for source, target, label in edges:
        if source in index and target in index:
            pair = index[source], index[target]
            named[pair] = ", ".join(part for part in (named.get(pair, ""), label) if part)
    forward, back = split_edges(len(labels), list(named))
    rows, chains = layers(len(labels), forward)
    boxes = _place(rows, labels, named)
    bottom = max((box.y + HEIGHT for box in boxes.values()), default=HEIGHT)
    bows = [pair for pair in back if pair[0] != pair[1]]
    depths = {pair: bottom + 18 + 16 * position for position, pair in enumerate(bows)}
    lines = [
        *(_line([boxes[node] for node in chain], named[chain[0], chain[-1]]) for chain in chains),
        *(
            _bow(boxes[source], boxes[target], named[source, target], depths.get((source, target)))
            for source, target in back
        ),
    ]
    paths, captions = [path for path, _ in lines], [caption for _, caption in lines]
    width = max((box.right for box in boxes.values()), default=0) + MARGIN
    height = bottom + MARGIN + (16 * len(bows) + 14 if back else 0)
    drawn = "".join(_node(boxes[node], labels[node]) for node in range(len(labels)))
    scale = max(min(1, SHOWN_WIDTH / width), SMALLEST)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width * scale:.0f}" height="{height * scale:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img"><style>{STYLE}</style>'
        '<defs><marker id="a" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#7a8699"/></marker></defs>'
        f'<rect width="100%" height="100%" rx="6" fill="#f4f6f9"/>{"".join(paths)}{drawn}{"".join(captions)}</svg>'
    )


def _place(rows: list[list[int]], labels: list[str], named: dict[tuple[int, int], str]) -> dict[int, _Box]:
    tallest = max((len(row) for row in rows), default=0) * (HEIGHT + ROW_GAP) - ROW_GAP
    boxes: dict[int, _Box] = {}
    left = float(MARGIN)
    for rank, row in enumerate(rows):
        width = max(_width(_cut(labels[node])) + 24 if node < len(labels) else 0 for node in row)
        top = MARGIN + (tallest - len(row) * (HEIGHT + ROW_GAP) + ROW_GAP) / 2
        for position, node in enumerate(row):
            boxes[node] = _Box(left, top + position * (HEIGHT + ROW_GAP), width)
        leaving = [label for (source, _), label in named.items() if source in row]
        following = rank + 1 < len(rows)
        left += width + max([LAYER_GAP, *(_width(_cut(label)) * 0.86 + 26 for label in leaving)] if following else [0])
    return boxes


def _node(box: _Box, label: str) -> str:
    return (
        f'<g><title>{_xml(label)}</title><rect class="n" x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" '
        f'height="{HEIGHT}" rx="7"/><text x="{box.x + box.width / 2:.1f}" y="{box.middle:.1f}">'
        f"{_xml(_cut(label))}</text></g>"
    )


def _line(boxes: list[_Box], label: str) -> tuple[str, str]:
    """A forward edge through the bends between its ends, and its caption."""
    path = f"M{boxes[0].right:.1f} {boxes[0].middle:.1f}"
    for source, target in pairwise(boxes):
        half = (target.x - source.right) / 2
        path += (
            f"C{source.right + half:.1f} {source.middle:.1f} {target.x - half:.1f} {target.middle:.1f} "
            f"{target.x:.1f} {target.middle:.1f}"
        )
        if target is not boxes[-1]:
            path += f"H{target.right:.1f}"
    first, second = boxes[0], boxes[1]
    y = (first.middle + second.middle) / 2 - (9 if first.middle == second.middle else 0)
    return _path(path, "e"), _caption(label, (first.right + second.x) / 2, y)


def _bow(source: _Box, target: _Box, label: str, depth: float | None) -> tuple[str, str]:
    """An edge that closes a cycle, drawn below all boxes at ``depth``; without one, a loop at the node itself."""
    low = source.y + HEIGHT
    if depth is None:
        x, y = source.x + source.width / 2, low + 14
        path = f"M{x + 14:.1f} {low:.1f}C{x + 22:.1f} {y + 6:.1f} {x - 22:.1f} {y + 6:.1f} {x - 14:.1f} {low:.1f}"
        return _path(path, "e b"), _caption(label, x, y)
    start, end = source.x + source.width * 0.6, target.x + target.width * 0.4
    middle = (start + end) / 2
    path = (
        f"M{start:.1f} {low:.1f}C{start:.1f} {depth:.1f} {start:.1f} {depth:.1f} {middle:.1f} {depth:.1f}"
        f"S{end:.1f} {depth:.1f} {end:.1f} {target.y + HEIGHT:.1f}"
    )
    return _path(path, "e b"), _caption(label, middle, depth)


def _path(path: str, style: str) -> str:
    return f'<path class="{style}" marker-end="url(#a)" d="{path}"/>'


def _caption(label: str, x: float, y: float) -> str:
    if not label:
        return ""
    text = _cut(label)
    width = _width(text) * 0.86 + 8
    return (
        f'<rect class="h" x="{x - width / 2:.1f}" y="{y - 8:.1f}" width="{width:.1f}" height="16" rx="3"/>'
        f'<text class="l" x="{x:.1f}" y="{y:.1f}">{_xml(text)}</text>'
    )


def _width(text: str) -> float:
    return CHARACTER * sum(1.75 if east_asian_width(character) in "WF" else 1 for character in text)


def _cut(label: str) -> str:
    return label if len(label) <= MAX_LABEL else label[: MAX_LABEL - 1] + "…"


def _xml(text: str) -> str:
    """Escaped, and without the control characters that XML 1.0 forbids."""
    return escape(
        "".join(
            c for c in text if c in "\t\n" or (c >= " " and c not in "\ufffe\uffff" and not "\ud800" <= c <= "\udfff")
        )
    )
