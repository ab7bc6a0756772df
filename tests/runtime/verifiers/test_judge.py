"""Any verifier: asked again until its deadline, ended at it, masked, and never the end of the run."""

import sys
import threading
import time
import types
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, get_args

import pytest

from opsroom_dagster import stages
from opsroom_dagster.errors import CancelledError, InputError, MissingToolError, StepError
from opsroom_dagster.plans.model import Step, Verifier
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.model import Verdict
from opsroom_dagster.runtime.verifiers import SECONDS, judge, kinds
from opsroom_dagster.runtime.verify import run_verifiers
from tests.runtime.verifiers.conftest import Asked

ENTRY = f"{stages.__name__}.probe:check"
Probe = Callable[[Callable[[StepContext], Any]], None]


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> Probe:
    """Say what the custom verifier does."""
    module = types.ModuleType(f"{stages.__name__}.probe")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return lambda function: vars(module).update(check=function)


def test_every_kind_of_the_model_is_there() -> None:
    assert kinds() == sorted(get_args(Verifier.model_fields["kind"].annotation))


def test_a_verifier_without_a_deadline_is_asked_once(asked: Asked, probe: Probe) -> None:
    calls: list[int] = []

    def once(context: StepContext) -> Verdict:
        calls.append(1)
        return Verdict.failed("no")

    probe(once)
    assert asked.verdict("custom", entrypoint=ENTRY, intervalMs=10).status == "failed"
    assert len(calls) == 1


def test_it_is_asked_again_until_it_passes(asked: Asked, probe: Probe) -> None:
    answers: list[Any] = [
        Verdict.failed("no"),
        Verdict.inconclusive("?"),
        StepError("x"),
        ZeroDivisionError("y"),
        Verdict.passed("yes"),
    ]

    def next_answer(context: StepContext) -> Verdict:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    probe(next_answer)
    verdict = asked.verdict("custom", entrypoint=ENTRY, deadlineMs=20_000, intervalMs=10)
    assert (verdict.status, verdict.evidence) == ("passed", {"tries": 5})


def test_it_fails_when_the_deadline_is_over(asked: Asked, probe: Probe) -> None:
    probe(lambda context: Verdict.failed("still no"))
    verdict = asked.verdict("custom", entrypoint=ENTRY, deadlineMs=300, intervalMs=50)
    assert verdict.status == "failed" and verdict.summary == "still no" and 2 <= verdict.evidence["tries"] <= 6
    assert asked.seconds < 0.6


@pytest.mark.parametrize("error", [MissingToolError("x", "Get it."), InputError("the config is wrong")])
def test_what_time_cannot_heal_is_not_asked_again(asked: Asked, probe: Probe, error: Exception) -> None:
    def fail(context: StepContext) -> Verdict:
        raise error

    probe(fail)
    verdict = asked.verdict("custom", entrypoint=ENTRY, deadlineMs=20_000, intervalMs=10)
    assert verdict.status == ("inconclusive" if isinstance(error, MissingToolError) else "failed")
    assert "tries" not in verdict.evidence


@pytest.mark.parametrize(
    "keys", [{"deadlineMs": 300, "intervalMs": 10}, {"timeoutMs": 300}, {"timeoutMs": 300, "deadlineMs": 9_000}]
)
def test_one_that_hangs_has_failed_when_its_time_is_over(asked: Asked, probe: Probe, keys: dict[str, int]) -> None:
    release = threading.Event()
    probe(lambda context: release.wait(60))
    verdict = asked.verdict("custom", entrypoint=ENTRY, **keys)
    release.set()
    assert (verdict.status, verdict.summary) == ("failed", "the verifier did not end within 0.3 s")
    assert asked.seconds < 2, "and it is not asked again: each try would leave a thread behind"


