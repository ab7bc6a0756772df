"""Markdown becomes blocks with exact lines, and nothing is lost."""

import pytest

from opsroom_dagster.documents.loss import losses
from opsroom_dagster.documents.model import Document
from opsroom_dagster.documents.read import read_documents
from opsroom_dagster.documents.sources import SourceFile
from opsroom_dagster.documents.text import decode
from opsroom_dagster.errors import InputError


def read(text: str | bytes, name: str = "a.md") -> Document:
    data = text if isinstance(text, bytes) else text.encode()
    from pathlib import Path

    return read_documents([SourceFile(name, Path(name), data)]).documents[0]


def rows(document: Document) -> list[tuple[str, str, int, int]]:
    return [(b.kind, b.text, b.location.line_start, b.location.line_end) for b in document.blocks]


def test_blocks_of_every_kind_have_their_lines() -> None:
    document = read(
        "# Title `x`\n\nA **bold**\nparagraph\n- one\n  - two\n\n| a | b |\n|---|---|\n| 1 | `c\\|d` |\n"
        "\n```SQL\nselect 1\n```\n\n![pic](p.png)\n"
    )
    assert rows(document) == [
        ("heading", "Title `x`", 1, 1),
        ("paragraph", "A **bold**\nparagraph", 3, 4),
        ("list_item", "one", 5, 5),
        ("list_item", "two", 6, 6),
        ("table", "", 8, 10),
        ("code", "select 1", 12, 14),
        ("image", "![pic](p.png)", 16, 16),
    ]
    assert document.blocks[4].rows == (("1", "`c|d`"),)
    assert document.blocks[5].language == "sql"
    assert document.title == "Title x"


def test_nesting_and_headings_are_kept() -> None:
    document = read("# A\n### B\n- [x] one\n    - two\n\n      three\n1. four\n## C\nfive\n")
    by_text = {block.text: block for block in document.blocks}
    assert by_text["B"].heading == by_text["A"].id
    assert by_text["C"].heading == by_text["A"].id
    assert (by_text["one"].checked, by_text["two"].checked) == (True, None)
    assert (by_text["two"].parent, by_text["two"].level) == (by_text["one"].id, 1)
    assert by_text["three"].parent == by_text["two"].id
    assert by_text["four"].ordered
    assert by_text["five"].heading == by_text["C"].id


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_line_ends_and_byte_order_marks_do_not_matter(end: str) -> None:
    plain = read("# A\n\ntext\n")
    assert rows(read(b"\xef\xbb\xbf" + f"# A{end}{end}text{end}".encode())) == rows(plain)


def test_comments_are_dropped_and_front_matter_is_read() -> None:
    document = read('---\ntitle: "My app"\nowner: me\n---\n<!-- hidden\nstill -->\nshown <!-- not --> here\n')
    assert document.front_matter == {"title": "My app", "owner": "me"}
    assert document.title == "My app"
    assert rows(document) == [("paragraph", "shown  here", 7, 7)]


def test_html_keeps_its_text_and_images() -> None:
    document = read("<div>\n  <b>Hello</b> there\n</div>\n\n<img src='x.png'>\n")
    assert [(kind, text.strip()) for kind, text, _, _ in rows(document)] == [
        ("paragraph", "Hello  there"),
        ("image", "<img src='x.png'>"),
    ]


def test_indented_lists_are_lists_and_link_definitions_stay() -> None:
    assert [kind for kind, *_ in rows(read("text\n\n    - item\n\n[ref]: http://x.y\n"))] == [
        "paragraph",
        "list_item",
        "paragraph",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "# A\n\n- a\n  > quoted\n  - b\n\n1) c\n\n* * *\n\nSetext\n======\n\n~~~\ncode\n~~~\n",
        "| a | b |\n|:--|--:|\n| <b>x</b> |\n\n<details>\n<summary>S</summary>\n\ninside\n\n</details>\n",
        "---\na: b\n---\n\n# 顧客\n\n- **名前**: 文字列\n\n<!-- c -->\n",
    ],
)
def test_nothing_is_lost(text: str) -> None:
    assert list(losses(read(text), decode(text.encode(), "a.md"))) == []


def test_a_lost_line_and_a_misplaced_block_are_found() -> None:
    text = "# A\n\nfirst\n\nsecond\n"
    document = read(text)
    without = document.model_copy(update={"blocks": document.blocks[:-1]})
    assert ["second" in loss for loss in losses(without, text)] == [True]
    moved = document.blocks[1].model_copy(update={"location": document.blocks[0].location})
    altered = document.model_copy(update={"blocks": (document.blocks[0], moved, document.blocks[2])})
    assert any("first" in loss for loss in losses(altered, text))


def test_hostile_nesting_is_refused_with_its_line() -> None:
    with pytest.raises(InputError, match=r"a\.md:3: .*nested too deeply"):
        read("ok\n\n" + "- " * 10_000 + "x\n")
    with pytest.raises(InputError, match="nested too deeply"):
        read("> " * 5_000 + "x\n")


def test_large_lists_and_tables_are_read() -> None:
    assert len(read("- item\n" * 10_000).blocks) == 10_000
    table = read("| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 10_000).blocks[0]
    assert len(table.rows) == 10_000


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04\x00\x00", "binary"),
        (b"# ok\n\nbad \xff byte", r"a\.md:3: the text is not UTF-8: byte 0xff at offset 10"),
        (b"  \n\t\n", "empty"),
        ("x".encode("utf-16"), "UTF-16"),
    ],
)
def test_bytes_that_are_no_text_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(data)
