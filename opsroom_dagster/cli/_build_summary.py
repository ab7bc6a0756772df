"""The table that ends ``opsroom build``."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from opsroom_dagster.jobs.report import BuildReport
from opsroom_dagster.settings import Settings

WORDS = {"passed": "[green]passed[/]", "failed": "[red]failed[/]", "inconclusive": "[yellow]not run[/]"}
MARKS = {"passed": "[green]✓[/]", "failed": "[red]✗[/]", "inconclusive": "[yellow]–[/]"}


def print_summary(report: BuildReport, settings: Settings) -> None:
    """What was built, which checks passed, where everything lies, and what to do next."""
    console = Console()
    console.print(_stages(report))
    for check in report.checks:
        if check.status != "passed":
            console.print(f"{WORDS[check.status]}  {check.asset}.{check.name}: ", end="", highlight=False)
            console.print(check.summary, markup=False, highlight=False, soft_wrap=True)
    console.print()
    for label, value in _places(report):
        console.print(f"[bold]{label:14}[/] ", end="")
        console.print(value, markup=False, highlight=False, soft_wrap=True)
    console.print()
    console.print(_verdict(report), markup=False, highlight=False, soft_wrap=True)
    console.print(
        f"Look at it: opsroom ui --home {settings.home.root}   (http://127.0.0.1:{settings.ui_port})",
        highlight=False,
        soft_wrap=True,
    )


def _stages(report: BuildReport) -> Table:
    table = Table("stage", "", "seconds", "checks", "digest", title=f"{report.project}: {report.seconds:.1f} s")
    for asset in report.assets:
        checks = [check for check in report.checks if check.asset == asset.key]
        table.add_row(
            asset.key,
            "unchanged" if asset.reused else "built",
            f"{asset.seconds:.1f}",
            ",\n".join(f"{MARKS[check.status]} {check.name}" for check in checks),
            asset.digest.removeprefix("sha256:")[:12],
        )
    for stage in report.missing:
        table.add_row(stage, "[red]not run[/]", "", "", "")
    return table


def _places(report: BuildReport) -> list[tuple[str, str]]:
    paths = {asset.key: asset.path for asset in report.assets}
    places: list[tuple[str, str]] = []
    if "odoo_addon" in paths:
        addons = sorted(path for path in Path(paths["odoo_addon"]).iterdir() if path.is_dir())
        places += [("Addon", str(path)) for path in addons]
    if report.pull_request:
        pull = report.pull_request
        places.append(("Pull request", f"#{pull.number} on branch {pull.branch} of {pull.url}"))
        places.append(("", f"opsroom pr diff {report.project} {pull.number}"))
    if report.proof_bundle:
        places.append(("Proof bundle", report.proof_bundle))
        places.append(("", f"opsroom proofs verify {report.proof_bundle}"))
    if report.clarifications:
        places.append(("Questions", f"{report.clarifications} for you, in the specification as [NEEDS CLARIFICATION]"))
    return places


def _verdict(report: BuildReport) -> str:
    if report.failed:
        first = report.failed[0]
        return f"Stopped by {first.asset}.{first.name}: {first.summary}"
    passed = sum(check.status == "passed" for check in report.checks)
    return f"{passed} of {len(report.checks)} checks passed."
