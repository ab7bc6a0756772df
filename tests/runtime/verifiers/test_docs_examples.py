"""Each example of docs/writing-a-verifier.md passes when all is well, and fails when it is not."""

import json
import re
import sys
import tomllib
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from opsroom_dagster.digests import digest_file, digest_tree
from opsroom_dagster.plans.model import Verifier
from opsroom_dagster.runtime.verifiers import config_mistakes, judge, kinds
from opsroom_dagster.settings import Settings
from tests.runtime.verifiers.conftest import Answer, Asked
from tests.runtime.verifiers.test_ci_gate import SHA, run, runs

PAGE = (Path(__file__).parents[3] / "docs" / "writing-a-verifier.md").read_text(encoding="utf-8")
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    """The code blocks of the page in a language; those inside of lists are of stages."""
    return [body for name, body in _FENCE.findall(PAGE) if name == language]


EXAMPLES = {example["kind"]: Verifier.model_validate(example) for example in map(yaml.safe_load, blocks("yaml"))}


@pytest.fixture
def world(asked: Asked, serve: Callable[..., str], settings: Settings) -> dict[str, Any]:
    """Everything that the examples look at; what is in the returned object can be broken."""
    state: dict[str, Any] = {"health": {"status": "up", "parts": [{"name": "database", "connected": True}]}}
    state["checks"] = runs(run("build"), run("test"))

    def answer(path: str, headers: Any) -> Answer:
        if path == "/health":
            return 200, {"Content-Type": "application/json"}, json.dumps(state["health"]).encode()
        assert path == f"/repos/acme/shop/commits/{SHA}/check-runs?per_page=100"
        return (
            (200, {}, json.dumps(state["checks"]).encode())
            if headers["Authorization"] == "Bearer t0ken"
            else (401, {}, b"")
        )

    url = serve(answer)
    version = asked.write("dist/VERSION", "1.2.3\n")
    assert settings.database_url is not None
    database = settings.database_url.get_secret_value()
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE schema_versions (version text)")
        connection.execute("INSERT INTO schema_versions VALUES ('1.2.3')")
    asked.inputs = {
        "service": url,
        "api": url,
        "version": "1.2.3",
        "commit": SHA,
        "tree_digest": digest_tree(asked.output / "dist"),
    }
    asked.secrets = {"DATABASE_URL": database, "FORGE_TOKEN": "t0ken"}
    asked.steps["scan"] = {"outputs": {"stdout": '{"findings": 0}\n', "digest": digest_file(version)}}
    return state


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The distribution of the page, installed."""
    (source,) = (block for block in blocks("python") if "acme" in block.lower())
    (project,) = map(tomllib.loads, blocks("toml"))
    module = types.ModuleType("acme_checks")
    exec(source, vars(module))
    monkeypatch.setitem(sys.modules, "acme_checks", module)
    folder = tmp_path / "site" / "acme_checks-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-checks\nVersion: 1.0\n", encoding="utf-8")
    (group,) = project["project"]["entry-points"]
    lines = [f"{name} = {target}" for name, target in project["project"]["entry-points"][group].items()]
    (folder / "entry_points.txt").write_text(f"[{group}]\n" + "\n".join(lines), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))


def test_every_kind_has_an_example() -> None:
    assert sorted(EXAMPLES) == kinds()


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_the_example_has_no_mistake_and_passes(kind: str, asked: Asked, world: dict[str, Any], acme: None) -> None:
    assert config_mistakes(EXAMPLES[kind]) == []
    verdict = judge(EXAMPLES[kind], asked.context())
    assert verdict.status == "passed", verdict


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_the_example_fails_when_the_world_is_broken(kind: str, asked: Asked, world: dict[str, Any], acme: None) -> None:
    world["health"]["parts"][0]["connected"] = False
    world["checks"] = runs(run("build"), run("test", "failure"))
    asked.write("dist/VERSION", "1.2.4\n" + "x" * 2_000)
    asked.inputs["version"] = "1.2.5"
    asked.steps["scan"]["outputs"]["stdout"] = '{"findings": 3}'
    once = {key: value for key, value in EXAMPLES[kind].config.items() if key != "deadlineMs"}
    verdict = judge(EXAMPLES[kind].model_copy(update={"config": once}), asked.context())
    assert verdict.status == "failed", verdict
    assert "t0ken" not in verdict.model_dump_json()


def test_the_example_of_a_stage_runs(asked: Asked) -> None:
    (source,) = (
        re.sub(r"^   ", "", body, flags=re.MULTILINE)
        for body in re.findall(r"^   ```python\n(.*?)^   ```", PAGE, re.MULTILINE | re.DOTALL)
    )
    from opsroom_dagster.runtime.context import StageContext
    from opsroom_dagster.runtime.model import Verdict

    names: dict[str, Any] = {"StageContext": StageContext, "Verdict": Verdict}
    exec(source, names)
    assert names["readme_present"](asked.context()).status == "failed"
    asked.write("addon/README.rst", "")
    assert names["readme_present"](asked.context()).status == "passed"
