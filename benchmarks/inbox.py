"""Time one look of the inbox sensor at 10, 1,000 and 10,000 documents, with one of them changed and with none.

    .venv/bin/python benchmarks/inbox.py [--documents 10 1000 10000] [--runs 5] [--json]

Each size has a process, a home and an embedded database of its own; ten documents are a project. Peak memory is that
of the process that looks, Dagster included.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

A_PROJECT = 10
TEXT = "# Kennel {number}\n\n## Data model\n\n| Field | Type |\n| --- | --- |\n" + "".join(
    f"| note_{line} | string |\n" for line in range(600)
)
"""About 13 kB, as long as a usual specification."""


def measure(documents: int, runs: int) -> dict[str, Any]:
    """Medians of the seconds of a look."""
    from opsroom_dagster.instance import open_instance
    from opsroom_dagster.settings import Settings
    from opsroom_dagster.store.database import open_database
    from opsroom_dagster.store.inbox import changes_since, scan
    from sensors.document_inbox import SETTLE_NS

    settings = Settings()
    database = open_database(settings)
    for number in range(documents):
        path = settings.inbox_path / f"project-{number // A_PROJECT}" / f"document-{number}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TEXT.format(number=number), encoding="utf-8")
    time.sleep(SETTLE_NS / 1e9)
    started = time.perf_counter()
    scan(settings.inbox_path, database, now_ns=time.time_ns(), settle_ns=SETTLE_NS)
    indexed = time.perf_counter() - started
    changed, unchanged = [], []
    with open_instance(settings) as instance:
        # As after weeks of work: every project is a partition already.
        slugs = sorted({f"project-{number // A_PROJECT}" for number in range(documents)})
        instance.add_dynamic_partitions("projects", slugs)
        for run in range(runs):
            cursor = str(max((change.sequence for change in changes_since(database, 0, documents)), default=0))
            path = settings.inbox_path / "project-0" / "document-0.md"
            path.write_text(TEXT.format(number=f"again {run}"), encoding="utf-8")
            time.sleep(SETTLE_NS / 1e9)
            changed.append(timed(lambda at=cursor: look(instance, at, 1)))
            after = str(int(cursor) + 1)
            unchanged.append(timed(lambda at=after: look(instance, at, 0)))
    database.close()
    return {
        "documents": documents,
        "first_index_s": round(indexed, 3),
        "one_changed_s": round(statistics.median(changed), 3),
        "none_changed_s": round(statistics.median(unchanged), 3),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def look(instance: Any, cursor: str, expected: int) -> None:
    """One evaluation of the sensor, which must request ``expected`` runs."""
    import dagster as dg

    from opsroom_dagster.definitions import defs
    from resources.workspace import Workspace

    with (
        dg.partition_loading_context(dynamic_partitions_store=instance),
        dg.build_sensor_context(
            instance=instance,
            cursor=cursor,
            sensor_name="document_inbox",
            definitions=defs(),
            resources={"workspace": Workspace()},
        ) as context,
    ):
        found = defs().resolve_sensor_def("document_inbox").evaluate_tick(context)
    assert len(found.run_requests or []) == expected, found


def timed(action: Callable[[], None]) -> float:
    """Seconds that it takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def in_own_process(documents: int, runs: int) -> dict[str, Any]:
    """``measure`` in a process and a home of its own."""
    with tempfile.TemporaryDirectory(prefix="opsroom-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        env = {**os.environ, "OPSROOM_HOME": str(folder / "home"), "DAGSTER_HOME": str(folder / "home" / "dagster")}
        command = [sys.executable, __file__, "--one", str(documents), "--runs", str(runs)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        opsroom = str(Path(sys.executable).with_name("opsroom"))
        subprocess.run([opsroom, "db", "stop", "--home", str(folder / "home")], check=True, capture_output=True)
        if done.returncode:
            sys.exit(done.stderr)
        return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, nargs="+", default=[10, 1_000, 10_000])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one is not None:
        print(json.dumps(measure(arguments.one, arguments.runs)))
        sys.exit()
    results = [in_own_process(documents, arguments.runs) for documents in arguments.documents]
    if arguments.json:
        print(json.dumps(results, indent=2))
    else:
        print("| documents | first index (s) | one changed (s) | none changed (s) | peak memory (MB) |")
        print("| ---: | ---: | ---: | ---: | ---: |")
        for result in results:
            print(f"| {' | '.join(str(value) for value in result.values())} |")
