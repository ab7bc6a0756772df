"""Reading an addon: what does not parse is told, and nothing outside is read."""

from pathlib import Path

import pytest

from opsroom_dagster.codegen.odoo.verify.tree import load_addon
from opsroom_dagster.errors import InputError

BOMB = (
    '<!DOCTYPE odoo [<!ENTITY a "xxxxxxxxxx">'
    + "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><odoo>&i;</odoo>"
)


def test_files_are_parsed_by_their_kind(tmp_path: Path) -> None:
    (tmp_path / "__manifest__.py").write_text('{"name": "X", "data": ["a.xml", 3], "demo": "no list"}')
    (tmp_path / "a.xml").write_text("<odoo><!-- a comment --><?pi x?></odoo>")
    (tmp_path / "b.csv").write_text('id,name\nx,"a ""b"""\n')
    (tmp_path / "c.txt").write_text("not read")
    addon = load_addon(tmp_path, "18.0")

    assert addon.manifest["name"] == "X"
    assert addon.data_files == ["a.xml"]
    assert len(addon.xml["a.xml"]) == 0, "comments and processing instructions are no records"
    assert addon.csv["b.csv"] == [["id", "name"], ["x", 'a "b"']]
    assert addon.unreadable == ()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.py", b"def"),
        ("a.py", b"\xff\xfe"),
        ("a.xml", b"<odoo>"),
        ("a.xml", b'<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><odoo>&y;</odoo>'),
        ("a.xml", BOMB.encode()),
        ("a.xml", "<!DOCTYPE odoo><odoo />".encode("utf-16")),
        ("a.csv", b'"a"b,c\n'),
        ("a.csv", b"\xff"),
    ],
)
def test_what_does_not_parse_is_told_and_left_out(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    addon = load_addon(tmp_path, "18.0")

    assert [finding.file for finding in addon.unreadable] == [name]
    assert "does not parse" in addon.unreadable[0].message
    assert not addon.python and not addon.xml and not addon.csv


def test_a_manifest_is_read_and_never_run(tmp_path: Path) -> None:
    (tmp_path / "__manifest__.py").write_text("{'name': __import__('os').system('touch ran')}")

    assert load_addon(tmp_path, "18.0").manifest == {}
    assert not (tmp_path / "ran").exists()


def test_an_unknown_series_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Known series"):
        load_addon(tmp_path, "6.1")