def test_one_that_hangs_ends_with_the_step(asked: Asked, probe: Probe) -> None:
    release = threading.Event()
    probe(lambda context: release.wait(60))
    asked.deadline = time.monotonic() + 0.3
    verdict = asked.verdict("custom", entrypoint=ENTRY)
    release.set()
    assert verdict.status == "failed" and asked.seconds < 2
    assert asked.verdict("custom", entrypoint=ENTRY, deadlineMs=9_000).summary == "no time was left to ask"


def test_a_verifier_knows_its_deadline(asked: Asked, probe: Probe) -> None:
    left: list[float] = []

    def look(context: StepContext) -> Verdict:
        left.append(context.remaining(1e9))
        return Verdict.passed("seen")

    probe(look)
    asked.verdict("custom", entrypoint=ENTRY, timeoutMs=1_000)
    asked.verdict("custom", entrypoint=ENTRY, deadlineMs=2_000)
    asked.deadline = time.monotonic() + 3
    asked.verdict("custom", entrypoint=ENTRY, deadlineMs=9_000)
    assert [round(seconds) for seconds in left] == [1, 2, 3]


def test_a_verifier_has_a_minute_when_nobody_says(asked: Asked) -> None:
    asked.write("wide.json", "{}")
    left: list[float] = []
    from opsroom_dagster.runtime.verifiers import json_schema

    original = json_schema.judge
    try:
        json_schema.judge = lambda config, context: left.append(context.remaining(1e9)) or Verdict.passed("x")
        asked.verdict("json_schema", file="wide.json", schema={})
    finally:
        json_schema.judge = original
    assert SECONDS - 1 < left[0] <= SECONDS


@pytest.mark.parametrize("hangs", [True, False])
def test_cancelling_ends_the_wait_at_once(asked: Asked, probe: Probe, hangs: bool) -> None:
    release = threading.Event()
    probe(lambda context: release.wait(60) if hangs else Verdict.failed("no"))
    threading.Timer(0.3, asked.cancelled.set).start()
    started = time.monotonic()
    with pytest.raises(CancelledError):
        asked.verdict("custom", entrypoint=ENTRY, deadlineMs=60_000, intervalMs=60_000 // 2)
    release.set()
    assert time.monotonic() - started < 2


def test_an_interrupt_does_not_wait_for_the_other_verifiers(
    asked: Asked, probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe(lambda context: Verdict.failed("no"))
    waits = [Verifier(id=f"v{i}", kind="custom", config={"entrypoint": ENTRY, "deadlineMs": 60_000}) for i in range(3)]

    def interrupted(*_: Any) -> Any:
        time.sleep(0.2)
        raise KeyboardInterrupt

    original = ThreadPoolExecutor.map
    monkeypatch.setattr(ThreadPoolExecutor, "map", lambda self, *more: (original(self, *more), interrupted()))
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_verifiers(asked.context(), waits)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit(), RecursionError("deep"), MemoryError()]
)
def test_whatever_a_function_raises_is_a_failed_verdict(asked: Asked, probe: Probe, error: BaseException) -> None:
    def fail(context: StepContext) -> Verdict:
        raise error

    probe(fail)
    verdict = asked.verdict("custom", entrypoint=ENTRY)
    assert verdict.status == "failed" and type(error).__name__ in verdict.summary


@pytest.mark.parametrize(
    "config",
    [
        {"deadlineMs": "soon"},
        {"deadlineMs": -1},
        {"deadlineMs": True},
        {"deadlineMs": 1e300},
        {"intervalMs": 0},
        {"timeoutMs": None},
        {"deadlineMs": "{{inputs.word}}"},
        {"deadlineMs": "{{inputs.nothing}}"},
        {"onInconclusive": "pass"},
        {"anything": 1},
    ],
)
def test_a_wrong_config_fails_without_asking(asked: Asked, probe: Probe, config: dict[str, Any]) -> None:
    asked.inputs["word"] = "soon"
    probe(lambda context: pytest.fail("asked"))
    assert asked.verdict("custom", entrypoint=ENTRY, **config).status == "failed"


