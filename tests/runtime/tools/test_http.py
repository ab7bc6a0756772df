"""The tools of kind ``http``, against a real server."""

import base64
import datetime
import hashlib
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from opsroom_dagster.errors import CancelledError, InputError, OpsroomError, StepError, StepTimeoutError
from opsroom_dagster.plans.model import Json
from opsroom_dagster.runtime import addresses
from opsroom_dagster.runtime.context import StepContext
from tests.runtime.contexts import step_context
from tests.runtime.tools.calls import call
from tests.runtime.tools.server import Server, serving

SECRET = "s3cr&t v/l=e"
PASSWORD = "pass-word9"


@pytest.fixture
def context(tmp_path: Path) -> StepContext:
    return step_context(tmp_path / "home", secrets={"TOKEN": SECRET, "PASSWORD": PASSWORD})


@pytest.fixture
def server() -> Generator[Server]:
    with serving() as running:
        yield running


@pytest.fixture
def other() -> Generator[Server]:
    with serving() as running:
        yield running


def ask(context: StepContext, server: Server, path: str, **args: Any) -> Json:
    return call(context, "http", url=server.url + path, allowPrivate=True, **args)


# --- what is asked and put out ---


def test_outputs_are_what_does_not_change(context: StepContext, server: Server) -> None:
    outputs = ask(context, server, "/echo?a=1#b")
    assert outputs["status"] == 200
    assert outputs["headers"] == {"content-type": "application/json; charset=utf-8", "etag": '"1"'}
    assert outputs["json"] == json.loads(outputs["body"])
    assert outputs["json"]["path"] == "/echo?a=1"
    assert set(outputs["json"]["headers"]) == {"host", "user-agent", "accept", "accept-encoding"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_methods(context: StepContext, server: Server, method: str) -> None:
    outputs = ask(context, server, "/x", method=method)
    assert outputs["body"] == ("" if method == "HEAD" else f"{method} /x")


def test_bodies(context: StepContext, server: Server) -> None:
    sent = ask(context, server, "/echo", method="POST", body="ä\n")["json"]
    assert (sent["body"], sent["headers"].get("content-type")) == ("ä\n", None)
    sent = ask(context, server, "/echo", method="PUT", json={"a": [1, None, "ä"]})["json"]
    assert (json.loads(sent["body"]), sent["headers"]["content-type"]) == ({"a": [1, None, "ä"]}, "application/json")
    sent = ask(context, server, "/echo", method="PUT", json=None, headers={"Content-Type": "application/x+json"})[
        "json"
    ]
    assert (sent["body"], sent["headers"]["content-type"]) == ("null", "application/x+json")
    large = "a" * 5_000_000
    assert len(ask(context, server, "/x", method="POST", body=large)["body"]) == len("POST /x")
    assert server.asked[-1][3] == large.encode()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1.5}', {"a": 1.5}),
        ("[]", []),
        ("null", None),
        ("9007199254740991", 9007199254740991),
        ("9007199254740993", "9007199254740993"),
        (r'"\ud800\u0000a"', "\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}a"),
        ("1e400", "inf"),
    ],
)
def test_json_is_read_as_what_can_be_kept(context: StepContext, server: Server, text: str, value: Any) -> None:
    assert ask(context, server, f"/json?{quote(text)}")["json"] == value


@pytest.mark.parametrize("text", ["", "{", "NaN", "[" * 5_000, "[" * 150 + "]" * 150, "1" * 5_000])
def test_what_is_only_called_json_is_a_text(context: StepContext, server: Server, text: str) -> None:
    outputs = ask(context, server, f"/json?{quote(text)}")
    assert outputs["body"] == text
    assert "json" not in outputs


def test_a_body_that_is_no_text_goes_to_a_file(context: StepContext, server: Server) -> None:
    data = b"\x89PNG\r\n\x00\xff"
    digest = hashlib.sha256(data).hexdigest()
    outputs = ask(context, server, "/bytes")
    assert outputs["bodyFile"] == {"file": f"body-{digest[:16]}", "digest": f"sha256:{digest}", "bytes": len(data)}
    assert (context.output / outputs["bodyFile"]["file"]).read_bytes() == data
    assert "body" not in outputs
    assert ask(context, server, "/latin")["body"] == "ä\N{REPLACEMENT CHARACTER}"


def test_a_long_body_goes_to_a_file(context: StepContext, server: Server) -> None:
    assert ask(context, server, "/size?64000")["body"] == "a" * 64_000
    outputs = ask(context, server, "/size?64001")
    assert (context.output / outputs["bodyFile"]["file"]).read_bytes() == b"a" * 64_001
    assert "body" not in outputs
    text = json.dumps({"a": "x" * 64_000})
    assert ask(context, server, f"/json?{quote(text)}")["json"] == {"a": "x" * 64_000}


