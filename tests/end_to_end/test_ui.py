"""What a person does and sees: documents into the inbox, the Dagster UI in a browser, a merge, the release."""

import json
import shutil
import signal
import socket
import tempfile
import urllib.request
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from opsroom_dagster.forge.local import LocalForge
from opsroom_dagster.plans.templates import doc_to_code_steps
from opsroom_dagster.proofs.keys import PUBLIC
from opsroom_dagster.proofs.verify import read_statements
from opsroom_dagster.settings import Settings
from tests.forge.test_local import clone, git
from tests.instance.test_control_room import Ui, needs_proc, until

pytestmark = [pytest.mark.slow, pytest.mark.browser, needs_proc]

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
WAIT_MS = 30_000
STAGES = [step.id for step in doc_to_code_steps()]
PROJECT = "bike-shed"
PRD = """\
# Bike Shed

Rents out bicycles.

## Data model

### Rental

| Field | Type | Required |
| --- | --- | --- |
| rider | string | yes |
| day | date | yes |
| state | enum: booked, out, returned | yes |

## States of a rental

`booked` -> `out` -> `returned`

## Requirements

- **FR-001**: The system MUST refuse a rental without a rider.
"""
RUNS = """
query($project: String!, $job: String!) {
  runsOrError(filter: {pipelineName: $job, tags: [{key: "opsroom/project", value: $project}]}) {
    ... on Runs { results { status } }
  }
}
"""
ROLES = "# Roles\n\n- **Keeper**: creates and edits rentals.\n"


