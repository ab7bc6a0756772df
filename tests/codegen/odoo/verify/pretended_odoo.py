"""A program in the place of ``odoo-bin``: it does what a JSON file beside it tells, and notes how it was run."""

import json
import sys
from pathlib import Path
from typing import Any

from opsroom_dagster.codegen.odoo.verify.server import OdooServer

SOURCE = """
import configparser, json, os, subprocess, sys, time
from pathlib import Path

told = json.loads(Path(__file__).with_name("told.json").read_text())
if "--version" in sys.argv:
    print(told.get("version", "Odoo Server 18.0-20250506"))
    sys.exit(told.get("version_status", 0))
settings = configparser.RawConfigParser()
settings.read(sys.argv[sys.argv.index("-c") + 1])
options = dict(settings["options"])
noted = {"arguments": sys.argv[1:], "options": options, "environment": dict(os.environ), "pid": os.getpid()}
if told.get("hangs"):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    noted["child"] = child.pid
with Path(__file__).with_name("noted.jsonl").open("a") as stream:
    stream.write(json.dumps(noted) + "\\n")
if told.get("hangs"):
    time.sleep(600)
if "state" in told:
    import psycopg
    database = sys.argv[sys.argv.index("-d") + 1]
    with psycopg.connect(host=options["db_host"], port=options["db_port"], user=options["db_user"],
                         password=options["db_password"], dbname=database) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS ir_module_module (name text, state text)")
        connection.execute("INSERT INTO ir_module_module VALUES ('booking', %s)", [told["state"]])
says = "template" if "--test-enable" not in sys.argv else "says"
sys.stderr.write("".join(line + "\\n" for line in told.get(says, [])))
sys.exit(told.get("status", 0) if says == "says" else told.get("template_status", 0))
"""


def pretended_odoo(
    folder: Path, database_url: str = "postgresql://nobody:secret%25@127.0.0.1:1/x", **told: Any
) -> OdooServer:
    """A server whose program does as it is told; see ``SOURCE`` for what it understands."""
    folder.mkdir(exist_ok=True)
    program = folder / "odoo-bin"
    program.write_text(SOURCE, encoding="utf-8")
    tell(program, **told)
    return OdooServer(program, Path(sys.executable), database_url)


def tell(program: Path, **told: Any) -> None:
    """What the program says and does from now on."""
    program.with_name("told.json").write_text(json.dumps(told), encoding="utf-8")


def noted(server: OdooServer) -> list[dict[str, Any]]:
    """How it was run, each time."""
    path = server.program.with_name("noted.jsonl")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def log(level: str, logger: str, text: str) -> str:
    """A line as Odoo writes it."""
    return f"2026-01-02 03:04:05,678 4242 {level} opsroom_run_1 {logger}: {text} "