# --- statuses ---


def test_an_unexpected_status_fails_with_what_was_said(context: StepContext, server: Server) -> None:
    with pytest.raises(StepError) as caught:
        ask(context, server, "/refuse?token=abc")
    message = str(caught.value)
    assert message.startswith(f"GET {server.url}/refuse was answered 503, not 200 to 299:\nno: ")
    assert "hunter2" not in message
    with pytest.raises(StepError, match=r"was answered 200, not 201 or 204:"):
        ask(context, server, "/x", expectStatus=[201, 204])
    assert ask(context, server, "/status?404", expectStatus=[404])["status"] == 404


# --- limits ---


def test_too_large_a_body_is_refused(context: StepContext, server: Server) -> None:
    assert ask(context, server, "/size?1000", maxBytes=1000)["body"] == "a" * 1000
    with pytest.raises(StepError, match=r"was answered with more than 1,000 bytes"):
        ask(context, server, "/size?1001", maxBytes=1000)
    with pytest.raises(StepError, match="more than 10,000,000 bytes"):
        ask(context, server, "/bomb")
    kept = ask(context, server, "/size?100000000", maxBytes=100_000_000, timeoutMs=120_000)["bodyFile"]
    assert kept["bytes"] == (context.output / kept["file"]).stat().st_size == 100_000_000


@pytest.mark.parametrize("path", ["/hang", "/drip", "/drip_body"])
def test_an_answer_that_takes_too_long_is_not_waited_for(context: StepContext, server: Server, path: str) -> None:
    started = time.monotonic()
    with pytest.raises(StepTimeoutError, match=f"GET {server.url}{path} was not answered within 300 ms"):
        ask(context, server, path, timeoutMs=300)
    assert time.monotonic() - started < 3


def test_who_does_not_read_is_not_waited_for(context: StepContext) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf, pytest.raises(StepTimeoutError, match="within 300 ms"):
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        call(context, "http", url=url, method="POST", body="a" * 50_000_000, timeoutMs=300, allowPrivate=True)


def test_the_steps_deadline_holds_as_well(tmp_path: Path, server: Server) -> None:
    context = step_context(tmp_path / "home", deadline=time.monotonic() + 0.3)
    with pytest.raises(StepTimeoutError, match="the step 's' did not end in time"):
        ask(context, server, "/hang")


@pytest.mark.parametrize("path", ["/hang", "/drip_body"])
def test_cancelling_ends_it(context: StepContext, server: Server, path: str) -> None:
    threading.Timer(0.2, context.cancelled.set).start()
    started = time.monotonic()
    with pytest.raises(CancelledError):
        ask(context, server, path)
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("path", ["/garbage", "/short"])
def test_what_is_not_http_fails(context: StepContext, server: Server, path: str) -> None:
    with pytest.raises(StepError, match=f"GET {server.url}{path} failed: "):
        ask(context, server, path)


def test_a_server_that_is_not_there_is_named(context: StepContext) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(StepError, match=f"127.0.0.1:{port} cannot be reached: .*refused"):
        call(context, "http", url=f"http://127.0.0.1:{port}/", allowPrivate=True)
    with pytest.raises(StepError, match=r"'no-such-host\.invalid' has no address"):
        call(context, "http", url="http://no-such-host.invalid/")


# --- addresses ---


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.1", "2130706433", "0x7f.1", "0x7f000001", "017700000001", "0", "localhost", "LOCALHOST"),
        *("[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]"),
        *("[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1%251]", "169.254.169.254", "10.0.0.1"),
        *("user@127.0.0.1", "8.8.8.8@127.0.0.1", "127。0。0。1"),
    ],
)
def test_private_addresses_are_refused_however_they_are_written(
    context: StepContext, server: Server, host: str
) -> None:
    with pytest.raises(InputError, match="is not public"):
        call(context, "http", url=f"http://{host}:{server.url.rpartition(':')[2]}/x")
    assert server.asked == []


@pytest.mark.parametrize(
    "url",
    [
        *(
            "file:///etc/passwd",
            "ftp://8.8.8.8/",
            "gopher://8.8.8.8/",
            "unix:///run/docker.sock",
            "http:///x",
            "http://",
        ),
        *("x", "//8.8.8.8/", "http://a:b", "http://a b/", "http://[::1/", "http://8.8.8.8:99999/", "http://8.8.8.8:0/"),
        *("http://0177.0.0.1/", "http://①②⑦.⓪.⓪.①/", "http://%31%32%37.0.0.1/", "http://\ud800/"),
        *("http://8.8.8.8\r\nx: y/", "http://8.8.8.8/\nx"),
    ],
)
def test_what_is_no_url_of_http_is_refused(context: StepContext, url: str) -> None:
    with pytest.raises(InputError):
        call(context, "http", url=url)


