"""``opsroom run`` and ``opsroom runs`` as people and programs use them: exit statuses, messages, JSON, proofs."""

import json
from pathlib import Path

from opsroom_dagster.store.runs import list_runs
from tests.jobs.fixtures import house, opened
from tests.jobs.house import House, gate, shell, step

__all__ = ["house", "opened"]

RUN = {"id", "plan_digest", "inputs", "session", "lane", "priority", "user_name", "status", "reason", "retries"}
RUN |= {"created_at", "started_at", "finished_at", "heartbeat_at", "dagster_run_id", "cancel_requested_at"}
RUN |= {"feedback", "archived_at"}
STEP = {"run_id", "step_id", "idx", "status", "attempt", "inputs_digest", "outputs", "error", "checks", "started_at"}
STEP |= {"finished_at"}
HOME_PAGE = 'http=[{"url": "https://example.org/"}]'


def test_a_run_from_its_start_to_its_proofs(house: House) -> None:
    greet = step("greet", "", args={"command": ["/bin/echo", "{{inputs.name}}", "{{inputs.count}}"]})
    plan = house.plan_file(
        greet, gate("ask", "greet"), step("b", house.does("b"), "ask"), inputs={"name": "", "count": 1}
    )

    out, told = house.opsroom(
        "run", plan, "--set", "name=Bo; rm -rf", "--set", "count=2", "--session", "s", "--lane", "B", "--json", status=4
    )
    started = json.loads(out)
    assert set(started) == RUN | {"steps", "proof_bundle"}
    assert (started["status"], started["lane"], started["session"]) == ("waiting", "B", "s")
    assert (started["inputs"], started["user_name"]) == ({"name": "Bo; rm -rf", "count": 2}, "ann")
    assert {frozenset(row) for row in started["steps"]} == {frozenset(STEP)}
    assert started["steps"][0]["outputs"]["value"]["stdout"] == "Bo; rm -rf 2\n"
    assert started["proof_bundle"] is None
    assert "greet" in told, "progress goes to standard error"

    [listed] = json.loads(house.opsroom("runs", "list", "--session", "s", "--json", status=0)[0])
    assert set(listed) == RUN | {"waits_because"}
    assert "ask waits for a person" in listed["waits_because"]
    shown = json.loads(house.opsroom("runs", "show", listed["id"][:13], "--json", status=0)[0])
    assert [question["step_id"] for question in shown["approvals"]] == ["ask"]

    out, _ = house.opsroom("runs", "approve", listed["id"], "--note", "fine", "--json", status=0)

    ended = json.loads(out)
    assert (ended["status"], house.done()) == ("succeeded", ["b"])
    _, told = house.opsroom("proofs", "verify", listed["id"], status=0)
    assert "the build: PASSED" in told and "3 artifacts compared" in told
    _changed_by_one_byte(Path(ended["proof_bundle"]).parent / "greet" / "outputs.json")
    out, _ = house.opsroom("proofs", "verify", ended["proof_bundle"], status=1)
    assert "greet/outputs.json: the artifact's bytes have changed" in out


def _changed_by_one_byte(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(bytes([data[0] ^ 1]) + data[1:])


def test_what_cannot_be_used_leaves_no_run(house: House) -> None:
    before = len(list_runs(house.database, limit=1000))
    bad = house.plan_file(step("a", "true"), step("b", "true", "nowhere", tool="abacus"))
    _, told = house.opsroom("run", bad, status=2)
    assert f"{bad}: the plan has 2 problems" in told
    assert "/steps/1/dependsOn/0" in told and "/steps/1/tool" in told and "Traceback" not in told

    good = house.plan_file(step("a", "true"), inputs={"count": 1})
    for setting in ("count=two", "amount=2"):
        _, told = house.opsroom("run", good, "--set", setting, status=2)
        assert setting.partition("=")[0] in told and "Traceback" not in told
    assert len(list_runs(house.database, limit=1000)) == before


def test_inputs_are_what_the_template_takes(house: House, tmp_path: Path) -> None:
    plan = tmp_path / "health.yaml"
    house.opsroom(
        "plan", "compile", "--template", "healthcheck", "--set", "name=shop", "--set", HOME_PAGE, "-o", plan, status=0
    )

    _, told = house.opsroom("run", plan, "--set", "name=", status=2)

    assert "/inputs/name" in told
    assert "healthcheck" in told


def test_a_failure_is_told_and_ends_with_1(house: House) -> None:
    secret = "hunter2-Zq9x"
    script = 'echo "no luck with $T" >&2; exit 3'
    plan = house.plan_file(step("a", "", args={**shell(script), "env": {"T": "{{secrets.T}}"}}))

    out, told = house.opsroom("run", plan, status=1, env={"OPSROOM_SECRET_T": secret})

    assert "failed" in out and "exit code 3" in out and "no luck with ***" in out
    assert secret not in out + told
