"""What running a step yields: verdicts of its verifiers and the record that is kept of it."""

from typing import Any, Literal

from opsroom_dagster.frozen import Frozen

Status = Literal["passed", "failed", "inconclusive"]


class Verdict(Frozen):
    """What a verifier found. ``inconclusive``: it could not be run, and that never counts as passed."""

    status: Status
    summary: str
    """One line for people."""
    evidence: dict[str, Any] = {}
    """JSON: what was looked at, tool names and versions, the first findings."""

    @staticmethod
    def passed(summary: str, **evidence: Any) -> "Verdict":
        return Verdict(status="passed", summary=summary, evidence=evidence)

    @staticmethod
    def failed(summary: str, **evidence: Any) -> "Verdict":
        return Verdict(status="failed", summary=summary, evidence=evidence)

    @staticmethod
    def inconclusive(summary: str, **evidence: Any) -> "Verdict":
        return Verdict(status="inconclusive", summary=summary, evidence=evidence)


class CheckRecord(Frozen):
    """A verdict as it was kept: which verifier, whether it was required, how long it took."""

    name: str
    blocking: bool
    verdict: Verdict
    seconds: float
    tolerated: bool = False
    """The step says that this verifier may be inconclusive (``onInconclusive: warn``)."""

    @property
    def stops(self) -> bool:
        """What depends on the step must not run."""
        status = self.verdict.status
        return self.blocking and (status == "failed" or (status == "inconclusive" and not self.tolerated))


class StageRecord(Frozen):
    """What is known of a stage's last complete run: enough to tell whether it must run again."""

    stage: str
    inputs: str
    """Digest of everything that the output depends on."""
    digest: str
    """Digest of the output tree."""
    files: dict[str, str]
    """Path relative to the stage's artifact folder → digest."""
    run_id: str
    seconds: float
    finished_at: str
    checks: tuple[CheckRecord, ...] = ()
    error: str | None = None
    """Why the action failed; None: it did not, or a check says so."""

    @property
    def ok(self) -> bool:
        """Neither the action nor a check stops what depends on the stage."""
        return self.error is None and not any(check.stops for check in self.checks)
