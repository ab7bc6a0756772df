"""Names that some clone could not hold, or would take for git's own."""

import pytest

from opsroom_dagster.errors import InputError
from opsroom_dagster.forge.names import refuse_bad_names


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/etc/passwd", "leaves the repository"),
        ("a/../../b", "leaves the repository"),
        (".git/config", "git's own folder"),
        ("a/.GIT/hooks/x", "git's own folder"),
        ("a/.git./x", "git's own folder"),
        ("GIT~1/x", "git's own folder"),
        ("line\nbreak", "control characters"),
        ("nul\0", "control characters"),
        ("bytes\udcff", "broken UTF-8"),
    ],
)
def test_names_that_a_repository_must_not_hold(name: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        refuse_bad_names([name])


@pytest.mark.parametrize(
    "names",
    [("a/Model.py", "a/model.py"), ("A/x.py", "a/y.py"), ("caf\u00e9", "cafe\u0301"), ("stra\u00dfe", "STRASSE")],
    ids=["case", "case of a folder", "composition", "folding"],
)
def test_names_that_are_one_file_on_many_disks(names: tuple[str, str]) -> None:
    with pytest.raises(InputError, match="one file on many disks"):
        refuse_bad_names(names)


def test_ordinary_names_pass() -> None:
    refuse_bad_names([".gitignore", ".github/workflows/ci.yml", "git/x", "a/b.py", "a/c.py", "\u30d3\u30e5\u30fc.xml"])
