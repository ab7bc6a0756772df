"""A stage is reused, rebuilt, verified and recorded as its docstring says."""

import pytest

from opsroom_dagster.errors import InputError, MissingToolError, VerificationError
from opsroom_dagster.plans.model import Verifier
from opsroom_dagster.runtime.model import Verdict
from opsroom_dagster.runtime.records import read_record
from tests.runtime.conftest import Stages, step, verifier

FIRST = step("first", verifier("first", "check"))
SECOND = step("second", verifier("second", "check"), after=("first",))


def test_an_unchanged_stage_is_reused(two: Stages) -> None:
    two.run(FIRST)
    again = two.run(FIRST, "r2")
    assert again.reused and again.record.run_id == "r1"
    assert two.ran == ["first"]


def test_a_changed_fingerprint_rebuilds(two: Stages) -> None:
    two.run(FIRST)
    two.text = "two"
    assert not two.run(FIRST, "r2").reused


def test_what_stands_below_is_reused_when_the_output_above_stays_the_same(two: Stages) -> None:
    two.run(FIRST)
    two.run(SECOND)
    two.before_end = lambda: None
    two.settings.home.record("p", "first").unlink()
    assert not two.run(FIRST, "r2").reused
    assert two.run(SECOND, "r2").reused, "the same bytes above mean the same bytes below"


def test_a_tampered_output_is_rebuilt(two: Stages) -> None:
    outcome = two.run(FIRST)
    (outcome.context.output / "extra.txt").write_text("x", encoding="utf-8")
    assert not two.run(FIRST).reused
    assert not (outcome.context.output / "extra.txt").exists()


def test_a_failed_check_is_recorded_and_stops_what_stands_below(two: Stages) -> None:
    two.verdict = lambda: Verdict.failed("bad", line=3)
    outcome = two.run(FIRST)
    assert not outcome.record.ok
    assert outcome.record.checks[0].verdict.evidence == {"line": 3}
    with pytest.raises(VerificationError, match=r"first .* check"):
        two.run(SECOND)


def test_a_failed_stage_is_tried_again_though_nothing_changed(two: Stages) -> None:
    two.verdict = lambda: Verdict.failed("bad")
    two.run(FIRST)
    two.verdict = lambda: Verdict.passed("good now")
    assert two.run(FIRST).record.ok


@pytest.mark.parametrize(
    ("checks", "ok"),
    [
        (verifier("first", "check"), False),
        (verifier("first", "check", onInconclusive="warn"), True),
        (verifier("first", "check", required=False), True),
    ],
)
def test_inconclusive_blocks_unless_the_step_tolerates_it(two: Stages, checks: Verifier, ok: bool) -> None:
    two.verdict = lambda: Verdict.inconclusive("no tool")
    assert two.run(step("first", checks)).record.ok is ok


def test_a_missing_tool_is_inconclusive_and_a_crash_has_failed(two: Stages) -> None:
    def missing() -> Verdict:
        raise MissingToolError("frobnicator", "Install it.")

    def crash() -> Verdict:
        raise ZeroDivisionError("oops")

    two.verdict = missing
    assert two.run(FIRST).record.checks[0].verdict.status == "inconclusive"
    two.verdict = crash
    verdict = two.run(FIRST).record.checks[0].verdict
    assert verdict.status == "failed" and "ZeroDivisionError: oops" in verdict.summary


def test_a_stage_without_its_upstream_says_which(two: Stages) -> None:
    with pytest.raises(InputError, match=r"'second' .* needs 'first'"):
        two.run(SECOND)


def test_an_error_half_way_leaves_the_old_output_and_no_record(two: Stages) -> None:
    outcome = two.run(FIRST)
    two.text = "two"

    def stop() -> None:
        raise KeyboardInterrupt

    two.before_end = stop
    with pytest.raises(KeyboardInterrupt):
        two.run(FIRST)
    assert (outcome.context.output / "out.txt").read_text(encoding="utf-8") == "one"
    assert read_record(two.settings.home, "p", "first") is None
    assert [path.name for path in outcome.context.output.parent.iterdir()] == ["first"], "no leftovers"


def test_an_entry_point_outside_the_stages_is_refused(two: Stages) -> None:
    evil = step("first", Verifier(id="x", kind="custom", config={"entrypoint": "os:system"}))
    verdict = two.run(evil).record.checks[0].verdict
    assert verdict.status == "failed" and "not allowed" in verdict.summary