def test_what_was_checked_is_what_is_connected_to(
    context: StepContext, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = list[str]()

    def rebinding(host: str, port: int, **_rest: Any) -> list[Any]:
        looked_up.append(host)
        address = "192.0.2.1" if len(looked_up) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(addresses, "is_public", lambda address: address == "192.0.2.1")
    with monkeypatch.context() as patched, pytest.raises(StepError):
        patched.setattr(addresses.socket, "getaddrinfo", rebinding)
        call(context, "http", url=f"http://rebinding.example:{server.url.rpartition(':')[2]}/", timeoutMs=300)
    assert looked_up[0] == "rebinding.example"
    assert set(looked_up[1:]) <= {"192.0.2.1"}
    assert server.asked == []


# --- redirects ---


def test_redirects_are_off(context: StepContext, server: Server) -> None:
    server.redirect = f"http://u:secret@127.0.0.1:{server.url.rpartition(':')[2]}/x?token=abc"
    with pytest.raises(StepError, match=f"answered 302, not 200 to 299: it leads to {server.url}/x, and redirects are"):
        ask(context, server, "/redirect?302")
    assert ask(context, server, "/redirect?302", expectStatus=[302])["headers"]["location"] == server.redirect
    assert len(server.asked) == 2


def test_at_most_five_are_followed(context: StepContext, server: Server) -> None:
    assert ask(context, server, "/redirect?302&4", followRedirects=True)["json"]["path"] == "/echo"
    with pytest.raises(StepError, match="was redirected more than 5 times"):
        ask(context, server, "/redirect?302&5", followRedirects=True)
    assert len(server.asked) == 12


@pytest.mark.parametrize(("status", "method"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
def test_a_redirect_keeps_or_drops_the_body_as_it_says(
    context: StepContext, server: Server, status: int, method: str
) -> None:
    ask(context, server, f"/redirect?{status}", method="POST", body="sent", followRedirects=True)
    assert [(asked[0], asked[3]) for asked in server.asked] == [
        ("POST", b"sent"),
        (method, b"sent" if method == "POST" else b""),
    ]


@pytest.mark.parametrize(
    "target",
    [
        *("http://127.0.0.2:{port}/x", "http://[::1]:{port}/x", "http://2130706433:{port}/x", "//localhost:{port}/x"),
        "http://169.254.169.254/latest/meta-data",
    ],
)
def test_each_redirect_is_checked(
    context: StepContext, server: Server, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    # Public is the one address that the first request goes to.
    public = iter([True])
    monkeypatch.setattr(addresses, "is_public", lambda _address: next(public, False))
    server.redirect = target.format(port=server.url.rpartition(":")[2])
    with pytest.raises(InputError, match="is not public"):
        call(context, "http", url=f"{server.url}/redirect?302", followRedirects=True)
    assert len(server.asked) == 1


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://", "javascript:alert(1)"])
def test_a_redirect_to_another_scheme_is_refused(context: StepContext, server: Server, target: str) -> None:
    server.redirect = target
    with pytest.raises(OpsroomError):
        ask(context, server, "/redirect?302", followRedirects=True)
    assert len(server.asked) == 1


def test_another_origin_is_not_told_what_was_meant_for_the_first(
    context: StepContext, server: Server, other: Server
) -> None:
    headers = {"Authorization": "Bearer x", "X-Api-Key": "{{secrets.TOKEN}}", "Cookie": "a=b", "Accept-Language": "de"}
    server.redirect = f"{other.url}/echo"
    ask(context, server, "/redirect?302", headers=headers, followRedirects=True)
    assert set(other.asked[0][2]) == {"host", "user-agent", "accept", "accept-encoding", "accept-language"}
    with pytest.raises(StepError, match="another origin, which is not sent what was for it"):
        ask(context, server, "/redirect?307", method="POST", body="x", followRedirects=True)
    assert len(other.asked) == 1


# --- headers ---


@pytest.mark.parametrize(
    ("name", "value"),
    [("X-A", "a\r\nX-B: b"), ("X-A", "a\nb"), ("X-A", "\0"), ("X-A", "€"), ("X A", "b"), ("", "b"), ("X:", "b"),
     ("X-A\r\nX-B", "b"), ("Host", "evil.example"), ("content-length", "3"), ("Transfer-Encoding", "chunked")],
)  # fmt: skip
def test_headers_cannot_make_another_request(context: StepContext, server: Server, name: str, value: str) -> None:
    with pytest.raises(InputError, match="header"):
        ask(context, server, "/x", headers={name: value})
    assert server.asked == []


# --- arguments ---


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ({}, "all: 'url' is a required property"),
        ({"url": 1}, "url: 1 is not of type 'string'"),
        ({"url": "http://x", "method": "BREW"}, "method: 'BREW' is not one of ['GET'"),
        ({"url": "http://x", "headers": {"a": []}}, "headers.a: [] is not of type"),
        ({"url": "http://x", "body": {}}, "body: {} is not of type 'string'"),
        ({"url": "http://x", "body": "", "json": 1}, "should not be valid under"),
        ({"url": "http://x", "timeoutMs": "1"}, "timeoutMs: '1' is not of type 'integer'"),
        ({"url": "http://x", "maxBytes": 100_000_001}, "maxBytes: 100000001 is greater than the maximum"),
        ({"url": "http://x", "expectStatus": 200}, "expectStatus: 200 is not of type 'array'"),
        ({"url": "http://x", "verify": False}, "all: Additional properties are not allowed ('verify'"),
    ],
)
def test_wrong_arguments_are_named(context: StepContext, args: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as caught:
        call(context, "http", **args)
    assert told in str(caught.value)


# --- secrets ---


def test_a_secret_reaches_the_server_and_never_comes_out(context: StepContext, server: Server) -> None:
    outputs = call(context, "http", url=_with_secrets(f"{server.url}/echo?"), headers=HEADERS, allowPrivate=True)
    headers = server.asked[0][2]
    assert (headers["x-key"], base64.b64decode(headers["authorization"][6:])) == (SECRET, f"me:{PASSWORD}".encode())
    assert outputs["json"]["headers"]["x-key"] == "***"
    assert_told_nowhere(json.dumps(outputs))


@pytest.mark.parametrize("path", ["/refuse?", "/garbage?", "/redirect?302&"])
def test_no_secret_is_in_errors(context: StepContext, server: Server, path: str) -> None:
    with pytest.raises(StepError) as caught:
        call(context, "http", url=_with_secrets(server.url + path), headers=HEADERS, allowPrivate=True)
    assert_told_nowhere(str(caught.value))
    assert "me:" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["{{secrets.TOKEN}}", "http://{{secrets.TOKEN}}/", "http://x:{{secrets.TOKEN}}/", "http://me:{{secrets.TOKEN}}@x/"],
)
def test_a_secret_that_breaks_the_url_is_not_told_in_part(context: StepContext, url: str) -> None:
    with pytest.raises(InputError) as caught:
        call(context, "http", url=url)
    assert "s3cr" not in str(caught.value)


HEADERS = {"X-Key": "{{secrets.TOKEN}}"}


def _with_secrets(url: str) -> str:
    return url.replace("http://", "http://me:{{secrets.PASSWORD}}@") + "q={{secrets.TOKEN}}"


def assert_told_nowhere(text: str) -> None:
    forms = [SECRET, quote(SECRET), quote(SECRET, safe=""), PASSWORD]
    assert [form for form in forms if form in text] == []
    assert base64.b64encode(f"me:{PASSWORD}".encode()).decode() not in text


# --- TLS ---


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for localhost, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    alternatives = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.2"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def secure(certificate: Path) -> Generator[Server]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with serving(tls) as running:
        yield running


def test_certificates_are_checked_for_the_name_that_was_asked(
    context: StepContext, secure: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StepError, match="CERTIFICATE_VERIFY_FAILED"):
        ask(context, secure, "/x")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert ask(context, secure, "/x")["body"] == "GET /x"
    assert ask(context, secure, "/size?3000000")["bodyFile"]["bytes"] == 3_000_000
    with pytest.raises(StepError, match="IP address mismatch"):
        call(context, "http", url=secure.url.replace("localhost", "127.0.0.1"), allowPrivate=True)
    assert len(secure.asked) == 2


def test_a_redirect_does_not_leave_encryption(
    context: StepContext, secure: Server, server: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    secure.redirect = f"{server.url}/x"
    with pytest.raises(StepError, match="which is not encrypted"):
        ask(context, secure, "/redirect?302", followRedirects=True)
    assert server.asked == []


# --- narrowed tools ---


def test_http_get_only_gets_from_public_addresses(context: StepContext, server: Server) -> None:
    for wrong in ({"method": "POST"}, {"body": "x"}, {"json": 1}, {"allowPrivate": True}):
        with pytest.raises(InputError, match="the arguments of the tool 'http-get' do not fit"):
            call(context, "http-get", url=server.url, **wrong)
    with pytest.raises(InputError, match="is not public"):
        call(context, "http-get", url=server.url)


def test_proxies_of_the_environment_are_not_used(
    context: StepContext, server: Server, other: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", other.url)
    monkeypatch.setenv("ALL_PROXY", other.url)
    ask(context, server, "/x")
    assert (len(server.asked), other.asked) == (1, [])
