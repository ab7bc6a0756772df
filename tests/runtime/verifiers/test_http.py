"""Web services on loopback: good ones, late ones, and those that are up to something."""

import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from opsroom_dagster.plans.model import Verifier
from opsroom_dagster.runtime.verifiers import config_mistakes
from tests.runtime.verifiers.conftest import Answer, Asked

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
Serve = Callable[..., str]


def fixed(status: int = 200, body: bytes | str = b"all is well", **headers: str) -> Callable[[str, Any], Answer]:
    """The same answer to everybody."""
    data = body.encode() if isinstance(body, str) else body
    return lambda path, _: (status, {name.replace("_", "-"): value for name, value in headers.items()}, data)


def free_port() -> int:
    with socket.socket() as plug:
        plug.bind(("127.0.0.1", 0))
        return plug.getsockname()[1]


def test_any_success_passes_when_nothing_is_expected(asked: Asked, serve: Serve) -> None:
    verdict = asked.verdict("http", url=serve(fixed(204, b"")) + "/health", allowPrivate=True)
    assert verdict.status == "passed" and verdict.summary.endswith("/health answered 204, as expected")
    assert verdict.evidence["expected"] == {"status": "200 to 299"}
    assert verdict.evidence["tool"].startswith("httpx ")


@pytest.mark.parametrize("status", [301, 302, 400, 404, 500, 503])
def test_any_other_status_fails(asked: Asked, serve: Serve, status: int) -> None:
    verdict = asked.verdict("http", url=serve(fixed(status, "out of order")), allowPrivate=True)
    assert (verdict.status, verdict.summary) == ("failed", f"the status is {status}, not 200 to 299")
    assert verdict.evidence["found"]["body"] == "out of order"


HEALTH = json.dumps({"status": "up", "version": 3, "parts": [{"name": "db", "ok": True}], "load": 1.0})


@pytest.mark.parametrize(
    ("expect", "wrong"),
    [
        ({"status": 200}, None),
        ({"status": [503, 200]}, None),
        ({"status": [503, 404]}, "the status is 200, not 503 or 404"),
        ({"status": 503}, "the status is 200, not 503"),
        ({"bodyContains": "up"}, None),
        ({"bodyContains": ["up", "down"]}, "the body does not contain 'down'"),
        ({"header": {"content-type": "application/json"}}, None),
        (
            {"header": {"Content-TYPE": "text/html"}},
            "the header Content-TYPE: expected text/html, found application/json",
        ),
        ({"header": {"X-Version": "3"}}, None),
        ({"header": {"X-Other": "3"}}, "the header X-Other: expected 3, found (absent)"),
        ({"jsonPath": {"status": "up", "version": 3, "parts.0.ok": True, "load": 1}}, None),
        ({"jsonPath": {"parts": [{"ok": True, "name": "db"}]}}, None),
        ({"jsonPath": {"version": "3"}}, "the body at version: expected 3, found 3"),
        ({"jsonPath": {"parts.0.ok": 1}}, "the body at parts.0.ok: expected 1, found True"),
        ({"jsonPath": {"parts.1.ok": True}}, "the body at parts.1.ok: expected True, found (absent)"),
        ({"jsonPath": {"status.up": None}}, "the body at status.up: expected None, found (absent)"),
    ],
)
def test_expectations(asked: Asked, serve: Serve, expect: dict[str, Any], wrong: str | None) -> None:
    url = serve(fixed(200, HEALTH, Content_Type="application/json", X_Version="3"))
    verdict = asked.verdict("http", url=url, allowPrivate=True, expect=expect)
    assert verdict.evidence.get("wrong", []) == ([wrong] if wrong else [])
    assert verdict.status == ("failed" if wrong else "passed")


def test_a_body_that_is_no_json_is_shown(asked: Asked, serve: Serve) -> None:
    url = serve(fixed(200, "<html>sorry</html>", Content_Type="application/json"))
    verdict = asked.verdict("http", url=url, allowPrivate=True, expect={"jsonPath": {"a": 1}})
    assert verdict.status == "failed" and verdict.evidence["found"]["jsonPath"] == {"a": "(no JSON)"}
    assert "sorry" in verdict.evidence["found"]["body"]


def test_a_service_that_comes_up_late_is_waited_for(asked: Asked, serve: Serve) -> None:
    port = free_port()
    threading.Timer(0.7, lambda: serve(fixed(), port)).start()
    verdict = asked.verdict(
        "http", url=f"http://127.0.0.1:{port}/", allowPrivate=True, deadlineMs=30_000, intervalMs=50
    )
    assert verdict.status == "passed" and verdict.evidence["tries"] > 3


def test_a_service_that_never_comes_up_fails_at_the_deadline(asked: Asked) -> None:
    verdict = asked.verdict(
        "http", url=f"http://127.0.0.1:{free_port()}/", allowPrivate=True, deadlineMs=600, intervalMs=50
    )
    assert verdict.status == "failed" and "refused" in verdict.summary.lower(), verdict
    assert asked.seconds < 2


