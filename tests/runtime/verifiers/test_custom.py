"""Functions of installed distributions are verifiers, and nothing else is."""

import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from opsroom_dagster.errors import InputError, MissingToolError
from opsroom_dagster.plans.model import Verifier
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.entrypoints import installed_verifiers, resolve
from opsroom_dagster.runtime.model import Verdict
from opsroom_dagster.runtime.verifiers import config_mistakes
from tests.runtime.verifiers.conftest import Asked

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a distribution, as an installer would: its metadata lies beside its module."""

    def make(name: str = "acme-checks", *, entries: dict[str, str], version: str = "1.2.0") -> None:
        site = tmp_path / f"site-{name}"
        folder = site / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
        lines = "".join(f"{entry} = {target}\n" for entry, target in entries.items())
        (folder / "entry_points.txt").write_text(f"[opsroom.verifiers]\n{lines}", encoding="utf-8")
        monkeypatch.syspath_prepend(str(site))

    return make


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A module of a user; what is put in is in it."""
    module = types.ModuleType("acme_checks")
    monkeypatch.setitem(sys.modules, "acme_checks", module)
    return vars(module)


def test_an_installed_function_is_called_with_its_arguments(
    asked: Asked, install: Install, acme: dict[str, Any]
) -> None:
    def tall(args: dict[str, Any], context: StepContext) -> Verdict:
        found = len((context.output / args["file"]).read_text(encoding="utf-8"))
        return Verdict.passed("tall enough", found=found) if found >= args["least"] else Verdict.failed("too short")

    acme["tall"] = tall
    install(entries={"acme.tall": "acme_checks:tall"})
    asked.write("a.txt", "12345")
    asked.inputs["least"] = 3
    config = {"entrypoint": "acme.tall", "args": {"file": "a.txt", "least": "{{inputs.least}}"}}
    verdict = asked.verdict("custom", **config)
    assert (verdict.status, verdict.summary) == ("passed", "tall enough")
    assert verdict.evidence == {"found": 5, "verifier": "acme.tall of acme-checks 1.2.0"}
    asked.inputs["least"] = 9
    assert asked.verdict("custom", **config).status == "failed"


@pytest.mark.parametrize(
    "name", ["os:system", "acme_checks:tall", "opsroom_dagster.runtime.entrypoints:resolve", "../x", ""]
)
def test_other_code_cannot_be_named(asked: Asked, install: Install, acme: dict[str, Any], name: str) -> None:
    install(entries={"acme.tall": "acme_checks:tall"})
    acme["tall"] = lambda *_: pytest.fail("called")
    assert asked.verdict("custom", entrypoint=name).status == "failed"
    assert config_mistakes(Verifier(id="v", kind="custom", config={"entrypoint": name}))


def test_actions_cannot_name_installed_verifiers(install: Install) -> None:
    install(entries={"acme.tall": "acme_checks:tall"})
    with pytest.raises(InputError, match="not allowed"):
        resolve("acme.tall")


def test_what_is_not_installed_is_told_before_the_run_and_inconclusive_in_it(asked: Asked, install: Install) -> None:
    install(entries={"acme.tall": "acme_checks:tall"})
    verifier = Verifier(id="v", kind="custom", config={"entrypoint": "acme.wide"})
    (told,) = config_mistakes(verifier)
    assert told.startswith("/entrypoint: The verifier 'acme.wide' is missing") and "installed: acme.tall" in told
    assert asked.verdict("custom", entrypoint="acme.wide").status == "inconclusive"


def test_a_name_that_two_distributions_claim_is_nobodys(asked: Asked, install: Install) -> None:
    install("acme-checks", entries={"tall": "acme_checks:tall"})
    install("evil-checks", entries={"tall": "evil_checks:tall", "wide": "evil_checks:wide"})
    assert list(installed_verifiers()) == ["wide"]
    assert asked.verdict("custom", entrypoint="tall").status == "inconclusive"


def test_what_cannot_be_loaded_or_returns_no_verdict_has_failed(
    asked: Asked, install: Install, acme: dict[str, Any]
) -> None:
    install(entries={"gone": "acme_checks:gone", "yes": "acme_checks:yes"})
    acme["yes"] = lambda args, context: True
    assert "cannot be loaded" in asked.verdict("custom", entrypoint="gone").summary
    verdict = asked.verdict("custom", entrypoint="yes")
    assert (verdict.status, verdict.summary) == ("failed", "the verifier 'yes' returned bool, not a Verdict.")


def test_missing_tools_of_a_function_are_inconclusive(asked: Asked, install: Install, acme: dict[str, Any]) -> None:
    def probe(args: dict[str, Any], context: StepContext) -> Verdict:
        raise MissingToolError("frobnicator", "Install it.")

    acme["probe"] = probe
    install(entries={"probe": "acme_checks:probe"})
    assert asked.verdict("custom", entrypoint="probe").status == "inconclusive"
