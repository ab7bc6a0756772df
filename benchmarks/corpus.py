"""Build every document folder below a folder and say what came of it.

    .venv/bin/python benchmarks/corpus.py FOLDER… [--home DIR]

Each direct child of a FOLDER is a project. Prints a Markdown table: entities, fields, states, roles, clarifications,
unread blocks, checks, seconds and the exit status.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

OPSROOM = str(Path(sys.executable).with_name("opsroom"))


def row(source: Path, home: Path) -> str:
    """One line of the table."""
    started = time.perf_counter()
    done = subprocess.run(
        [OPSROOM, "build", str(source), "--json"],
        env={**os.environ, "OPSROOM_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    if not done.stdout.strip():
        said = done.stderr.strip().splitlines()[-1]
        return _cells(source.name, "", "", "", "", "", "", said, f"{seconds:.1f}", done.returncode)
    report = json.loads(done.stdout)
    facts = json.loads((home / "artifacts" / report["project"] / "requirements/requirements.json").read_text("utf-8"))
    passed = sum(check["status"] == "passed" for check in report["checks"])
    failed = [
        f"{check['asset']}.{check['name']}: {check['summary']}"
        for check in report["checks"]
        if check["status"] == "failed"
    ]
    return _cells(
        source.name,
        len(facts["entities"]),
        sum(len(entity["fields"]) for entity in facts["entities"]),
        sum(len(flow["states"]) for flow in facts["workflows"]),
        len(facts["roles"]),
        len(facts["clarifications"]),
        _unread(facts),
        f"{passed} passed" + (f"; failed: {', '.join(failed)}" if failed else ""),
        f"{seconds:.1f}",
        done.returncode,
    )


def _cells(*values: object) -> str:
    return f"| {' | '.join(map(str, values))} |"


def _unread(facts: dict[str, Any]) -> str:
    return f"{len(facts['coverage']['unread'])}/{facts['coverage']['blocks']}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--home", type=Path)
    arguments = parser.parse_args()
    home = arguments.home or Path(tempfile.mkdtemp())
    print("| project | entities | fields | states | roles | clarifications | unread | checks | seconds | exit |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for folder in arguments.folders:
        for source in sorted(path for path in folder.iterdir() if path.is_dir()):
            print(row(source, home), flush=True)
