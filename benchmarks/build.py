"""Time `opsroom build` on the demo document: first run, warm run after a change, and with nothing changed.

    .venv/bin/python benchmarks/build.py [--runs 5] [--json]

Each figure is a whole process, from a fresh home; peak memory is that of the process and its children.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "examples" / "repair-desk.md"
OPSROOM = str(Path(sys.executable).with_name("opsroom"))
NOT_OURS = {"pylint_odoo", "odoo_install"}
"""Checks whose time is spent in programs of others."""


def build(source: Path, home: Path) -> tuple[float, dict[str, Any]]:
    """Seconds of the whole process, and its report."""
    env = {**os.environ, "OPSROOM_HOME": str(home)}
    started = time.perf_counter()
    done = subprocess.run(
        [OPSROOM, "build", str(source), "--json"], env=env, capture_output=True, text=True, check=True
    )
    return time.perf_counter() - started, json.loads(done.stdout)


def measure(runs: int) -> dict[str, Any]:
    """Medians over ``runs`` homes."""
    first, warm, unchanged, reports = [], [], [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            folder.chmod(0o755)
            source = Path(shutil.copy(DEMO, folder / DEMO.name))
            home = folder / "home"
            first.append(build(source, home)[0])
            source.write_text(
                source.read_text(encoding="utf-8").replace(
                    "| kind | enum", "| colour | string | no | |\n| kind | enum"
                ),
                encoding="utf-8",
            )
            seconds, report = build(source, home)
            warm.append(seconds)
            reports.append(report)
            unchanged.append(build(source, home)[0])
            subprocess.run([OPSROOM, "db", "stop", "--home", str(home)], check=True, capture_output=True)
    stages = {asset["key"]: asset["seconds"] for asset in reports[-1]["assets"]}
    return {
        "first_run_s": statistics.median(first),
        "changed_document_s": statistics.median(warm),
        "nothing_changed_s": statistics.median(unchanged),
        "stages_of_the_changed_build_s": stages,
        "checkers_not_ours_s": sum(c["seconds"] for c in reports[-1]["checks"] if c["name"] in NOT_OURS),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    print(json.dumps(measure(parser.parse_args().runs), indent=2))