def test_times_can_be_interpolated(asked: Asked, probe: Probe) -> None:
    asked.inputs["ms"] = 300
    probe(lambda context: Verdict.failed("no"))
    verdict = asked.verdict("custom", entrypoint=ENTRY, deadlineMs="{{inputs.ms}}", intervalMs=10)
    assert verdict.evidence["tries"] > 1


def test_inconclusive_is_tolerated_when_the_step_says_so(asked: Asked, probe: Probe) -> None:
    probe(lambda context: Verdict.inconclusive("no tool"))
    configs: list[dict[str, Any]] = [{"onInconclusive": "warn"}, {}]
    checks = run_verifiers(
        asked.context(),
        [Verifier(id=f"v{n}", kind="custom", config={"entrypoint": ENTRY, **more}) for n, more in enumerate(configs)],
    )
    assert [check.stops for check in checks] == [False, True]


def test_secrets_are_in_no_verdict(asked: Asked, probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    asked.secrets = {"OWN": "hunter2 & co/1234", "STEPS": "correct-horse"}
    asked.args = {"header": "Bearer {{secrets.STEPS}}"}

    def tell(context: StepContext) -> Verdict:
        assert context.secrets is not None
        own = context.secrets("OWN")
        return Verdict.failed(
            f"said {own} and correct-horse",
            text=f"x{own}y",
            nested=[{"key correct-horse": {"deep": own}}],
            quoted="hunter2%20%26%20co%2F1234",
            base64="Basic dXNlcjpodW50ZXIyICYgY28vMTIzNA==",
            url="postgres://u:topsecret@db/x",
            api_key="abc",
        )

    probe(tell)
    shown = asked.verdict("custom", entrypoint=ENTRY).model_dump_json()
    for secret in ("hunter2", "correct-horse", "1234", "topsecret", "abc", "h1bnRlcjIg", "aHVudGVyMi", "odW50ZXIy"):
        assert secret not in shown
    assert shown.count("***") >= 7


def test_a_mistake_in_the_config_does_not_tell_the_secret_in_it(asked: Asked) -> None:
    asked.secrets = {"KEY": "correct-horse"}
    verdict = asked.verdict("json_schema", value=1, schema="{{secrets.KEY}}")
    assert verdict.status == "failed" and "correct-horse" not in verdict.model_dump_json()


def test_a_verifier_of_an_unknown_kind_fails(asked: Asked) -> None:
    verifier = Verifier.model_construct(id="v", kind="astrology", config={}, required=True)
    assert judge(verifier, asked.context()).summary.startswith("verifiers of kind 'astrology' are not known")
    assert judge(verifier.model_copy(update={"kind": "_folder"}), asked.context()).status == "failed"


def test_a_step_whose_args_are_hostile_is_still_judged(asked: Asked, probe: Probe) -> None:
    probe(lambda context: Verdict.passed("fine"))
    asked.args = {"x": "{{secrets.NOT_THERE}} {{ nonsense }}"}
    asked.secrets = {}
    assert asked.verdict("custom", entrypoint=ENTRY).status == "passed"


def test_evidence_that_cannot_be_kept_fails(asked: Asked, probe: Probe) -> None:
    class Endless(dict[str, int]):
        def __len__(self) -> int:
            raise RuntimeError("no")

    probe(lambda context: Verdict.model_construct(status="passed", summary="x", evidence={"a": Endless()}))
    verdict = asked.verdict("custom", entrypoint=ENTRY)
    assert (verdict.status, verdict.summary) == ("failed", "what the verifier found cannot be kept: RuntimeError")


def test_steps_keep_their_class(asked: Asked, probe: Probe) -> None:
    seen: list[Step] = []
    probe(lambda context: seen.append(context.step) or Verdict.passed("x"))
    asked.verdict("custom", entrypoint=ENTRY)
    assert seen[0].id == "step"