@pytest.mark.parametrize("keys", [{"timeoutMs": 500}, {"deadlineMs": 500}])
def test_a_service_that_never_answers_ends_with_its_time(asked: Asked, keys: dict[str, int]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        verdict = asked.verdict("http", url=url, allowPrivate=True, **keys)
    assert (verdict.status, verdict.summary) == ("failed", "the verifier did not end within 0.5 s")
    assert asked.seconds < 1.5


def test_a_try_that_hangs_does_not_take_the_time_of_the_next(asked: Asked, serve: Serve) -> None:
    release, calls = threading.Event(), list[str]()

    def answer(path: str, _: Any) -> Answer:
        calls.append(path)
        if len(calls) == 1:
            release.wait(20)
        return 200, {}, b"ok"

    verdict = asked.verdict(
        "http", url=serve(answer), allowPrivate=True, timeoutMs=500, deadlineMs=30_000, intervalMs=10
    )
    release.set()
    assert verdict.status == "passed" and verdict.evidence["tries"] == 2


def test_a_private_address_is_failed_at_once_with_the_reason(asked: Asked, serve: Serve) -> None:
    verdict = asked.verdict("http", url=serve(fixed()), deadlineMs=20_000)
    assert verdict.status == "failed" and "is not public" in verdict.summary and "allowPrivate" in verdict.summary
    assert asked.seconds < 5 and "tries" not in verdict.evidence


def test_redirects_are_not_followed_unless_allowed(asked: Asked, serve: Serve) -> None:
    seen: list[str] = []

    def answer(path: str, _: Any) -> Answer:
        seen.append(path)
        return (302, {"Location": "/there"}, b"") if path == "/here" else (200, {}, b"arrived")

    url = serve(answer) + "/here"
    assert asked.verdict("http", url=url, allowPrivate=True).status == "failed"
    assert seen == ["/here"]
    expect = {"status": 302, "header": {"location": "/there"}}
    assert asked.verdict("http", url=url, allowPrivate=True, expect=expect).status == "passed"
    assert asked.verdict("http", url=url, allowPrivate=True, followRedirects=True).status == "passed"


def test_a_huge_answer_is_refused_and_a_large_one_cut(asked: Asked, serve: Serve) -> None:
    url = serve(fixed(200, b"x" * 3_000_000 + b"needle" + b"y" * 3_000_000))
    verdict = asked.verdict("http", url=url, allowPrivate=True, maxBytes=1_000_000)
    assert verdict.status == "failed" and "more than 1,000,000 bytes" in verdict.summary
    verdict = asked.verdict("http", url=url, allowPrivate=True, expect={"bodyContains": "needle"})
    assert verdict.status == "passed" and "needle" in verdict.evidence["found"]["body"]
    assert len(verdict.model_dump_json()) < 10_000


@pytest.mark.parametrize("url", ["file:///etc/passwd", "gopher://x/", "http://", "//x", "not a url", "http://[::1", ""])
def test_other_urls_are_refused(asked: Asked, url: str) -> None:
    assert asked.verdict("http", url=url, allowPrivate=True).status == "failed"


def test_secrets_that_are_sent_or_echoed_are_not_in_the_evidence(asked: Asked, serve: Serve) -> None:
    asked.secrets = {"TOKEN": "correct-horse-battery"}
    url = serve(lambda path, headers: (500, {"X-Echo": path}, f"{path} {headers['X-Key']}".encode()))
    verdict = asked.verdict(
        "http",
        url=f"{url}/?key={{{{secrets.TOKEN}}}}",
        headers={"X-Key": "{{secrets.TOKEN}}"},
        allowPrivate=True,
        expect={"header": {"X-Echo": "x"}, "bodyContains": "y"},
    )
    assert verdict.status == "failed" and "***" in verdict.evidence["found"]["body"]
    assert "correct-horse" not in verdict.model_dump_json()


def test_bytes_that_are_no_text_are_judged(asked: Asked, serve: Serve) -> None:
    url = serve(fixed(200, b"\xff\x00ok\xfe", Content_Type="text/plain; charset=nonsense"))
    assert asked.verdict("http", url=url, allowPrivate=True, expect={"bodyContains": "ok"}).status == "passed"


def test_cancelling_ends_a_request(asked: Asked) -> None:
    threading.Timer(0.3, asked.cancelled.set).start()
    started = time.monotonic()
    from opsroom_dagster.errors import CancelledError

    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(CancelledError):
        asked.verdict("http", url=f"http://127.0.0.1:{server.getsockname()[1]}/", allowPrivate=True)
    assert time.monotonic() - started < 1.5


@pytest.mark.parametrize(
    ("config", "mistakes"),
    [
        ({"url": "http://{{inputs.host}}/"}, []),
        (
            {"url": "{{inputs.url}}", "allowPrivate": "{{inputs.private}}", "expect": {"status": "{{inputs.status}}"}},
            [],
        ),
        ({}, ["/: 'url' is a required property"]),
        (
            {"url": "x", "expectStatus": [200]},
            ["/: Additional properties are not allowed ('expectStatus' was unexpected)"],
        ),
        (
            {"url": "x", "expect": {"code": 1}},
            ["/expect: Additional properties are not allowed ('code' was unexpected)"],
        ),
        ({"url": "x", "expect": {"status": [99]}}, ["/expect/status/0: 99 is less than the minimum of 100"]),
        (
            {"url": 7, "method": "FETCH"},
            [f"/method: 'FETCH' is not one of {METHODS}", "/url: 7 is not of type 'string'"],
        ),
        ({"url": "x", "deadlineMs": 0}, ["/deadlineMs: 0 is less than the minimum of 1"]),
    ],
)
def test_mistakes_of_configs(config: dict[str, Any], mistakes: list[str]) -> None:
    assert config_mistakes(Verifier(id="v", kind="http", config=config)) == mistakes
