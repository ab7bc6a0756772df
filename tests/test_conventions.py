"""Rules of the code base that no linter knows."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("opsroom_dagster", "assets", "resources", "sensors")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
KNOWS_DAGSTER = ("opsroom_dagster/definitions.py", "opsroom_dagster/jobs/", "opsroom_dagster/instance/")


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_subprocesses_get_argument_vectors(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            assert not any(keyword.arg == "shell" for keyword in node.keywords), f"{_name(path)}:{node.lineno}"


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_dagster_modules_have_real_annotations(path: Path) -> None:
    imports = _imports(path)
    if "dagster" in imports:
        assert "__future__" not in imports, "Dagster's decorators read annotations at run time"


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_imports_run_one_way(path: Path) -> None:
    name, imports = _name(path), _imports(path)
    if name.startswith("opsroom_dagster/") and not name.startswith(KNOWS_DAGSTER):
        assert not {module for module in imports if module.split(".")[0] in ("assets", "sensors", "resources")}
    if not name.startswith("opsroom_dagster/cli/"):
        assert not {module for module in imports if module.startswith("opsroom_dagster.cli")}


def test_the_engine_runs_without_dagster() -> None:
    modules = [
        _name(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for path in SOURCES
        if _name(path).startswith("opsroom_dagster/")
        and not _name(path).startswith(KNOWS_DAGSTER)
        and "/migrations/" not in _name(path)
    ]
    script = "import sys, importlib\nsys.modules['dagster'] = None\n" + "".join(
        f"importlib.import_module({module!r})\n" for module in modules
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; from opsroom_dagster.cli.main import register_commands; register_commands(); "
        "heavy = {'dagster', 'sqlalchemy', 'lxml', 'jinja2', 'unstructured', 'anthropic', 'mcp', 'markdown_it', "
        "'sqlglot'}; "
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, f"imported at start: {done.stderr}"
