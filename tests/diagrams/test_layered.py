"""Drawings of graphs."""

import base64
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from opsroom_dagster.diagrams import data_uri, layered_svg
from opsroom_dagster.diagrams.layout import layers, split_edges

SVG = "{http://www.w3.org/2000/svg}"


def boxes(svg: str) -> list[tuple[float, float, float, float]]:
    rects = [rect for rect in ElementTree.fromstring(svg).iter(f"{SVG}rect") if rect.get("class") == "n"]
    return [tuple(float(rect.attrib[key]) for key in ("x", "y", "width", "height")) for rect in rects]  # pyright: ignore


def test_hostile_labels_stay_text() -> None:
    svg = layered_svg([("a", '</text><script>alert("1")</script>\x00\x1b'), ("b", "&amp;")], [("a", "b", "<b>'\"&")])
    tree = ElementTree.fromstring(svg)
    assert not list(tree.iter(f"{SVG}script"))
    assert [title.text for title in tree.iter(f"{SVG}title")] == ['</text><script>alert("1")</script>', "&amp;"]


def test_edges_point_to_the_right_and_cycles_bow_back() -> None:
    svg = layered_svg([("a", "A"), ("b", "B"), ("c", "C")], [("a", "b", "go"), ("b", "c", ""), ("c", "a", "reset")])
    a, b, c = boxes(svg)
    assert a[0] + a[2] < b[0] and b[0] + b[2] < c[0]
    assert svg.count('class="e b"') == 1


def test_unknown_ends_are_left_out_and_parallel_edges_share_a_line() -> None:
    svg = layered_svg([("a", "A"), ("b", "B")], [("a", "x", ""), ("a", "b", "one"), ("a", "b", "two")])
    assert svg.count("<path class=") == 1
    assert "one, two" in svg


def test_an_empty_graph_is_a_picture_too() -> None:
    ElementTree.fromstring(layered_svg([], []))


def test_a_data_uri_decodes_to_the_svg() -> None:
    svg = layered_svg([("a", "作業")], [])
    assert base64.b64decode(data_uri(svg).removeprefix("data:image/svg+xml;base64,")).decode() == svg


graphs = st.integers(1, 12).flatmap(
    lambda count: st.tuples(
        st.just(count),
        st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=30, unique=True),
    )
)


@given(graphs)
@settings(max_examples=150, deadline=None)
def test_any_graph_is_drawn_without_boxes_that_overlap(graph: tuple[int, list[tuple[int, int]]]) -> None:
    count, pairs = graph
    nodes = [(str(i), f"node {i}") for i in range(count)]
    edges = [(str(a), str(b), "") for a, b in pairs]
    svg = layered_svg(nodes, edges)
    assert svg == layered_svg(nodes, edges)
    places = boxes(svg)
    assert len(places) == count
    for i, (x, y, width, height) in enumerate(places):
        for other_x, other_y, other_width, other_height in places[i + 1 :]:
            apart = (
                x + width <= other_x
                or other_x + other_width <= x
                or y + height <= other_y
                or other_y + other_height <= y
            )
            assert apart


@given(graphs)
@settings(max_examples=150, deadline=None)
def test_forward_edges_have_no_cycle_and_go_down_the_rows(graph: tuple[int, list[tuple[int, int]]]) -> None:
    count, pairs = graph
    forward, back = split_edges(count, pairs)
    assert sorted(forward + back) == sorted(pairs)
    rows, chains = layers(count, forward)
    row_of = {node: rank for rank, row in enumerate(rows) for node in row}
    assert all(row_of[source] < row_of[target] for source, target in forward)
    assert all(
        [row_of[node] for node in chain] == list(range(row_of[chain[0]], row_of[chain[-1]] + 1)) for chain in chains
    )