@pytest.fixture(scope="module")
def ui(server: str, template: str) -> Generator[Ui]:
    """``opsroom ui`` with a folder in its inbox, from the moment at which its build has succeeded."""
    folder = Path(tempfile.mkdtemp(prefix="opsroom-ui-"))
    folder.chmod(0o755)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE opsroom_ui TEMPLATE {template}")
    settings = Settings(OPSROOM_HOME=folder / "home", database_url=server.rsplit("/", 1)[0] + "/opsroom_ui")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        started = Ui(settings, probe.getsockname()[1])
    process = started.start()
    try:
        shed = settings.inbox_path / "Bike Shed"
        shed.mkdir()
        (shed / "prd.md").write_text(PRD, encoding="utf-8")
        (shed / "roles.md").write_text(ROLES, encoding="utf-8")
        until(lambda: ended(started, "build"), seconds=180)
        yield started
    finally:
        process.kill()
        process.communicate()
        until(lambda: not started.processes(), seconds=30)
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def page(ui: Ui) -> Generator[Page]:
    """A browser window; it must hear of no error while it is open."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine: apt-get install chromium")
    errors: list[str] = []
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS) as browser,
    ):
        opened = browser.new_page(viewport={"width": 1500, "height": 1200}, base_url=f"http://127.0.0.1:{ui.port}")
        opened.set_default_timeout(WAIT_MS)
        expect.set_options(timeout=WAIT_MS)
        opened.on("pageerror", lambda error: errors.append(str(error)))
        yield opened
    assert errors == []


def ended(ui: Ui, job: str) -> bool:
    """A run of the job on our project has succeeded. None may fail."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{ui.port}/graphql",
        json.dumps({"query": RUNS, "variables": {"project": PROJECT, "job": job}}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        found = {run["status"] for run in json.load(response)["data"]["runsOrError"]["results"]}
    assert "FAILURE" not in found, (ui.settings.home.logs / "code-server.log").read_text(encoding="utf-8")[-8000:]
    return "SUCCESS" in found


def shown(page: Page, asset: str, entry: str) -> Locator:
    """A Markdown entry of an asset's metadata: in its place when it is short, else in a dialog."""
    page.goto(f"/assets/{asset}")
    value = page.locator(f"xpath=//tr[td[1][normalize-space()='{entry}']]/td[3]").first
    expect(value).not_to_be_empty()
    if not value.get_by_text("[Show Markdown]").count():
        return value
    value.get_by_text("[Show Markdown]").click()
    return page.get_by_role("dialog")


def width(picture: Locator) -> int:
    """Pixels of a picture that the browser could draw; 0 when it could not."""
    return picture.evaluate("picture => picture.decode().then(() => picture.naturalWidth, () => 0)")


def test_the_lineage_has_every_stage(page: Page) -> None:
    page.goto("/asset-groups")
    page.get_by_text("specification", exact=True).first.wait_for()
    page.keyboard.press("Alt+e")  # expand all groups

    for stage in STAGES:
        expect(page.get_by_text(stage, exact=True).first).to_be_visible()


def test_an_asset_shows_its_entities_as_a_table_and_its_states_as_a_picture(page: Page) -> None:
    entities = shown(page, "requirements", "entities")
    cells = entities.get_by_role("row", name="rider").get_by_role("cell")
    expect(cells).to_have_text(["rider", "string", "required", "0.93", "prd.md:11"])

    states = shown(page, "requirements", "states")
    expect(states.get_by_role("heading", name="Rental.state")).to_be_visible()
    assert width(states.get_by_role("img", name="The states and the moves between them")) > 100
    expect(page.get_by_text("What the documents demand")).to_be_visible()


def test_the_addon_shows_fields_buttons_and_files(page: Page) -> None:
    assert width(shown(page, "odoo_addon", "states").get_by_role("img", name="The states and their buttons")) > 100
    expect(shown(page, "odoo_addon", "files").get_by_text("bike_shed/__manifest__.py")).to_be_visible()
    expect(shown(page, "odoo_addon", "fields").get_by_text("bike_shed.rental").first).to_be_visible()


def test_the_plan_is_drawn(page: Page) -> None:
    picture = shown(page, "plan", "graph").get_by_role("img", name="The order of the steps")
    assert 300 < width(picture) <= 1000


def test_each_check_shows_its_evidence(page: Page) -> None:
    page.goto("/assets/odoo_addon?view=checks&checkDetail=has_entities")
    expect(page.get_by_text("1 entities are built")).to_be_visible()
    expect(page.get_by_role("cell", name="Rental", exact=True)).to_be_visible()
    expect(page.get_by_text("blocking").first).to_be_visible()
    for check in next(step for step in doc_to_code_steps() if step.id == "odoo_addon").verifiers:
        expect(page.get_by_text(check.id, exact=True).first).to_be_visible()

    page.goto("/assets/odoo_addon?view=checks&checkDetail=odoo_install")
    expect(page.get_by_text("Not run: no Odoo is configured.")).to_be_visible()


def test_a_merge_with_plain_git_is_released(ui: Ui, page: Page, tmp_path: Path) -> None:
    home = ui.settings.home
    forge = LocalForge(home.forge(PROJECT))
    people = clone(forge, tmp_path, "main")
    git(people, "merge", "-q", "--no-ff", "-m", "Merged by hand", "origin/opsroom/change-1")
    git(people, "push", "-q")
    merged = git(people, "rev-parse", "HEAD").strip()

    until(lambda: ended(ui, "release_merged"), seconds=90)

    assert forge.git.text("rev-parse", "release/1^{commit}") == merged
    statements, problems = read_statements(
        home.artifact(PROJECT, "release") / "bundle.intoto.jsonl", home.keys / PUBLIC
    )
    assert statements and not problems
    page.goto("/assets/release")
    expect(page.get_by_text(f"Merge commit {merged}")).to_be_visible()


def test_it_ends_and_leaves_nothing_running(ui: Ui) -> None:
    assert ui.process is not None
    ui.process.send_signal(signal.SIGTERM)
    ui.process.communicate(timeout=60)

    assert ui.process.returncode == 0
    assert ui.processes("") == []
    assert not ui.answers()
    assert not (ui.settings.home.root / "ui.json").exists()
