"""A worker of ``test_races``: executes what it can claim of a run's steps until all have succeeded.

Each action appends a line to the file of effects. Arguments: run, token, number of steps, file of effects, dead tokens.
"""

import os
import sys
import time

from opsroom_dagster.settings import Settings
from opsroom_dagster.store.database import open_database
from opsroom_dagster.store.outputs import keep_outputs
from opsroom_dagster.store.steps import claim_step, finish_step, steps_of
from tests.store.samples import SEAL, check, proof


def work(run: str, token: str, count: int, effects: str, dead: list[str]) -> None:
    settings = Settings()
    database = open_database(settings)
    handle = os.open(effects, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    while True:
        done = {row.step_id for row in steps_of(database, run) if row.status == "succeeded"}
        if len(done) == count:
            return
        for idx in range(count):
            step = f"s{idx}"
            if step in done or not claim_step(database, run, step, token, idx=idx, dead=dead):
                continue
            os.write(handle, f"{step} {token}\n".encode())
            time.sleep(0.02)
            finish_step(
                database,
                run,
                step,
                token,
                status="succeeded",
                outputs=keep_outputs(settings.home.root, {"by": token}),
                checks=[check()],
                proofs=[proof(step), proof(step, "answers")],
                seal=SEAL,
            )
        time.sleep(0.05)


if __name__ == "__main__":
    work(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5:])
